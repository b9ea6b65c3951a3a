"""One commit at the end, followers after it, nothing of either in a dry run."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import Engine, make_url, text

from pim.db.engine import create_engine
from pim.db.unit_of_work import Work, unit_of_work

INSERT = text("INSERT INTO locale (code) VALUES (:code)")


def codes(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.scalars(text("SELECT code FROM locale ORDER BY id")))


def add(work: Work, code: str) -> None:
    work.session.execute(INSERT, {"code": code})


def test_a_block_that_succeeds_is_committed_and_then_its_followers_run(engine: Engine) -> None:
    seen: list[list[str]] = []
    with unit_of_work(engine, actor=7) as work:
        assert work.actor == 7
        add(work, "en_GB")
        work.after_commit(lambda: seen.append(codes(engine)))
        assert seen == []
    assert seen == [["en_GB"]]


def test_a_block_that_fails_leaves_nothing_and_calls_nobody(engine: Engine) -> None:
    called: list[str] = []
    with pytest.raises(ZeroDivisionError), unit_of_work(engine) as work:
        add(work, "en_GB")
        work.after_commit(lambda: called.append("follower"))
        raise ZeroDivisionError
    assert codes(engine) == []
    assert called == []


def test_chunks_that_were_committed_stay_when_a_later_one_fails(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError), unit_of_work(engine) as work:
        add(work, "en_GB")
        work.commit()
        add(work, "de_DE")
        raise ZeroDivisionError
    assert codes(engine) == ["en_GB"]


def test_a_dry_run_runs_the_same_code_and_keeps_nothing(engine: Engine) -> None:
    called: list[str] = []
    with unit_of_work(engine, dry_run=True) as work:
        add(work, "en_GB")
        work.after_commit(lambda: called.append("follower"))
        work.commit()
        assert work.session.scalar(text("SELECT count(*) FROM locale")) == 1
    assert codes(engine) == []
    assert called == []


def test_followers_run_once_and_all_of_them_even_if_one_fails(engine: Engine) -> None:
    called: list[str] = []

    def fail() -> None:
        raise ValueError("no")

    with pytest.raises(ExceptionGroup) as caught, unit_of_work(engine) as work:
        add(work, "en_GB")
        work.after_commit(fail)
        work.after_commit(lambda: called.append("second"))
    assert [type(error) for error in caught.value.exceptions] == [ValueError]
    assert called == ["second"]
    assert codes(engine) == ["en_GB"]


def test_the_clock_knows_its_zone_and_can_be_set(engine: Engine) -> None:
    moment = datetime(2026, 12, 26, tzinfo=UTC)
    with unit_of_work(engine, clock=lambda: moment) as frozen, unit_of_work(engine) as real:
        assert frozen.clock() == moment
        assert real.clock().utcoffset() is not None


def test_the_engine_speaks_utc_and_plain_json(engine: Engine) -> None:
    with engine.connect() as connection:
        at = connection.scalar(text("SELECT '2026-01-01T12:00+03'::timestamptz"))
        assert at.isoformat() == "2026-01-01T09:00:00+00:00"
        assert connection.scalar(text("SHOW application_name")) == "polka"
        assert connection.scalar(text("""SELECT '{"größe": [1, "39⅓"]}'::jsonb""")) == {
            "größe": [1, "39⅓"]
        }
    with pytest.raises(TypeError, match="Decimal"):
        engine.dialect._json_serializer({"price": Decimal("1.10")})


def test_options_of_the_url_are_kept_beside_our_own(database: str) -> None:
    url = make_url(database).update_query_dict({"options": "-c work_mem=7MB"})
    engine = create_engine(url.render_as_string(hide_password=False))
    with engine.connect() as connection:
        assert connection.scalar(text("SHOW work_mem")) == "7MB"
        assert connection.scalar(text("SHOW timezone")) == "UTC"
    engine.dispose()
