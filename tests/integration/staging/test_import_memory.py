"""What an import needs of memory does not depend on how many rows there are."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pim.db.engine import create_engine
from pim.generate.build import write
from pim.structure.seeds import prepare
from tests.postgres import Server

COMMAND = "import sys; from pim.cli import main; sys.argv = ['pim', *sys.argv[1:]]; main()"
PRODUCTS = 20_000


def peak(server: Server, folder: Path, *, products: int) -> int:
    """Return the peak memory (KB) of a process that imports so many products."""
    catalogue = folder / f"catalogue-{products}"
    write(catalogue, products=products, feed_count=1)
    with server.database() as url:
        engine = create_engine(url)
        prepare(engine)
        engine.dispose()
        home = folder / f"home-{products}"
        environment = {**os.environ, "PIM_HOME": str(home), "PIM_DATABASE_URL": str(url)}
        process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, "import", str(catalogue), "--json"],
            env=environment,
            stdout=subprocess.DEVNULL,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_maxrss


@pytest.mark.slow
def test_four_times_the_rows_take_no_more_memory(server: Server, tmp_path: Path) -> None:
    small = peak(server, tmp_path, products=PRODUCTS)
    large = peak(server, tmp_path, products=4 * PRODUCTS)

    assert large < 1.3 * small, f"{small // 1024} MB, then {large // 1024} MB"
