"""What operations make of contents, decided once."""

from __future__ import annotations

import json
from typing import Any

from pim.domain.operations import CellOperation, EntityOperation, parse
from pim.editing.outcomes import CellOutcomes, EntityOutcomes, Outcome
from tests.factories.structure import footwear

STRUCTURE = footwear()
NOTHING = Outcome(None, None, 0, 1, 0, ())


def cell_outcomes(**operation: Any) -> CellOutcomes:
    (parsed,) = parse([operation], STRUCTURE)
    assert isinstance(parsed, CellOperation)
    return CellOutcomes(parsed, STRUCTURE)


def entity_outcomes(**operation: Any) -> EntityOutcomes:
    (parsed,) = parse([operation], STRUCTURE)
    assert isinstance(parsed, EntityOperation)
    return EntityOutcomes(parsed, STRUCTURE)


def test_a_content_is_decided_once() -> None:
    known = cell_outcomes(type="calculate", field="price", percent=-20)

    first = known.of(('{"EUR": "100"}',))

    assert first.after is not None
    assert json.loads(first.after) == {"values": {"price": {"<all>": {"<all>": {"EUR": "80"}}}}}
    assert known.of(('{"EUR": "100"}',)) is first


def test_what_stays_the_same_is_not_written() -> None:
    known = cell_outcomes(type="set", field="balance", value="12.50")

    assert known.of(('"12.5"',)) == NOTHING
    assert known.of((None,)).changed == 1


def test_cells_are_counted_one_by_one() -> None:
    known = cell_outcomes(type="set", field="name", locale="*", value="Derby")

    outcome = known.of((None, '"Derby"'))

    assert (outcome.changed, outcome.unchanged, outcome.invalid) == (1, 1, 0)


def test_a_copy_reads_its_source_behind_the_cells_that_it_writes() -> None:
    known = cell_outcomes(
        type="copy", from_field="name", from_locale="en_GB", to_field="name", to_locale="de_DE"
    )

    outcome = known.of((None, '"Derby"'))

    assert [cell.locale for cell in known.reads] == ["de_DE", "en_GB"]
    assert outcome.after is not None
    assert json.loads(outcome.after) == {"values": {"name": {"<all>": {"de_DE": "Derby"}}}}


def test_memberships_come_and_go_one_by_one() -> None:
    known = entity_outcomes(type="categorize", add=["winter"], remove=["men"])

    outcome = known.of(("true", "[2, 4]"))

    assert (json.loads(outcome.before or ""), json.loads(outcome.after or "")) == (
        {"categories": {"2": True, "6": None}},
        {"categories": {"2": None, "6": True}},
    )
    assert known.of(("true", "[4, 6]")) == NOTHING


def test_models_have_no_status_to_switch() -> None:
    assert entity_outcomes(type="enable").of((None, "[]")) == NOTHING
