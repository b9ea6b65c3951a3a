"""Deltas after changes of the structure: few products are looked at, and none too few."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from channels.models import Publication
from channels.publication import structure as changes
from channels.publication.selection import changed_products
from pim.db.unit_of_work import unit_of_work
from pim.projection.cursor import position
from pim.structure.service import NOUNS, remove, save
from tests.integration.channels.conftest import FEED, Shop

RED = {"field": "parent", "operator": "=", "value": "derby-red"}
REDS, LACES = 5, 1

FILES = {
    "categories.csv": (
        "code;parent;label-en_GB\nsale;;Sale\nhigh;boots;High\nlow;boots;Low\n"
        "spare;master;Spare\ncare;spare;Care\n"
    ),
    "attributes.csv": (
        "code;type;group;localizable;scopable\n"
        "use;pim_catalog_multiselect;all;0;1\nnote;pim_catalog_simpleselect;all;1;0\n"
    ),
    "attribute_options.csv": (
        "attribute;code;label-en_GB\nuse;walk;Walk\nuse;run;Run\nuse;idle;Idle\n"
        "note;new;New\ncolour;green;Green\n"
    ),
    "families.csv": (
        "code;attributes;attribute_as_label;requirements-web\n"
        "shoes;sku,name,price,colour,size,stock,use,note;name;sku,name,price\n"
    ),
    "group_types.csv": "code\nRELATED\n",
    "groups.csv": "code;type;label-en_GB\nnice;RELATED;Nice\n",
    "product_models.csv": "code;family_variant;categories\nderby-red;shoes_colour_size;high\n",
    "products.csv": (
        "sku;family;categories;groups;use-web;note-en_GB\nlaces;shoes;care,sale;nice;walk,run;new\n"
    ),
}

MAPPING: dict[str, Any] = {
    **FEED["mapping"],
    "path": {"from": "categories", "steps": [{"type": "category_path"}]},
    "code": {"from": "categories", "steps": [{"type": "category_code"}]},
    "all": {"from": "categories", "steps": [{"type": "option_label"}, {"type": "list_join"}]},
    "groups": {"from": "groups", "steps": [{"type": "option_label"}, {"type": "list_join"}]},
    "use": {"from": "use", "steps": [{"type": "option_label"}, {"type": "list_join"}]},
    "note": {"from": "note", "steps": [{"type": "option_label"}]},
    "family": {"from": "family", "steps": [{"type": "option_label"}]},
    "colours": {
        "from": "colour",
        "steps": [
            {"type": "option_label"},
            {"type": "aggregate", "function": "list", "over": "root"},
            {"type": "list_join"},
        ],
    },
}
BOOTS = {"field": "categories", "operator": "IN CHILDREN", "value": ["boots"]}
FEEDS: dict[str, dict[str, Any]] = {
    "shop": {},
    "boots": {"where": BOOTS},
    "rest": {"where": {**BOOTS, "operator": "NOT IN CHILDREN"}},
    "full": {"completeness": {"locales": ["en_GB"], "minimum": 100}},
}


@pytest.fixture
def stocked(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Return the shop with trees, groups and options; here no part of it counts as many."""
    monkeypatch.setattr(changes, "MOST", 1)
    loaded = shop.load(FILES, tmp_path / "more")
    assert not loaded.violations
    return shop


def publish_first(shop: Shop) -> None:
    """Apply the feeds and publish each as a whole."""
    for code, members in FEEDS.items():
        shop.feed(code=code, mapping=MAPPING, **members)
        shop.publish(code)


def publish(shop: Shop, code: str, *, delta: bool = True) -> Publication:
    """Publish, however many items come and go."""
    return shop.publish(code, delta=delta, force=True, reason="test")


def change(shop: Shop, noun: str, **document: Any) -> None:
    """Create or update one thing of the structure."""
    with unit_of_work(shop.engine) as work:
        (outcome,) = save(work, NOUNS[noun], [document], change_set_id=None)
        assert outcome.status in ("created", "updated", "unchanged"), outcome


def moment(shop: Shop) -> str:
    """Return where the change log stands."""
    with shop.engine.connect() as connection:
        return position(connection).snapshot


def concerned(shop: Shop, since: str) -> int | None:
    """Return how many products a delta looks at; None: all."""
    shop.projection.refresh()
    with shop.engine.connect() as connection, shop.projection.read() as reading:
        found = changed_products(connection, reading, since)
    return None if found is None else len(found)


