"""An import whose process is killed goes on where its last chunk was committed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from pim.db.engine import create_engine
from pim.db.runs import find_run
from pim.db.unit_of_work import unit_of_work
from pim.generate.build import write
from pim.settings import Settings
from pim.staging.imports import ImportOptions, ImportRun
from pim.structure.seeds import prepare
from tests.postgres import Server

PRODUCTS = 25_000
COMMAND = "import sys; from pim.cli import main; sys.argv = ['pim', *sys.argv[1:]]; main()"

#: Ids follow the order of creation, so equal hashes mean equal products in the same order.
STATE = text(
    """
    SELECT md5(string_agg(
        identifier || enabled || categories::text || values::text, ',' ORDER BY id))
    FROM product
    """
)
TWICE = text("SELECT count(*) - count(DISTINCT entity_id) FROM history")


def state(engine: Engine) -> tuple[object, object]:
    """Return a hash over all products, and how many were written twice."""
    with engine.connect() as connection:
        return connection.scalar(STATE), connection.scalar(TWICE)


def started(engine: Engine) -> bool:
    """Tell whether a chunk of products is committed."""
    with engine.connect() as connection:
        return bool(connection.scalar(text("SELECT EXISTS (SELECT 1 FROM product)")))


@pytest.mark.slow
def test_a_killed_import_ends_like_one_that_was_left_alone(
    server: Server, settings: Settings, engine: Engine, tmp_path: Path
) -> None:
    folder = tmp_path / "made-up"
    write(folder, products=PRODUCTS, feed_count=1)
    with server.database() as url:
        undisturbed = create_engine(url)
        prepare(undisturbed)
        home = Settings(home=tmp_path / "home", database_url=url)
        with unit_of_work(undisturbed) as work:
            ImportRun.begin(work, home, [folder], ImportOptions()).finish()
        expected = state(undisturbed)
        undisturbed.dispose()

    prepare(engine)
    environment = {
        **os.environ,
        "PIM_HOME": str(settings.home),
        "PIM_DATABASE_URL": str(settings.database_url),
    }
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, "import", str(folder), "--json"],
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    end = time.monotonic() + 120
    while not started(engine):
        assert process.poll() is None
        assert time.monotonic() < end
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert state(engine) != expected

    with unit_of_work(engine) as work:
        result = ImportRun.again(work, settings, find_run(work.session, 1)).finish()

    assert result.files[f"{folder}/products.csv"].created == PRODUCTS
    assert state(engine) == expected
