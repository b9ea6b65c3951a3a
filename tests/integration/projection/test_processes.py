"""Several processes at once: killed writers, readers that outlive a base, memory that is shared."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pim.projection import manifest
from pim.projection.projection import Projection

PREAMBLE = """
import sys, time
from pathlib import Path
from pim.db.engine import create_engine
from pim.projection.projection import Projection

projection = Projection(Path(sys.argv[1]), create_engine(sys.argv[2]))
"""


@contextmanager
def process(
    script: str, folder: Path, url: str, *, stdin: bool = False
) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-W", "error", "-c", PREAMBLE + script, str(folder), url]
    root = str(Path(__file__).parents[3])
    environment = {**os.environ, "PYTHONPATH": root, "POLARS_MAX_THREADS": "2"}
    given = subprocess.PIPE if stdin else None
    with subprocess.Popen(
        command, stdin=given, stdout=subprocess.PIPE, text=True, env=environment
    ) as child:
        try:
            yield child
        finally:
            child.kill()


def stocks(projection):
    with projection.read() as reading:
        return Counter(reading.frame(["stock"])["stock"].to_list())


@pytest.mark.parametrize("moment", ["segments.write_file", "manifest.publish", "manifest._collect"])
def test_a_killed_refresh_leaves_the_projection_whole(shop, projection, database, moment):
    products = shop.many(50)
    before = projection.refresh()
    shop.set("product", products[0], {"stock": {"<all>": {"<all>": "777"}}})
    module, name = moment.split(".")
    script = f"""
from pim.projection import {module}
real = {module}.{name}
def die(*given, **more):
    print("dying", flush=True)
    time.sleep(60)
{module}.{name} = die
projection.refresh()
"""
    with process(script, projection.folder, database) as child:
        assert child.stdout.readline() == "dying\n"
        child.send_signal(signal.SIGKILL)

    whole = manifest.load(projection.folder)
    assert whole is not None
    expected = 2 if moment == "manifest._collect" else 1
    assert whole.number == expected
    assert whole.base == before.base
    projection.refresh()
    assert stocks(projection)[777] == 1
    left = {path.name for path in (projection.folder / manifest.SEGMENTS).iterdir()}
    named = {segment.name for segment in manifest.load(projection.folder).segments}
    assert left >= named
    assert not [name for name in left if name.startswith(".")]


def test_a_refresh_killed_at_any_moment_leaves_a_projection_that_reads(shop, projection, database):
    products = shop.many(400)
    projection.refresh()
    for attempt in range(4):
        for number in products[:50]:
            shop.set("product", number, {"stock": {"<all>": {"<all>": f"{1000 + attempt}"}}})
        script = "print('up', flush=True)\nwhile True: projection.refresh(rebuild=True)"
        with process(script, projection.folder, database) as child:
            child.stdout.readline()
            time.sleep(0.05 + 0.07 * attempt)
            child.send_signal(signal.SIGKILL)
        assert sum(stocks(projection).values()) == 400
        projection.refresh()
        assert stocks(projection)[1000 + attempt] == 50


def test_a_reader_keeps_its_manifest_while_others_write_new_bases(shop, projection, database):
    products = shop.many(20)
    projection.refresh()
    script = """
with projection.read() as reading:
    print("reading", flush=True)
    while not (Path(sys.argv[1]) / "go").exists():
        time.sleep(0.02)
    print(reading.frame(["stock"])["stock"].max(), reading.manifest.number, flush=True)
    time.sleep(60)
"""
    with process(script, projection.folder, database) as child:
        assert child.stdout.readline() == "reading\n"
        shop.set("product", products[0], {"stock": {"<all>": {"<all>": "999"}}})
        for _ in range(3):
            state = projection.refresh(rebuild=True)
        assert len(list((projection.folder / manifest.MANIFESTS).glob("*.json"))) == 2
        (projection.folder / "go").touch()
        assert child.stdout.readline().split() == ["20.0000000000", "1"]
        child.send_signal(signal.SIGKILL)
        child.wait()

    state = projection.refresh(rebuild=True)
    assert [path.stem for path in (projection.folder / manifest.MANIFESTS).glob("*.json")] == [
        f"{state.number:012}"
    ]
    assert len(list((projection.folder / manifest.SEGMENTS).iterdir())) == 1


def test_readers_always_see_one_moment_while_segments_are_merged(shop, projection):
    products = shop.many(30)
    projection.refresh()
    stop = threading.Event()
    torn: list[Counter] = []

    def look():
        other = Projection(projection.folder, projection.engine)
        while not stop.is_set():
            with other.read() as reading:
                frame = reading.frame(["stock"])["stock"]
                again = reading.frame(["stock"])["stock"]
            if frame.n_unique() != 1 and frame.to_list() != list(range(1, 31)):
                torn.append(Counter(frame.to_list()))
            if frame.to_list() != again.to_list() or len(frame) != 30:
                torn.append(Counter(again.to_list()))
        other.close()

    readers = [threading.Thread(target=look) for _ in range(2)]
    for reader in readers:
        reader.start()
    for turn in range(100, 115):
        with shop.engine.begin() as connection:
            for number in products:
                shop.write(
                    connection, "product", number, {"stock": {"<all>": {"<all>": str(turn)}}}
                )
        projection.refresh(rebuild=turn % 5 == 0)
    stop.set()
    for reader in readers:
        reader.join()

    assert torn == []


def test_two_projectors_take_turns(shop, projection, database):
    shop.many(300)
    script = "projection.refresh(rebuild=True); print('done', flush=True)"
    with (
        process(script, projection.folder, database) as one,
        process(script, projection.folder, database) as two,
    ):
        assert one.stdout.readline() == "done\n"
        assert two.stdout.readline() == "done\n"

    state = manifest.load(projection.folder)
    assert state is not None
    assert state.number == 2
    assert sum(stocks(projection).values()) == 300


def test_opening_a_projection_costs_address_space_and_not_memory(shop, projection, database):
    text = "x" * 400
    with shop.engine.begin() as connection:
        numbers = connection.exec_driver_sql(
            'INSERT INTO product (identifier, family_id, "values")'
            " SELECT 'big' || n, %s, jsonb_build_object('name', jsonb_build_object('<all>',"
            " jsonb_build_object('<all>', %s || n)))"
            " FROM generate_series(1, 100000) n RETURNING id",
            (shop.family, text),
        ).scalars()
        shop.log(connection, "product", list(numbers))
    state = projection.refresh()
    assert sum(state.base.files.values()) > 40_000_000
    script = """
import psutil
with projection.read() as small:
    small.frame(["id"]).height
projection.close()
import polars as pl
memory = lambda: psutil.Process().memory_full_info().uss
before = memory()
with projection.read() as reading:
    frame = reading.frame(["id", "name"])
    bytes_read = frame["name"].str.len_bytes().sum()
    print(bytes_read, memory() - before, flush=True)
"""
    with process(script, projection.folder, database) as child:
        read, private = map(int, child.stdout.readline().split())
    assert read > 40_000_000
    assert private < 10_000_000
