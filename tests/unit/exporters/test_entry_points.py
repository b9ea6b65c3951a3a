"""Exporters of other packages come in through their entry points."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from exporters.contract import load_exporters
from exporters.json_lines import JsonLines
from pim.errors import PimError


@pytest.fixture
def install(tmp_path: Path, monkeypatch) -> Iterator[Callable[[str], None]]:
    """Return a function that makes a package with one entry point look installed."""

    def installed(line: str) -> None:
        folder = tmp_path / "stranger-1.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: stranger\nVersion: 1\n")
        (folder / "entry_points.txt").write_text(f"[pim.exporters]\n{line}\n")
        monkeypatch.syspath_prepend(tmp_path)
        load_exporters.cache_clear()

    yield installed
    load_exporters.cache_clear()


def test_a_strangers_exporter_is_found_by_its_name(install):
    install("my_shop = exporters.json_lines:JsonLines")
    assert isinstance(load_exporters()["my_shop"], JsonLines)


@pytest.mark.parametrize("value", ["no_such_module:Mine", "exporters.json_lines:Nothing"])
def test_an_exporter_that_cannot_be_loaded_is_named(install, value):
    install(f"my_shop = {value}")
    with pytest.raises(PimError, match=r"The exporter my_shop .* cannot be loaded"):
        load_exporters()
