"""Processes and databases of different versions: who refuses, and with which words."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
import sqlalchemy as sa

from pim.db import migrate
from pim.db.engine import create_engine
from pim.errors import PimError
from pim.projection import Projection, manifest
from pim.structure.seeds import prepare


@pytest.fixture
def older(engine: sa.Engine) -> sa.Engine:
    """Return a database as the version before this one left it."""
    with engine.connect() as connection:
        newest = int(migrate.newest_revision(connection) or "0")
    migrate.downgrade(engine, revision=f"{newest - 1:04}")
    return engine


@pytest.fixture
def newer(engine: sa.Engine) -> sa.Engine:
    """Return a database as a later version will leave it."""
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    return engine


def test_an_older_database_is_upgraded_on_demand_and_never_by_the_way(older: sa.Engine) -> None:
    with pytest.raises(PimError, match=r"needs \d+\. Make a backup, stop .* run pim db upgrade"):
        prepare(older)
    prepare(older, older=True)
    prepare(older)


def test_a_newer_database_is_never_touched(newer: sa.Engine) -> None:
    with pytest.raises(PimError, match=r"upgraded by a newer version. Install that one"):
        prepare(newer)
    with pytest.raises(PimError, match="newer version"):
        prepare(newer, older=True)


@pytest.mark.parametrize("command", [["worker"], ["serve", "--port", "1"], ["feed", "list"]])
def test_services_and_commands_refuse_with_a_sentence(older, settings, command):
    done = run("-c", "from pim.cli import main; main()", *command, settings=settings)
    assert done.returncode == 3
    assert "run pim db upgrade" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_worker_that_finds_another_version_says_so_in_one_line(older, settings):
    done = run("-m", "pim.jobs.worker", settings=settings)
    assert done.returncode == 3
    (line,) = done.stderr.splitlines()
    assert "run pim db upgrade" in json.loads(line)["reason"]
    assert json.loads(line)["worker"]


def run(*arguments: str, settings) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "PIM_HOME": str(settings.home),
        "PIM_DATABASE_URL": settings.database_url,
    }
    return subprocess.run(
        [sys.executable, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_projection_of_another_format_is_built_anew(catalogue, monkeypatch):
    engine = create_engine(catalogue.settings.database_url)
    projection = Projection(catalogue.settings.projection, engine)
    first = projection.refresh()
    monkeypatch.setattr(manifest, "FORMAT", manifest.FORMAT + 1)

    second = projection.refresh()

    assert second.base.name != first.base.name
    assert second.number > first.number
    assert projection.refresh() == second
    engine.dispose()
