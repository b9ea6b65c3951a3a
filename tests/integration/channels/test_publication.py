"""Publications: what they hold, how they differ, and that readers see whole files only."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import random
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from channels.models import Publication
from channels.publication import review
from channels.publication.reconcile import reconcile
from pim.db.unit_of_work import unit_of_work, utc_now
from pim.errors import Refused
from tests.integration.channels.conftest import FEED, Shop

RED = {"field": "parent", "operator": "=", "value": "derby-red"}
CHEAPER = {"type": "calculate", "field": "price", "percent": "-20", "currency": "EUR"}


def rows(text: str) -> dict[str, dict[str, str]]:
    return {row["sku"]: row for row in csv.DictReader(io.StringIO(text))}


def whole(folder: Path) -> bool:
    manifest = json.loads((folder / "manifest.json").read_bytes())
    return all(
        hashlib.sha256((folder / name).read_bytes()).hexdigest() == facts["sha256"]
        for name, facts in manifest["files"].items()
    )


def test_the_first_publication_adds_every_item(shop: Shop) -> None:
    record = shop.publish()

    assert (record.state, record.items, record.added) == ("published", 11, 11)
    items = rows(shop.text())
    assert items["derby-red-36"] == {
        "sku": "derby-red-36",
        "name": "Derby",
        "price": "100.00 EUR",
        "colour": "Red",
        "stock": "0",
    }
    assert items["laces"]["price"] == "3.50 EUR"
    assert whole(shop.folder())


def test_columns_stand_in_the_order_of_the_mapping(shop: Shop) -> None:
    shop.publish()

    assert shop.text().splitlines()[0] == ",".join(FEED["mapping"])


def test_a_publication_of_an_unchanged_catalogue_has_the_same_bytes(shop: Shop) -> None:
    shop.publish()
    before = shop.text()

    again = shop.publish()

    assert (again.added, again.changed, again.removed, again.unchanged) == (0, 0, 0, 11)
    assert shop.text() == before


def test_a_change_of_a_model_reaches_the_items_below_it_and_undo_takes_it_back(shop: Shop) -> None:
    shop.publish()
    before = shop.text()

    edit = shop.bulk(RED, CHEAPER)
    second = shop.publish()
    shop.undo(edit.change_set)
    third = shop.publish()

    assert (edit.selected, edit.written, edit.reached, edit.changed) == (5, 1, 5, 1)
    assert (second.changed, second.unchanged, third.changed) == (5, 6, 5)
    assert shop.text() == before


def test_a_delta_holds_what_changed_and_what_is_gone(shop: Shop) -> None:
    shop.publish()
    shop.bulk(RED, CHEAPER)
    shop.bulk({"field": "sku", "operator": "=", "value": "laces"}, {"type": "disable"})
    shop.feed(where={"field": "enabled", "operator": "=", "value": True})

    delta = shop.publish(delta=True)

    assert (delta.kind, delta.changed, delta.removed, delta.added) == ("delta", 5, 1, 0)
    told = rows(shop.text("delta"))
    assert {sku for sku, row in told.items() if row["_action"] == "delete"} == {"laces"}
    assert told["derby-red-37"]["price"] == "80.00 EUR"
    assert "laces" in rows(shop.text())


def test_deltas_build_on_each_other(shop: Shop) -> None:
    shop.publish()
    shop.bulk(RED, CHEAPER)
    shop.publish(delta=True)

    nothing = shop.publish(delta=True)
    laces = {"field": "sku", "operator": "=", "value": "laces"}
    edit = shop.bulk(laces, {"type": "set", "field": "stock", "value": "1"})
    next_one = shop.publish(delta=True)
    full = shop.publish()

    assert (nothing.changed, nothing.added, nothing.removed) == (0, 0, 0)
    assert edit.changed == 1
    assert (next_one.changed, full.changed, full.unchanged) == (1, 0, 11)


def test_a_delta_follows_a_renamed_option(shop: Shop, tmp_path: Path) -> None:
    shop.publish()
    renamed = {"attribute_options.csv": "attribute;code;label-en_GB\ncolour;red;Crimson\n"}
    shop.load(renamed, tmp_path / "renamed")

    delta = shop.publish(delta=True)

    assert delta.changed == 5
    assert {row["colour"] for row in rows(shop.text("delta")).values()} == {"Crimson"}


def test_a_delta_tells_of_deleted_products(shop: Shop, tmp_path: Path) -> None:
    more = shop.load({"products.csv": "sku;family;price-EUR\nlaces-long;shoes;4\n"}, tmp_path / "a")
    shop.publish()
    shop.undo(more.change_set)

    delta = shop.publish(delta=True)

    assert (delta.removed, delta.changed) == (1, 0)
    assert rows(shop.text("delta"))["laces-long"]["_action"] == "delete"


def test_a_drop_in_items_is_held_and_the_old_file_stays(shop: Shop) -> None:
    shop.publish()
    before = shop.text()
    shop.bulk(RED, {"type": "disable"})
    shop.feed(where={"field": "enabled", "operator": "=", "value": True})

    held = shop.publish()

    assert held.state == "held"
    assert held.reasons == ["Items fall from 11 to 6 (45.5 %), more than 20 %."]
    assert shop.text() == before
    with unit_of_work(shop.engine) as work:
        released = review.release(work, shop.settings, shop.found(), reason="stock-taking")
        assert released.reasons[-1] == "Released: stock-taking"
    assert len(rows(shop.text())) == 6


def test_zero_prices_hold_a_publication(shop: Shop) -> None:
    shop.feed(guards={"max_zero_prices": 4})
    shop.publish()
    shop.bulk(RED, {"type": "set", "field": "price", "value": {"EUR": "0"}})

    held = shop.publish()

    assert (held.state, held.reasons) == (
        "held",
        ["5 items have a price of zero, more than 4."],
    )


def test_no_items_at_all_is_held(shop: Shop) -> None:
    shop.feed(where={"field": "sku", "operator": "=", "value": "nothing"})

    held = shop.publish()

    assert held.reasons == ["There would be 0 items, fewer than 1."]
    assert not shop.folder().exists()


def test_force_passes_the_guards_with_a_reason_only(shop: Shop) -> None:
    shop.feed(where={"field": "sku", "operator": "=", "value": "nothing"})
    with pytest.raises(Refused, match="--reason"):
        shop.publish(force=True)

    forced = shop.publish(force=True, reason="closing down")

    assert forced.state == "published"
    assert forced.manifest is not None
    assert forced.manifest["forced"] == "closing down"


def test_a_publication_for_another_moment_changes_nothing_else(shop: Shop) -> None:
    shop.publish()
    current_one = shop.folder().resolve()
    shop.bulk(RED, CHEAPER)

    aside = shop.publish(as_of=utc_now() + timedelta(days=1))

    assert (aside.kind, aside.changed) == ("as_of", 5)
    assert shop.folder().resolve() == current_one
    assert shop.publish().changed == 5
    assert whole(review.folder_path(shop.settings, "shop", aside))


def test_roll_back_makes_the_one_before_current_again(shop: Shop) -> None:
    first = shop.publish()
    before = shop.text()
    shop.bulk(RED, CHEAPER)
    shop.publish()

    with unit_of_work(shop.engine) as work:
        returned = review.roll_back(work, shop.settings, shop.found())

    assert returned.id == first.id
    assert shop.text() == before


def test_the_difference_of_two_publications_names_every_cell(shop: Shop, tmp_path: Path) -> None:
    old = shop.publish()
    shop.bulk({"field": "sku", "operator": "=", "value": "laces"}, CHEAPER)
    shop.load({"products.csv": "sku;family;price-EUR\nhorn;shoes;8\n"}, tmp_path / "more")
    new = shop.publish()

    found = review.difference(shop.settings, shop.found(), old.id, new.id)

    assert found["added"] == ["horn"]
    assert found["removed"] == []
    assert found["changed"] == [
        {"item": "laces", "target": "price", "old": "3.50 EUR", "new": "2.80 EUR"}
    ]


@pytest.mark.parametrize(
    ("level", "item", "expected"),
    [
        ("model", "root", ["derby", "laces"]),
        ("colourway", "parent", ["derby-blue", "derby-red", "laces"]),
    ],
)
def test_a_feed_of_styles_or_colourways_has_one_item_for_each(
    shop: Shop, level: str, item: str, expected: list[str]
) -> None:
    mapping: dict[str, Any] = {
        "sku": {"from": [item, "identifier"], "steps": [{"type": "coalesce"}]},
        "stock": {
            "from": "stock",
            "steps": [{"type": "aggregate", "function": "sum", "over": "parent"}],
        },
    }
    shop.feed(level=level, mapping=mapping)

    shop.publish()

    assert sorted(rows(shop.text())) == expected


def test_a_feed_may_take_complete_products_only(shop: Shop) -> None:
    shop.feed(completeness={"locales": ["de_DE"], "minimum": 100})

    record = shop.publish()

    assert sorted(rows(shop.text())) == [f"derby-red-{n}" for n in range(36, 41)]
    assert record.items == 5


def test_items_with_errors_stay_out_and_are_reported(shop: Shop) -> None:
    shop.feed(
        options={"item_id": "name"},
        guards={"max_errors_percent": None},
        mapping={"name": "name", "sku": "sku"},
    )

    record = shop.publish()

    assert (record.items, record.errors) == (1, 10)
    report = record.report[0]
    assert (report["rule"], report["count"]) == ("name.unique", 10)
    violations = (shop.folder() / "violations.csv").read_text(encoding="utf-8")
    assert violations.count("name.unique") == 10


def test_what_a_dead_process_left_is_settled(shop: Shop) -> None:
    with unit_of_work(shop.engine) as work:
        feed = shop.found()
        work.session.add(
            Publication(
                feed_id=feed.id, feed_version=1, kind="full", state="running", as_of=utc_now()
            )
        )
    with unit_of_work(shop.engine) as work:
        reconcile(work, shop.found(), review.folder_of(shop.settings, shop.found()))
    with unit_of_work(shop.engine) as work:
        assert work.session.scalars(select(Publication.state)).all() == ["failed"]


PUBLISHER = """
import sys
from pathlib import Path
from channels.publication.publish import PublishOptions
from channels.publication.service import publish_feed
from pim.db.engine import create_engine
from pim.db.unit_of_work import unit_of_work
from pim.projection import Projection
from pim.settings import Settings
home, url = sys.argv[1:]
settings = Settings(home=Path(home), database_url=url)
engine = create_engine(url)
projection = Projection(settings.projection, engine)
while True:
    with unit_of_work(engine) as work:
        publish_feed(work, settings, projection, "shop", PublishOptions())
    print("published", flush=True)
"""


def test_a_kill_at_any_moment_leaves_a_whole_file(shop: Shop, database: str) -> None:
    shop.publish()
    before = shop.text()
    dice = random.Random(7)
    for _ in range(4):
        process = subprocess.Popen(
            [sys.executable, "-c", PUBLISHER, str(shop.settings.home), database],
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        process.stdout.readline()
        end = time.monotonic() + dice.random() * 0.2
        while time.monotonic() < end:
            assert whole(shop.folder().resolve())
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert whole(shop.folder())
        assert shop.text() == before

    after = shop.publish()

    assert (after.unchanged, after.changed) == (11, 0)
    with unit_of_work(shop.engine) as work:
        running = select(Publication).where(Publication.state == "running")
        assert not work.session.scalars(running).all()
