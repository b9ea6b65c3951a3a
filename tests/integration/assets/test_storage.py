"""Files by content: the same file once, found by key, and no key leads elsewhere."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pim.assets.storage import Storage, file_name
from pim.errors import NotFound


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return Storage(tmp_path / "storage")


def local(folder: Path, name: str, content: bytes = b"content") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_a_key_names_content_and_file(storage: Storage, tmp_path: Path) -> None:
    key = storage.put(local(tmp_path, "Front view.JPG"))

    assert key.startswith("0/4/0/f/040f06fd774092478d450774f5ba30c5da78acc8_")
    assert file_name(key) == "Front_view.JPG"
    assert storage.size(key) == 7
    with storage.open(key) as file:
        assert file.read() == b"content"


def test_the_same_file_is_stored_once(storage: Storage, tmp_path: Path) -> None:
    keys = {storage.put(local(tmp_path / name, "a.jpg")) for name in ("one", "two")}

    assert len(keys) == 1
    assert len([p for p in (tmp_path / "storage").rglob("*") if p.is_file()]) == 1


def test_many_who_store_the_same_file_at_once_do_not_disturb_each_other(
    storage: Storage, tmp_path: Path
) -> None:
    path = local(tmp_path, "a.jpg", b"x" * 500_000)

    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: storage.put(path), range(32)))

    assert [storage.size(key) for key in keys] == [500_000]
    assert len([p for p in (tmp_path / "storage").rglob("*") if p.is_file()]) == 1


def test_a_key_is_foretold_without_storing(storage: Storage, tmp_path: Path) -> None:
    path = local(tmp_path, "a.jpg")

    key = storage.key_for(path)

    assert not storage.exists(key)
    assert storage.put(path) == key


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "0/4/0/f/../../x", "a.jpg", "0/4/0/f/"])
def test_what_is_no_key_is_nowhere(storage: Storage, key: str) -> None:
    assert not storage.exists(key)
    with pytest.raises(NotFound), storage.open(key):
        pass


@pytest.mark.parametrize(
    ("name", "kept"), [("..", "file"), ("a/b\\c.jpg", "a_b_c.jpg"), ("Ёлка 1.jpg", "Ёлка_1.jpg")]
)
def test_names_keep_what_is_harmless(
    storage: Storage, tmp_path: Path, name: str, kept: str
) -> None:
    assert file_name(storage.put(local(tmp_path, "x.bin"), name=name)) == kept
