"""Golden files: whole outputs kept as raw bytes, compared byte by byte."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent
Same = Callable[[str, bytes], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let `pytest tests/golden --update-golden` write the files anew; review them with git diff."""
    parser.addoption("--update-golden", action="store_true", help="write golden files anew")


@pytest.fixture
def same_as_golden(request: pytest.FixtureRequest) -> Same:
    """Return a function that compares bytes with the file of a name, or writes it on demand."""

    def compare(name: str, data: bytes) -> None:
        path = HERE / name
        if request.config.getoption("--update-golden", default=False):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        assert data == path.read_bytes()

    return compare
