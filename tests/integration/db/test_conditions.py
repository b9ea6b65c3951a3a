"""Conditions compiled to SQL, where their meaning alone does not tell that they work."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from pim.db.conditions import compile_sql, source
from pim.domain.conditions import FIELDS, KERNEL, Condition, Leaf, fold, kind_of, parse
from tests.factories.structure import footwear

NOW = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)
STRUCTURE = footwear()


def count(session: Session, condition: Condition) -> int:
    compiled = compile_sql(condition, STRUCTURE, NOW)
    query = f"SELECT count(*) FROM {source('product')} WHERE {compiled.sql}"
    return int(session.execute(text(query), compiled.parameters).scalar_one())


@pytest.mark.parametrize("value", ["a\0b", "\ud800", "'; DROP TABLE product; --", ":where_1"])
@pytest.mark.parametrize("operator", KERNEL["text"])
def test_no_text_breaks_the_statement(session: Session, operator: str, value: str) -> None:
    operand: Any = [value] if operator in {"IN", "NOT IN"} else value
    leaf = Leaf(field="name", operator=operator, locale="en_GB", value=operand)

    assert count(session, Condition(root=leaf)) == 0


def test_values_never_become_part_of_the_statement() -> None:
    document = {"field": "name", "operator": "=", "value": "x' OR true --", "locale": "en_GB"}

    compiled = compile_sql(parse(document, STRUCTURE), STRUCTURE, NOW)

    assert "x'" not in compiled.sql
    assert ["x' or true --"] in compiled.parameters.values()


@pytest.mark.parametrize("letters", ["ÉTÉ", "ΟΔΟΣ", "İzmir", "САПОГ", "ẞ", "Ǆ", "K"])
def test_the_database_folds_letters_as_python_does(session: Session, letters: str) -> None:
    folded = session.scalar(text("SELECT pim_fold(:letters)"), {"letters": letters})

    assert folded == fold(letters)


def test_an_empty_all_holds_everywhere_and_an_empty_any_nowhere(session: Session) -> None:
    assert compile_sql(parse({}, STRUCTURE), STRUCTURE, NOW).sql == "true"
    assert compile_sql(parse({"any": []}, STRUCTURE), STRUCTURE, NOW).sql == "false"


def test_a_field_that_the_structure_lacks_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        compile_sql(Condition(root=Leaf(field="gone", operator="EMPTY")), STRUCTURE, NOW)


OPERANDS: dict[str, Any] = {
    "number": "1", "boolean": True, "enabled": True, "date": "2026-01-01", "level": "model",
    "moment": "2026-01-01T00:00:00+00:00", "completeness": 50, "change_set": 1,
    "uuid": "00000000-0000-4000-8000-000000000001", "metric": {"amount": "1", "unit": "GRAM"},
    "price": {"amount": "1", "currency": "EUR"}, "family": "Shoes", "groups": "promo",
    "family_variant": "shoes_by_color_and_size", "categories": "men",
}  # fmt: skip


def nobody(_field: str, _codes: object) -> pl.Series:
    """Answer what feeds know: nothing."""
    return pl.Series("id", [], dtype=pl.Int64)


@pytest.mark.parametrize("field", [*FIELDS, *(a.code for a in STRUCTURE.attributes)])
def test_every_operator_of_every_field_compiles_for_products_and_models(
    session: Session, field: str
) -> None:
    kind = kind_of(field, STRUCTURE)
    assert kind is not None
    for operator in KERNEL[kind]:
        one = OPERANDS.get(kind, "Red")
        value = [one] if "IN" in operator.split() or "UNCLASSIFIED" in operator else one
        leaf = Leaf(field=field, operator=operator, value=value, scope="web", locale="en_GB")
        for table in ("product", "product_model"):
            compiled = compile_sql(Condition(root=leaf), STRUCTURE, NOW, table=table, facts=nobody)
            query = f"SELECT e.id FROM {source(table)} WHERE {compiled.sql}"
            assert session.execute(text(query), compiled.parameters).all() == []
