from __future__ import annotations

from pim.domain.inheritance import resolve
from pim.domain.values import Cell
from tests.factories.structure import VARIANT

ROOT = {"name": {"<all>": {"en_GB": "Boot", "de_DE": "Stiefel"}}, "url": {"<all>": {"<all>": "u"}}}
COLOUR = {"color": {"<all>": {"<all>": "Red"}}, "picture": {"<all>": {"<all>": "red.png"}}}
SIZE = {"pieces": {"<all>": {"<all>": "2"}}}

NAME = Cell("name", locale="en_GB")
PICTURE = Cell("picture")


def test_a_variant_has_the_values_of_all_its_levels() -> None:
    resolved = resolve([ROOT, COLOUR, SIZE], VARIANT)
    assert resolved.document() == {**ROOT, **COLOUR, **SIZE}
    levels = {cell.attribute: value.level for cell, value in resolved.cells.items()}
    assert levels == {"name": 0, "url": 0, "color": 1, "picture": 1, "pieces": 2}
    assert resolved.cells[Cell("pieces")].own
    assert not resolved.cells[NAME].own


def test_an_overridable_value_of_its_own_hides_the_inherited_one_cell_by_cell() -> None:
    own = {"name": {"<all>": {"en_GB": "Tall boot"}}}
    resolved = resolve([ROOT, COLOUR, own], VARIANT)
    name = resolved.cells[NAME]
    assert (name.data, name.level, name.inherited, name.overridden) == (
        "Tall boot",
        2,
        "Boot",
        True,
    )
    german = resolved.cells[Cell("name", locale="de_DE")]
    assert (german.data, german.overridden) == ("Stiefel", False)


def test_the_nearest_override_counts() -> None:
    resolved = resolve([ROOT, {"name": {"<all>": {"en_GB": "Red boot"}}}, SIZE], VARIANT)
    name = resolved.cells[NAME]
    assert (name.data, name.level, name.own, name.inherited) == ("Red boot", 1, False, "Red boot")


def test_a_value_at_a_level_that_may_not_hold_it_does_not_count() -> None:
    wrong = {"url": {"<all>": {"<all>": "other"}}, "color": {"<all>": {"<all>": "Blue"}}}
    resolved = resolve([{**ROOT, "pieces": {"<all>": {"<all>": "9"}}}, COLOUR, wrong], VARIANT)
    assert resolved.document() == {**ROOT, **COLOUR}


def test_an_override_with_nothing_above_hides_nothing() -> None:
    own = {"picture": {"<all>": {"<all>": "own.png"}}}
    value = resolve([ROOT, {}, own], VARIANT).cells[PICTURE]
    assert (value.data, value.inherited, value.overridden) == ("own.png", None, False)


def test_a_simple_product_owns_everything() -> None:
    resolved = resolve([ROOT], None)
    assert resolved.document() == ROOT
    assert all(value.own and value.level == 0 for value in resolved.cells.values())
