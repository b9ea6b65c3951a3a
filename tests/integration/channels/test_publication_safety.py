"""Publications that must not go out, must not be lost, or cannot be made."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

import pytest
import time_machine
from sqlalchemy import select

from channels.models import Publication
from channels.publication import review
from channels.publication.lock import alone
from exporters.contract import load_exporters
from exporters.contract.exporter import Exporter
from pim.db.runs import Run
from pim.db.unit_of_work import unit_of_work, utc_now
from pim.errors import Refused
from pim.structure.service import NOUNS, remove
from tests.integration.channels.conftest import FEED, Shop
from tests.integration.channels.test_publication import CHEAPER, RED, rows

LACES = {"field": "sku", "operator": "=", "value": "laces"}
FREE = {"type": "set", "field": "price", "value": {"EUR": "0"}}
ENABLED = {"field": "enabled", "operator": "=", "value": True}


def release(shop: Shop) -> Publication:
    with unit_of_work(shop.engine) as work:
        return review.release(work, shop.settings, shop.found(), reason="checked by hand")


def roll_back(shop: Shop) -> Publication:
    with unit_of_work(shop.engine) as work:
        return review.roll_back(work, shop.settings, shop.found())


def test_a_delta_that_takes_away_too_much_is_held(shop: Shop) -> None:
    shop.feed(where=ENABLED)
    shop.publish()
    shop.bulk(RED, {"type": "disable"})

    held = shop.publish(delta=True)

    assert (held.state, held.removed) == ("held", 5)
    assert held.reasons == ["Items fall from 11 to 6 (45.5 %), more than 20 %."]
    assert not shop.folder("delta").exists()


def test_a_held_delta_goes_out_as_delta_when_it_is_released(shop: Shop) -> None:
    shop.feed(guards={"max_zero_prices": 0})
    whole = shop.publish()
    shop.bulk(LACES, FREE)
    assert shop.publish(delta=True).state == "held"

    release(shop)
    after = shop.publish(delta=True)

    assert shop.folder().resolve().name == str(whole.id)
    assert (after.state, after.changed) == ("published", 0)


def test_what_is_published_aside_is_not_held_and_not_released(shop: Shop) -> None:
    shop.publish()
    shop.bulk(RED, FREE)
    shop.feed(guards={"max_zero_prices": 0})

    aside = shop.publish(as_of=utc_now() + timedelta(days=1))

    assert (aside.state, aside.reasons) == (
        "published",
        ["5 items have a price of zero, more than 0."],
    )
    with pytest.raises(Refused, match="not held"):
        release(shop)


def test_after_a_roll_back_a_delta_starts_from_what_is_current_again(shop: Shop) -> None:
    shop.publish()
    shop.bulk(RED, CHEAPER)
    shop.publish()
    shop.bulk(LACES, CHEAPER)
    shop.publish(delta=True)

    roll_back(shop)
    delta = shop.publish(delta=True)

    assert delta.changed == 6
    assert set(rows(shop.text("delta"))) == {*(f"derby-red-{n}" for n in range(36, 41)), "laces"}


def test_a_delta_after_a_new_definition_looks_at_everything(shop: Shop) -> None:
    shop.publish()
    shop.feed(mapping={**FEED["mapping"], "name": {"value": "Shoe"}})

    assert shop.publish(delta=True).changed == 11


def test_a_delta_follows_products_that_time_alone_moves(shop: Shop) -> None:
    old_enough = {"field": "created", "operator": "<", "value": "-1 day"}
    shop.feed(where=old_enough, guards={"min_items": 0})
    assert shop.publish().items == 0

    with time_machine.travel(utc_now() + timedelta(days=2)):
        delta = shop.publish(delta=True)

    assert (delta.added, len(rows(shop.text("delta")))) == (11, 11)


def test_releasing_an_older_one_is_refused_when_a_newer_went_out(shop: Shop) -> None:
    shop.feed(guards={"max_zero_prices": 0})
    shop.publish()
    edit = shop.bulk(LACES, FREE)
    shop.publish()
    shop.undo(edit.change_set)
    shop.publish()

    with pytest.raises(Refused, match="not held"):
        release(shop)


def test_a_held_publication_outlives_the_retention_until_it_is_decided(shop: Shop) -> None:
    shop.feed(retention=1, guards={"max_zero_prices": 0})
    shop.publish()
    shop.bulk(LACES, FREE)
    held = shop.publish()

    released = release(shop)

    assert released.id == held.id
    assert rows(shop.text())["laces"]["price"] == "0.00 EUR"


def test_a_definition_that_the_structure_has_outgrown_says_so_on_run_and_record(
    shop: Shop, tmp_path: Path
) -> None:
    shop.load({"attributes.csv": "code;type;group\nseason;pim_catalog_text;all\n"}, tmp_path / "a")
    shop.feed(mapping={"sku": "sku", "season": "season"})
    with unit_of_work(shop.engine) as work:
        gone = remove(work, NOUNS["attribute"], {"code": "season"}, change_set_id=None)
        assert gone.status == "removed"

    with pytest.raises(Refused, match="not valid"):
        shop.publish()

    with unit_of_work(shop.engine) as work:
        record = work.session.scalars(select(Publication)).one()
        run = work.session.get(Run, record.run_id)
        assert run is not None
        assert (record.state, run.state) == ("failed", "failed")
        assert record.reasons[0] == 'The feed "shop" is not valid.'
        assert record.reasons[1].startswith('mapping.season: There is no field "season"')
        assert run.error == "\n".join(record.reasons)


def test_a_feed_is_published_by_one_process_at_a_time(shop: Shop) -> None:
    done: list[Publication] = []
    with alone(shop.engine, shop.found()):
        other = threading.Thread(target=lambda: done.append(shop.publish()))
        other.start()
        other.join(timeout=0.5)
        assert other.is_alive()
    other.join(timeout=20)

    assert [record.state for record in done] == ["published"]


def test_what_a_writer_altered_is_reported_as_warning(shop: Shop) -> None:
    shop.bulk(LACES, {"type": "set", "field": "name", "locale": "en_GB", "value": "靴ひも"})
    shop.feed(options={"encoding": "windows-1251"})

    record = shop.publish()

    note = next(rule for rule in record.report if rule["rule"] == "file.replaced_characters")
    assert (note["count"], note["severity"], record.warnings) == (3, "warning", 3)
    assert "encoding" in note["mend"]


class Narrow(type(load_exporters()["csv_feed"])):  # type: ignore[misc]
    """The CSV exporter for a destination that takes very small files."""

    capabilities = type(load_exporters()["csv_feed"].capabilities)(
        absent="replace_all", delta=None, max_bytes=100
    )


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> Exporter:
    """Offer one exporter more."""
    exporters = MappingProxyType({**load_exporters(), "narrow": Narrow()})
    monkeypatch.setattr("channels.feeds.definition.load_exporters", lambda: exporters)
    return exporters["narrow"]


@pytest.mark.usefixtures("narrow")
def test_a_file_that_is_too_large_for_its_destination_is_held_with_the_figure(shop: Shop) -> None:
    shop.feed(exporter="narrow")

    held = shop.publish()

    assert held.state == "held"
    assert held.manifest is not None
    size = held.manifest["files"]["products.csv"]["bytes"]
    assert held.reasons == [f"The file has {size} bytes, more than the 100 that it may have."]
