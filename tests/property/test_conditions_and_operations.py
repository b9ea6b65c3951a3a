"""Conditions and operations keep their meaning through documents, negation and repetition."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pim.domain.attribute_types import check
from pim.domain.conditions import FIELDS, All, Any_, Condition, Not, ProductView, to_document
from pim.domain.conditions import evaluate as evaluate_condition
from pim.domain.conditions import parse as parse_condition
from pim.domain.letters import CASES
from pim.domain.operations import CellOperation, apply_to, cells, parse, to_documents
from pim.domain.values import get, merge, replacement
from tests.factories.conditions import NOW, conditions, data_of, documents, products
from tests.factories.structure import ATTRIBUTES, footwear

STRUCTURE = footwear()
ASKED = [*FIELDS, *(a.code for a in ATTRIBUTES)]
FIELDS_ASKED = [f for f in ASKED if f not in ("uuid", "family_variant", "change_set", "sku")]


def holds(condition: Condition, product: ProductView) -> bool:
    return evaluate_condition(condition, product, STRUCTURE, NOW)


@settings(max_examples=150, deadline=None)
@given(conditions(FIELDS_ASKED, STRUCTURE), st.sampled_from([None, "base", "effective"]))
def test_a_condition_reads_back_from_its_own_document(document: Any, view: str | None) -> None:
    given_view = {"view": view} if view else {}
    condition = parse_condition({**document, **given_view}, STRUCTURE)
    assert parse_condition(to_document(condition), STRUCTURE) == condition
    assert condition.view == view


@settings(max_examples=150, deadline=None)
@given(
    conditions(FIELDS_ASKED, STRUCTURE),
    conditions(FIELDS_ASKED, STRUCTURE),
    products(ATTRIBUTES, STRUCTURE),
)
def test_all_any_and_not_obey_logic(one: Any, other: Any, product: ProductView) -> None:
    a, b = (parse_condition(document, STRUCTURE).root for document in (one, other))
    neither = Condition(root=Not(Any_((a, b))))
    assert holds(neither, product) == holds(Condition(root=All((Not(a), Not(b)))), product)
    assert holds(Condition(root=a), product) != holds(Condition(root=Not(a)), product)


CALCULATED = ("heel_height", "pieces", "balance", "price", "weight")


@st.composite
def operations(draw: st.DrawFn) -> Any:
    attribute = draw(st.sampled_from([a for a in ATTRIBUTES if a is not STRUCTURE.identifier]))
    where = {"scope": "*", "locale": "*"}
    field = {"field": attribute.code, **where}
    number = draw(st.sampled_from(["-150", "-20", "0", "0.333", "7", "1e3"[:1], "1000000"]))
    ending = st.sampled_from([{"ending": "0.99"}, {"to": "0.05", "direction": "up"}, {"to": "5"}])
    offered: list[Any] = [
        {"type": "clear", **field},
        {"type": "calculate", "field": draw(st.sampled_from(CALCULATED)),
         draw(st.sampled_from(["percent", "add", "multiply"])): number,
         **draw(st.just({}) | ending.map(lambda rounding: {"round": rounding}))},
        {"type": "replace_text", "field": "name", "locale": "*", "search": "boo", "replace": "",
         "ignore_case": draw(st.booleans()), "whole_word": draw(st.booleans())},
        {"type": "copy", "from_field": "name", "from_locale": "en_GB", "to_field": "description",
         "to_scope": "*", "to_locale": "*"},
        {"type": draw(st.sampled_from(["prefix", "append"])), "field": "name", "locale": "*",
         "text": draw(st.text(min_size=1, max_size=45))},
        {"type": "change_case", "field": "description", "scope": "*", "locale": ["de_DE", "en_GB"],
         "to": draw(st.sampled_from(CASES))},
        {"type": "trim", "field": "name", "locale": "*", "inner": draw(st.booleans())},
        {"type": "shift_date", "field": "launch",
         draw(st.sampled_from(["days", "months"])): draw(st.sampled_from([-9999, -31, 1, 400]))},
    ]  # fmt: skip
    data = draw(data_of(attribute, STRUCTURE))
    if check(data, attribute, STRUCTURE).data is not None:
        offered.append({"type": "set", "value": data, "only_empty": draw(st.booleans()), **field})
    return draw(st.sampled_from(offered))


@settings(max_examples=300, deadline=None)
@given(operations(), documents(ATTRIBUTES, STRUCTURE))
def test_what_an_operation_writes_is_canonical_and_valid(document: Any, values: Any) -> None:
    (operation,) = parse([document], STRUCTURE)
    assert parse(to_documents((operation,)), STRUCTURE) == (operation,)
    assert isinstance(operation, CellOperation)
    for cell in cells(operation, STRUCTURE):
        data, violations = apply_to(operation, cell, values, STRUCTURE)
        if violations or data == get(values, cell):
            continue
        assert check(data, STRUCTURE.attributes[cell.attribute], STRUCTURE).data == data
        after = merge(values, replacement(values, cell, data))
        assert get(after, cell) == data
        if document["type"] in ("set", "clear", "copy", "change_case", "trim"):
            assert apply_to(operation, cell, after, STRUCTURE).data == data
