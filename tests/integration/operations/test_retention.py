"""What is removed when it is old, and what stays."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from channels.feeds.service import apply_feed, find_feed
from channels.publication.publish import PublishOptions
from channels.publication.service import publish_feed
from pim.db.unit_of_work import unit_of_work
from pim.errors import Refused
from pim.operations.ages import parse_age
from pim.operations.retention import (
    LEAST_HISTORY,
    keep_house,
    prune_history,
    prune_log,
    prune_runs,
)
from pim.products.bin import list_bin
from pim.products.change_sets import open_change_set
from pim.products.history import document_at, find_entity, product_history
from pim.products.models import PRODUCT
from pim.products.undo import undo
from pim.products.writer import delete
from pim.projection import Projection
from pim.structure.queries import current

NOW = datetime.now(UTC)
FEED = {
    "code": "shop",
    "channel": "web",
    "locale": "en_GB",
    "currency": "EUR",
    "exporter": "csv_feed",
    "mapping": {"sku": "sku", "stock": "stock"},
    "retention": 1,
}


def execute(engine: sa.Engine, statement: str, **values: object) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text(statement), values)


def one(engine: sa.Engine, query: str, **values: object) -> object:
    with engine.connect() as connection:
        return connection.scalar(sa.text(query), values)


@pytest.fixture
def edited(catalogue):
    """Return a catalogue that was imported 100 days ago, edited 50 days ago, and today."""
    for days, stock in ((50, "11"), (0, "12")):
        catalogue.rows("products", {"sku": "DRB-BLK-41", "stock": stock})
        execute(
            catalogue.engine,
            "UPDATE change_set SET finished = :at, created = :at "
            "WHERE id = (SELECT max(id) FROM change_set)",
            at=NOW - timedelta(days=days),
        )
    execute(
        catalogue.engine,
        "UPDATE change_set SET finished = :at, created = :at "
        "WHERE id <= (SELECT max(id) - 2 FROM change_set)",
        at=NOW - timedelta(days=100),
    )
    execute(
        catalogue.engine,
        "UPDATE history h SET at = c.finished FROM change_set c WHERE c.id = h.change_set_id",
    )
    return catalogue


def test_old_history_goes_and_what_people_need_stays(edited):
    engine = edited.engine
    newest = one(engine, "SELECT max(id) FROM change_set")
    creations = one(engine, "SELECT count(*) FROM history WHERE action = 1")
    before = NOW - timedelta(days=40)

    asked = prune_history(engine, before=before, dry_run=True)
    assert asked.rows >= 1
    assert one(engine, "SELECT history_before FROM horizon") is None
    done = prune_history(engine, before=before)

    assert (done.rows, done.change_sets) == (asked.rows, asked.change_sets)
    assert one(engine, "SELECT count(*) FROM history WHERE action = 1") == creations
    with unit_of_work(engine) as work:
        structure = current(work.session)
        entity = find_entity(work.session, "DRB-BLK-41")
        entries = product_history(work.session, entity.id, structure)
        assert [entry.action for entry in entries] == ["update", "create"]
        with pytest.raises(Refused, match="was removed, so nobody knows"):
            document_at(work.session, entity, NOW - timedelta(days=60))
        then = document_at(work.session, entity, NOW - timedelta(days=30))
        assert then is not None
        assert then["values"]["stock"] == {"<all>": {"<all>": "11"}}
        with pytest.raises(Refused, match="its history was removed"):
            undo(work, newest - 1, structure)
        assert undo(work, newest, structure).restored == 1
    assert edited.value("DRB-BLK-41", "stock") == "11"


def test_pruning_twice_removes_nothing_more(edited):
    before = NOW - timedelta(days=40)
    assert prune_history(edited.engine, before=before).rows >= 1
    again = prune_history(edited.engine, before=before)
    assert (again.rows, again.change_sets) == (0, 0) or again.rows == 0


def test_a_change_set_under_way_is_left_alone(edited):
    execute(edited.engine, "UPDATE change_set SET state = 'running', finished = NULL")
    assert prune_history(edited.engine, before=NOW).rows == 0


def alone_on_the_server(engine: sa.Engine) -> None:
    """Wait until no transaction of another test is older than what was written so far.

    Transaction numbers are the server's, not a database's: a neighbour's long transaction keeps
    what came after it unsettled for every reader.
    """
    written = one(engine, "SELECT max(xid) FROM change_log")
    for _ in range(600):
        if one(engine, "SELECT pg_snapshot_xmin(pg_current_snapshot()) > :xid", xid=written):
            return
        time.sleep(0.05)
    raise AssertionError(f"Transaction {written} was not settled within 30 s.")


def test_the_log_goes_as_far_as_every_reader_has_seen_it(edited):
    engine, settings = edited.engine, edited.settings
    execute(engine, "UPDATE change_log SET at = now() - interval '3 days'")
    projection = Projection(settings.projection, engine)
    with unit_of_work(engine) as work:
        apply_feed(work, FEED, current(work.session))
    alone_on_the_server(engine)
    with unit_of_work(engine) as work:
        publish_feed(work, settings, projection, "shop", PublishOptions())
    seen = one(engine, "SELECT count(*) FROM change_log")
    edited.rows("products", {"sku": "DRB-BLK-41", "stock": "99"})
    execute(engine, "UPDATE change_log SET at = now() - interval '2 days'")
    alone_on_the_server(engine)

    assert prune_log(engine, settings) == seen
    assert one(engine, "SELECT count(*) FROM change_log") >= 1
    base = projection.refresh().base.name
    with unit_of_work(engine) as work:
        record = publish_feed(work, settings, projection, "shop", PublishOptions(delta=True))
        assert (record.items, record.changed) == (1, 1)
    assert projection.refresh().base.name == base


def test_a_reader_that_was_not_waited_for_starts_anew(edited):
    engine, settings = edited.engine, edited.settings
    projection = Projection(settings.projection, engine)
    with unit_of_work(engine) as work:
        apply_feed(work, FEED, current(work.session))
    with unit_of_work(engine) as work:
        publish_feed(work, settings, projection, "shop", PublishOptions())
    edited.rows("products", {"sku": "DRB-BLK-41", "stock": "99"})
    other = Projection(settings.home / "elsewhere", engine)
    first = other.refresh().base.name
    edited.rows("products", {"sku": "DRB-BLK-42", "stock": "98"})
    execute(engine, "UPDATE change_log SET at = now() - interval '2 days'")
    execute(engine, "UPDATE publication SET at = now() - interval '20 days'")
    projection.refresh()

    assert prune_log(engine, settings) > 0

    assert other.refresh().base.name != first
    with unit_of_work(engine) as work:
        record = publish_feed(work, settings, projection, "shop", PublishOptions(delta=True))
    assert record.changed == 2


def test_runs_go_with_their_files_and_change_sets_keep_theirs(edited):
    engine, settings = edited.engine, edited.settings
    for state, days in (("done", 100), ("failed", 100), ("running", 100), ("done", 1)):
        execute(
            engine,
            "INSERT INTO run (kind, state, finished) VALUES ('project', :state, "
            "CASE WHEN :state = 'running' THEN NULL ELSE CAST(:at AS timestamptz) END)",
            state=state,
            at=NOW - timedelta(days=days),
        )
    run = one(engine, "SELECT min(run_id) FROM change_set WHERE run_id IS NOT NULL")
    execute(
        engine,
        "UPDATE run SET finished = :at WHERE id = :run",
        at=NOW - timedelta(days=100),
        run=run,
    )
    execute(
        engine,
        "INSERT INTO import_violation (run_id, file, row, code, severity, message) "
        "VALUES (:run, 'a.csv', 2, 'x', 'error', 'y')",
        run=run,
    )
    (settings.runs / str(run)).mkdir(parents=True, exist_ok=True)
    before = one(engine, "SELECT count(*) FROM run")

    removed = prune_runs(engine, settings, before=NOW - timedelta(days=90))

    assert removed == {"folders": 1, "violations": 1, "publications": 0, "runs": 2}
    assert one(engine, "SELECT count(*) FROM run") == before - 2
    assert one(engine, "SELECT 1 FROM run WHERE id = :run", run=run) == 1
    assert not (settings.runs / str(run)).exists()


def test_superseded_publications_go_and_the_newest_stays(edited):
    engine, settings = edited.engine, edited.settings
    projection = Projection(settings.projection, engine)
    with unit_of_work(engine) as work:
        apply_feed(work, FEED, current(work.session))
    for _ in range(3):
        with unit_of_work(engine) as work:
            publish_feed(work, settings, projection, "shop", PublishOptions())
    execute(engine, "UPDATE publication SET at = :at", at=NOW - timedelta(days=100))

    removed = prune_runs(engine, settings, before=NOW - timedelta(days=90))

    assert removed["publications"] == 2
    with unit_of_work(engine) as work:
        assert find_feed(work.session, "shop")
        record = publish_feed(work, settings, projection, "shop", PublishOptions())
        assert (record.added, record.unchanged) == (0, 6)


def test_without_settings_only_the_log_is_shortened(edited):
    history = one(edited.engine, "SELECT count(*) FROM history")
    assert set(keep_house(edited.engine, edited.settings)) == {"log", "bin"}
    assert one(edited.engine, "SELECT count(*) FROM history") == history


@pytest.mark.parametrize(
    ("given", "days"), [("31d", 31), ("400d", 400), ("2y", 730), ("18M", 540), ("8w", 56)]
)
def test_ages_are_read(given, days):
    assert parse_age(given, what="x", least=LEAST_HISTORY) == timedelta(days=days)


@pytest.mark.parametrize(("given", "words"), [("30d", "31 days are always kept"), ("2", "2y")])
def test_ages_that_are_too_short_or_no_ages_are_refused(given, words):
    with pytest.raises(Refused, match=words):
        parse_age(given, what="PIM_KEEP_HISTORY", least=LEAST_HISTORY)


def test_what_lies_in_the_bin_for_long_is_given_up_and_history_keeps_it(catalogue):
    with unit_of_work(catalogue.engine) as work:
        gone = [find_entity(work.session, name).id for name in ("wax", "laces")]
        change_set = open_change_set(work, kind="bulk")
        delete(work.session, change_set_id=change_set.id, kind=PRODUCT, ids=gone)
    age = "UPDATE history SET at = now() - interval '1 day' * :days WHERE entity_id = :id"

    execute(catalogue.engine, age, days=29, id=gone[0])
    assert keep_house(catalogue.engine, catalogue.settings)["bin"] == 0
    execute(catalogue.engine, age, days=31, id=gone[0])
    assert keep_house(catalogue.engine, catalogue.settings)["bin"] == 1

    with unit_of_work(catalogue.engine) as work:
        entries, _ = list_bin(work.session)
    assert [entry.id for entry in entries] == gone[1:]
    kept = "SELECT count(*) FROM history WHERE action = 2 AND before IS NOT NULL"
    assert one(catalogue.engine, kept) == 2
