"""Identifiers as people paste them."""

from __future__ import annotations

import pytest

from pim.editing.selections import Pasted, read_pasted


def texts(pasted: str) -> list[str]:
    return [each.text for each in read_pasted(pasted)]


@pytest.mark.parametrize(
    "pasted",
    ["A1\nB-2\nC3", "A1, B-2,C3", "A1;B-2;C3;", "A1\tB-2\r\nC3\r\n", '"A1","B-2"\n"C3"',
     "\ufeffA1\n\n  B-2 \n\u00a0C3", "'A1', “B-2”; „C3”", " ,,A1,;B-2\n,C3"],
)  # fmt: skip
def test_any_separator_and_any_quotes_give_the_same_identifiers(pasted: str) -> None:
    assert texts(pasted) == ["A1", "B-2", "C3"]


def test_quotes_keep_separators_and_a_doubled_quote_is_one() -> None:
    assert texts('"A,1";"B ""two""",C') == ["A,1", 'B "two"', "C"]
    assert [each.quoted for each in read_pasted('"A 1",B 2')] == [True, False]


def test_an_inch_mark_is_no_quote() -> None:
    assert texts('TV 32",TV 40"') == ['TV 32"', 'TV 40"']
    assert texts('"half, open') == ['"half', "open"]


def test_spaces_divide_only_what_was_not_quoted() -> None:
    assert Pasted(text="A1 B2  C3").parts == ["A1", "B2", "C3"]
    assert Pasted(text="A1 B2", quoted=True).parts == ["A1 B2"]


def test_nothing_pasted_is_nothing() -> None:
    assert read_pasted(' \n,;"" \t') == []