#: Noun, document, and how many of the eleven products can show the change; None: nobody knows.
CHANGES: list[tuple[str, dict[str, Any], int | None]] = [
    ("category", {"code": "high", "labels": {"en_GB": "Tall"}}, REDS),
    ("category", {"code": "boots", "labels": {"en_GB": "Boots!"}}, 2 * REDS),
    ("category", {"code": "sale", "labels": {"en_GB": "Sales"}}, LACES),
    ("category", {"code": "spare", "labels": {"en_GB": "Spares"}}, LACES),
    ("category", {"code": "spare", "parent": "low"}, LACES),
    ("category", {"code": "new", "parent": "boots"}, 0),
    ("option", {"attribute": "colour", "code": "red", "labels": {"en_GB": "Ruby"}}, REDS),
    ("option", {"attribute": "colour", "code": "red", "sort_order": 9}, REDS),
    ("option", {"attribute": "colour", "code": "black"}, 0),
    ("option", {"attribute": "use", "code": "run", "labels": {"en_GB": "Jog"}}, LACES),
    ("option", {"attribute": "note", "code": "new", "labels": {"en_GB": "!"}}, None),
    ("group", {"code": "nice", "labels": {"en_GB": "Very nice"}}, LACES),
    ("attribute", {"code": "colour", "labels": {"en_GB": "Colour"}}, 0),
    ("attribute", {"code": "stock", "properties": {"number_max": "99"}}, None),
    ("attribute", {"code": "sole", "type": "pim_catalog_text", "group": "all"}, 0),
    ("attribute_group", {"code": "all", "labels": {"en_GB": "Everything"}}, 0),
    ("family", {"code": "hats", "attributes": ["sku"]}, 0),
    ("family", {"code": "shoes", "requirements": {"web": ["stock"]}}, None),
    ("family_variant", {"code": "shoes_colour_size", "labels": {"en_GB": "Both"}}, None),
    ("channel", {"code": "web", "labels": {"en_GB": "Web"}}, None),
    ("category", {"code": "high", "parent": "sale"}, REDS),
]


def test_a_change_of_the_structure_concerns_the_products_that_can_show_it(stocked: Shop) -> None:
    found = []
    for noun, document, _ in CHANGES:
        before = moment(stocked)
        change(stocked, noun, **document)
        found.append((noun, document, concerned(stocked, before)))

    assert found == CHANGES


def test_what_is_removed_concerns_every_product(stocked: Shop) -> None:
    before = moment(stocked)
    with unit_of_work(stocked.engine) as work:
        named = {"attribute": "colour", "code": "green"}
        assert remove(work, NOUNS["option"], named, change_set_id=None).status == "removed"

    assert concerned(stocked, before) is None


def test_what_many_products_show_concerns_every_product(
    stocked: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "MOST", 0.2)
    before = moment(stocked)
    change(stocked, "category", code="high", labels={"en_GB": "Tall"})

    assert concerned(stocked, before) is None


def test_a_row_of_the_log_that_names_no_ids_concerns_every_product(stocked: Shop) -> None:
    before = moment(stocked)
    with stocked.engine.begin() as connection:
        connection.execute(text("INSERT INTO change_log (subject) VALUES ('category')"))

    assert concerned(stocked, before) is None


def test_a_moved_category_takes_its_products_into_one_feed_and_out_of_another(
    stocked: Shop,
) -> None:
    publish_first(stocked)
    change(stocked, "category", code="care", parent="low")

    joined, left = publish(stocked, "boots"), publish(stocked, "rest")

    assert (joined.added, joined.items) == (1, 1)
    assert (left.removed, left.items) == (1, 0)


def test_a_renamed_category_changes_the_products_below_its_children(stocked: Shop) -> None:
    publish_first(stocked)
    change(stocked, "category", code="spare", labels={"en_GB": "Spares"})

    delta = publish(stocked, "shop")

    assert (delta.changed, delta.items) == (1, 1)
    assert publish(stocked, "shop", delta=False).changed == 0


@pytest.mark.parametrize("seed", range(2))
def test_deltas_after_any_changes_tell_what_a_whole_publication_tells(
    stocked: Shop, seed: int
) -> None:
    publish_first(stocked)
    chance = random.Random(seed)
    for step in range(6):
        for _ in range(chance.randint(1, 2)):
            disturb(stocked, chance, step)
        for code in FEEDS:
            publish(stocked, code)
            whole = publish(stocked, code, delta=False)
            assert (whole.added, whole.changed, whole.removed) == (0, 0, 0)


def disturb(shop: Shop, chance: random.Random, step: int) -> None:
    """Change something of the structure, or which products show it."""
    kinds = ["label", "label", "move", "move", "new", "option", "group", "attribute", "bulk"]
    kind = "family" if step == 1 else chance.choice(kinds)
    word = {"en_GB": f"{kind} {chance.random()}"}
    category = chance.choice(["boots", "high", "low", "care", "spare", "spare"])
    if kind == "label":
        change(shop, "category", code=category, labels=word)
    elif kind == "move":
        with unit_of_work(shop.engine) as work:  # one that would make a cycle is refused
            moved = {"code": category, "parent": chance.choice(["master", "sale", "low", "spare"])}
            save(work, NOUNS["category"], [moved], change_set_id=None)
    elif kind == "new":
        change(shop, "category", code=f"new_{step}", parent=category)
        with unit_of_work(shop.engine) as work:
            moved = {"code": "high", "parent": f"new_{step}"}
            save(work, NOUNS["category"], [moved], change_set_id=None)
    elif kind == "option":
        attribute, code = chance.choice([("colour", "red"), ("use", "run")])
        change(shop, "option", attribute=attribute, code=code, labels=word)
    elif kind == "group":
        change(shop, "group", code="nice", labels=word)
    elif kind == "attribute":
        change(shop, "attribute", code="colour", labels=word)
    elif kind == "family":
        required = chance.sample(["sku", "name", "price", "note", "use", "stock"], 2)
        change(shop, "family", code="shoes", labels=word, requirements={"web": required})
    else:
        shop.bulk(RED, {"type": "set", "field": "stock", "value": str(chance.randint(0, 9))})
