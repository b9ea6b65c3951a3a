"""The folders that the demo writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from pim.demo.build import write
from pim.demo.faulty import write_faulty
from pim.demo.kids_line import write_kids_line


@pytest.fixture(scope="session")
def folders(tmp_path_factory) -> dict[str, Path]:
    made = tmp_path_factory.mktemp("demo")
    write(made / "catalogue", pictures=False)
    write_kids_line(made / "kids")
    write_faulty(made / "faulty")
    return {path.name: path for path in made.iterdir()}
