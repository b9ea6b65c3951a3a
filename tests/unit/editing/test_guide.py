"""The guide to bulk edits has every field, operator and operation, and its examples are valid."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from pim.domain.attribute_types import ATTRIBUTE_TYPES
from pim.domain.conditions import FIELDS, OPERATORS, leaves, parse
from pim.domain.operations import OPERATIONS
from pim.domain.operations import parse as parse_operations
from tests.factories.structure import footwear

GUIDE = (Path(__file__).parents[3] / "docs/guides/bulk-edits.md").read_text(encoding="utf-8")
CONDITIONS, OPERATIONS_TOLD = GUIDE.split("## Conditions")[1].split("## Operations")
FIELD_TABLE, OPERATOR_TABLE = CONDITIONS.split("### Fields")[1].split("### Operators")
SECTIONS = dict(
    re.findall(r"^### `(\w+)`\n(.*?)(?=^##|\Z)", OPERATIONS_TOLD, re.MULTILINE | re.DOTALL)
)


def cells(table: str) -> dict[str, list[str]]:
    """Return the cells of each row of a table by the name in its first cell."""
    rows = (line.split("|")[1:-1] for line in table.splitlines() if line.startswith("| `"))
    return {row[0].strip(" `"): row[1:] for row in rows}


def test_every_field_is_told_with_its_kind() -> None:
    told = {name: row[0].strip(" `") for name, row in cells(FIELD_TABLE).items()}

    assert told == dict(FIELDS)


def test_every_kind_is_told_with_its_operators() -> None:
    told = {name: re.findall(r"`([^`]+)`", row[1]) for name, row in cells(OPERATOR_TABLE).items()}

    assert {name: set(found) for name, found in told.items()} == {
        kind: set(operators) for kind, operators in OPERATORS.items()
    }


def test_every_attribute_type_compares_as_a_kind_that_is_told() -> None:
    assert {kind.kind for kind in ATTRIBUTE_TYPES.values()} <= set(cells(OPERATOR_TABLE))


def test_every_operation_is_told_and_no_other() -> None:
    assert set(SECTIONS) == set(OPERATIONS)


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_the_example_of_an_operation_is_one(name: str) -> None:
    found = re.search(r"```json\n(.*?)```", SECTIONS[name], re.DOTALL)
    assert found is not None
    (operation,) = parse_operations([json.loads(found[1])], footwear())

    assert operation.type == name


def test_the_example_of_a_condition_is_one() -> None:
    found = re.search(r"```json\n(.*?)```", CONDITIONS, re.DOTALL)
    assert found is not None

    assert len(list(leaves(parse(json.loads(found[1])).root))) == 3
