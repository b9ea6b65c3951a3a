"""The fixtures keep what they promise to every other test."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from pim.db.unit_of_work import Work

INSERT = text("INSERT INTO locale (code) VALUES ('xx_XX')")
COUNT = text("SELECT count(*) FROM locale")


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_has_a_database_of_its_own(engine: Engine, turn: int) -> None:
    with engine.begin() as connection:
        connection.execute(INSERT)
        assert connection.scalar(COUNT) == 1


@pytest.mark.parametrize("turn", [1, 2])
def test_a_session_is_rolled_back_even_after_a_commit(session: Session, turn: int) -> None:
    session.execute(INSERT)
    session.commit()
    assert session.scalar(COUNT) == 1


def test_a_work_writes_to_the_engine_s_database(work: Work, engine: Engine) -> None:
    work.session.execute(INSERT)
    work.commit()
    with engine.connect() as connection:
        assert connection.scalar(COUNT) == 1
