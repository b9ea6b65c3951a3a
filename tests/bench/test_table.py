"""The tables of the docs say what was measured, and how measurements are told."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.bench.foresight import exponent, foreseen, reckoned, shown_size, shown_time
from tests.bench.memory import Watch
from tests.bench.rows import Budget, Ends, Measured, Memory, beside, failed, line, row
from tests.bench.table import LATEST, PAGES, TABLES, TORTURE, conditions, filled


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_says_what_the_last_run_has_measured(page: Path) -> None:
    document = json.loads(PAGES[page].read_text("utf-8"))
    text = page.read_text("utf-8")
    assert "<!-- bench: " in text
    assert filled(text, document) == text, "run make docs"


def test_every_table_is_shown_somewhere() -> None:
    pages = "".join(page.read_text("utf-8") for page in PAGES)
    assert [name for name in TABLES if f"<!-- bench: {name} -->" not in pages] == []


@pytest.mark.parametrize("measured", [LATEST, TORTURE], ids=lambda path: path.name)
def test_the_measurements_name_no_machine_and_no_folder(measured: Path) -> None:
    text = measured.read_text("utf-8")
    assert "/tmp" not in text
    assert "/home" not in text


@pytest.mark.parametrize(("load", "told"), [(0.3, False), (4.2, True)])
def test_a_busy_machine_is_told(load: float, told: bool) -> None:
    document = json.loads(LATEST.read_text("utf-8"))
    machine = document["machine"] | {"load_at_start": load}
    assert ("Other work" in conditions(document | {"machine": machine})) is told


def test_a_row_is_set_beside_its_budget_and_both_ends() -> None:
    budget = Budget(text="100/s, < 1 GB", rate=100, peak_mb=1_000)
    measured = Measured(count=1_000, seconds=4)

    quick = row("import", measured, budget, memory=Memory(peak=900))
    greedy = row("import", measured, budget, memory=Memory(peak=1_100))
    tenth = row("import", Measured(count=100, seconds=0.5), budget, memory=Memory(peak=500))
    shown = beside(quick, Ends(limit=1_000, by_row=25), tenth)

    assert (quick.met, greedy.met) == (True, False)
    assert (shown.rate, shown.ratio, shown.times, shown.growth) == (250, 0.25, 10, 8)
    assert "25%" in line(shown)
    assert "met" in line(shown)


def test_a_step_that_failed_has_missed_its_budget() -> None:
    lost = failed("undo", Budget(text="< 2 s", seconds=2), "measure ended with 1: no such thing")
    assert lost.met is False
    assert "FAILED: measure ended with 1" in line(lost)


def test_larger_sizes_follow_from_a_tenth_and_the_whole() -> None:
    rows = [row(n, Measured(count=1, seconds=s), Budget(), memory=Memory(peak=100))
            for n, s in (("linear", 70.0), ("constant", 0.01))]  # fmt: skip
    small = [row(n, Measured(count=1, seconds=s), Budget(), memory=Memory(peak=100))
             for n, s in (("linear", 7.0), ("constant", 0.01))]  # fmt: skip
    document = {
        "size": 700_000,
        "rows": [asdict(each) for each in rows],
        "tenth": {"size": 70_000, "rows": [asdict(each) for each in small]},
    }
    _, shown = foreseen(document)
    linear, constant = shown
    assert linear[3:7] == ("1.00", "100.0 s", "17 min", "3 h")
    assert constant[3:7] == ("0.00", "10 ms", "10 ms", "10 ms")
    assert exponent(0, 1) == 0


def test_a_fixed_part_stays_and_what_grows_faster_than_the_size_goes_on_doing_so() -> None:
    fixed_and_linear = reckoned(2.0, 11.0, 10)  # 1 + 10 for each size
    assert fixed_and_linear == pytest.approx(101)
    assert reckoned(1.0, 100.0, 10) == pytest.approx(10_000)
    assert reckoned(3.0, 2.0, 100) == 2.0


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        (shown_time(0.0123), "12 ms"),
        (shown_time(300), "5 min"),
        (shown_size(2.5e12), "2.5 TB"),
        (shown_size(3e6), "3 MB"),
    ],
)
def test_large_numbers_are_told_in_units_that_fit(shown: str, said: str) -> None:
    assert shown == said


def test_the_memory_of_a_process_and_of_those_below_it_is_watched() -> None:
    child = "block = bytearray(60_000_000)\nimport time; time.sleep(1.5)"
    parent = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {child!r}])"
    process = subprocess.Popen([sys.executable, "-c", parent])
    watch = Watch(process.pid, None)
    process.wait()

    memory = watch.stop()

    assert 60 <= memory.peak < 150
    assert len(memory.processes) == 2
    assert max(memory.processes) >= 60
    assert memory.anonymous >= 60
