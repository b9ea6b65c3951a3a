"""The structure is read once, and uncommitted structure stays with its transaction."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from pim.db.unit_of_work import Work
from pim.structure import queries
from pim.structure.service import NOUNS, save


def add(session: Session, code: str) -> None:
    save(Work(session=session), NOUNS["locale"], [{"code": code}], change_set_id=None)


def codes(session: Session) -> set[str]:
    return {locale.code for locale in queries.current(session).locales}


@pytest.fixture
def two(engine: Engine):
    queries.forget()
    with Session(engine) as writer, Session(engine) as reader:
        yield writer, reader


def test_an_unchanged_structure_costs_one_query(two):
    _, reader = two
    known = queries.current(reader)
    statements = []
    event.listen(reader.get_bind(), "after_cursor_execute", lambda *a: statements.append(a[2]))

    assert queries.current(reader) is known
    assert len(statements) == 1


def test_sessions_share_what_is_committed(two):
    writer, reader = two
    add(writer, "en_GB")
    writer.commit()

    assert queries.current(writer) is queries.current(reader)
    assert codes(reader) == {"en_GB"}


def test_a_writer_sees_its_own_state_and_nobody_else_does(two):
    writer, reader = two
    before = queries.current(reader)
    add(writer, "en_GB")

    assert codes(writer) == {"en_GB"}
    assert queries.current(reader) is before


def test_a_roll_back_leaves_nothing_in_the_cache(two):
    writer, reader = two
    add(writer, "en_GB")
    assert codes(writer) == {"en_GB"}
    writer.rollback()
    add(reader, "de_DE")
    reader.commit()

    assert codes(writer) == {"de_DE"}


def test_a_roll_back_to_a_savepoint_takes_the_state_back(two):
    writer, _ = two
    add(writer, "en_GB")
    outer = queries.current(writer)
    savepoint = writer.begin_nested()
    add(writer, "de_DE")
    assert codes(writer) == {"en_GB", "de_DE"}
    savepoint.rollback()

    assert queries.current(writer) is outer


def test_the_version_rises_once_per_transaction(two):
    writer, reader = two
    version = queries.current(reader).version
    with writer.begin_nested():
        add(writer, "en_GB")
    add(writer, "de_DE")
    writer.commit()

    assert queries.current(reader).version == version + 1


def test_saving_what_is_there_already_does_not_raise_the_version(two):
    writer, reader = two
    add(writer, "en_GB")
    writer.commit()
    version = queries.current(reader).version
    add(writer, "en_gb")
    writer.commit()

    assert queries.current(reader).version == version


def test_the_second_of_two_writers_plans_again_with_what_the_first_wrote(two, monkeypatch):
    writer, reader = two
    stale = queries.current(reader)
    add(writer, "en_GB")
    writer.commit()
    fresh = queries.current
    answers = iter([stale])
    monkeypatch.setattr(queries, "current", lambda session: next(answers, None) or fresh(session))

    [outcome] = save(Work(session=reader), NOUNS["locale"], [{"code": "en_GB"}], change_set_id=None)

    assert outcome.status == "unchanged"


def test_a_connection_reads_like_a_session(engine: Engine):
    with engine.connect() as connection, Session(engine) as session:
        assert queries.current(connection) is queries.current(session)
