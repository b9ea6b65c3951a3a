"""What a killed or failed writer of manifests and segments leaves behind."""

from __future__ import annotations

import errno
from pathlib import Path

import polars as pl
import pytest

from pim.projection import manifest, segments, writing
from pim.projection.manifest import Manifest


def written(folder: Path, number: int) -> Manifest:
    segment = writing.write(
        folder / manifest.SEGMENTS, items=[pl.DataFrame({"id": [1]})], owners=pl.DataFrame()
    )
    return Manifest(
        number=number, system="s", database=1, snapshot="1:1:", at="now", segments=(segment,)
    )


def test_a_draft_of_a_killed_writer_hinders_nobody_and_goes_with_the_next(tmp_path: Path) -> None:
    manifest.publish(tmp_path, written(tmp_path, 1))
    draft = tmp_path / manifest.MANIFESTS / f".000000000002.json{manifest.DRAFT}"
    draft.write_text("{", "utf-8")

    number = manifest.next_number(tmp_path)
    manifest.publish(tmp_path, written(tmp_path, number))

    assert number == 2
    assert not draft.exists()
    known = manifest.load(tmp_path)
    assert known
    assert known.number == 2


def test_a_full_disk_gets_its_room_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, frame: pl.DataFrame) -> None:
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(segments, "write_file", full)

    with pytest.raises(OSError, match="No space"):
        written(tmp_path, 1)

    assert list((tmp_path / manifest.SEGMENTS).iterdir()) == []
