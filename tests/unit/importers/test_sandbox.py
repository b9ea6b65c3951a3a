"""A child process may die in any way: what its parent sees is an ordinary refusal."""

from __future__ import annotations

import time

import pytest

from importers.sandbox import Bounds, frames_from
from pim.errors import Refused

ROOMY = Bounds(memory=2 * 1024**3, seconds=20)


def run(name: str, *, bounds: Bounds = ROOMY, **request: object) -> list[tuple[bytes, bytes]]:
    target = f"tests.unit.importers.children:{name}"
    with frames_from(target, request, name="stock.xlsx", bounds=bounds) as frames:
        return list(frames)


def test_frames_arrive_in_order() -> None:
    assert run("count", to=1000) == [(b"N", str(n).encode()) for n in range(1000)]


def test_nothing_is_inherited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIM_SECRET_KEY", "secret")

    variables, files = run("environment")

    assert b"PIM_SECRET_KEY" not in variables[1]
    assert files == (b"F", b"0")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("abort", "takes more than 2048 MB of memory"),
        ("hoard", "takes more than 2048 MB of memory"),
        ("refuse", "the words of the child"),
        ("fail", "the file is damaged or not what its name says .ValueError: invalid literal"),
    ],
)
def test_a_death_is_a_refusal_that_names_the_file(name: str, words: str) -> None:
    with pytest.raises(Refused, match=rf"^stock\.xlsx: .*{words}"):
        run(name)


def test_a_child_that_spins_is_stopped() -> None:
    with pytest.raises(Refused, match="more than 1 seconds of processor time"):
        run("spin", bounds=Bounds(memory=ROOMY.memory, seconds=1))


def test_a_child_that_sleeps_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importers.sandbox.CLOCK_PER_PROCESSOR_SECOND", 1)
    start = time.monotonic()

    with pytest.raises(Refused, match="more than 1 seconds"):
        run("sleep", bounds=Bounds(memory=ROOMY.memory, seconds=1))

    assert time.monotonic() - start < 20


def test_a_slow_reader_does_not_use_up_the_childs_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importers.sandbox.CLOCK_PER_PROCESSOR_SECOND", 1)
    target = "tests.unit.importers.children:count"
    bounds = Bounds(memory=ROOMY.memory, seconds=1)

    with frames_from(target, {"to": 3}, name="stock.xlsx", bounds=bounds) as frames:
        found = []
        for frame in frames:
            found.append(frame)
            time.sleep(0.5)

    assert len(found) == 3
