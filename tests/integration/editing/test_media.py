"""Pictures attached by the names of files: matched, written at the owner, told, undone."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from PIL import Image

from pim.assets.renderer import Renderer
from pim.assets.storage import Storage, file_name
from pim.cli.main import commands
from pim.editing.bulk import BulkResult
from pim.editing.media import Gathered, gather
from tests.factories.catalogue import Catalogue
from tests.integration.editing.conftest import Editor

Call = Callable[..., tuple[int, Any]]

SHOES = {"field": "family", "operator": "=", "value": "shoes"}


def picture(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), colour).save(out, "JPEG")
    return out.getvalue()


@pytest.fixture
def shots(tmp_path: Path) -> Path:
    """Return a folder of a photographer's pictures."""
    folder = tmp_path / "shots"
    for number, name in enumerate((
        "DERBY_black_2.jpg", "derby-Black-1.jpg", "derby black 10.JPG", "cognac/DerbyCognac_1.jpg",
        "moc_navy_1.jpg", "sandal_red_1.jpg", "readme.txt", ".DS_Store",
    )):  # fmt: skip
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture(f"rgb({number}, 0, 0)"))
    return folder


def gathered(catalogue: Catalogue, folder: Path, field: str, *, store: bool = True) -> Gathered:
    storage = Storage.from_settings(catalogue.settings)
    attribute = catalogue.structure.attributes[field]
    return gather(folder, storage, attribute, renderer=None, store=store)


def attach(
    catalogue: Catalogue, editor: Editor, folder: Path, field: str, pattern: str, **more: Any
) -> BulkResult:
    """Attach a folder's files."""
    where, dry_run = more.pop("where", {}), more.pop("dry_run", False)
    files = gathered(catalogue, folder, field, store=not dry_run).files
    do = {"type": "attach_media", "field": field, "pattern": pattern, "files": files, **more}
    return editor.bulk(where, do, dry_run=dry_run)


def names(catalogue: Catalogue, name: str, field: str) -> Any:
    """Return the names of the files that a row has."""
    data = catalogue.value(name, field)
    return [file_name(key) for key in data] if isinstance(data, list) else data and file_name(data)


BY_COLOUR = "{style}_{color}_{n}.jpg"


def test_pictures_go_to_the_colourway_in_the_order_of_their_numbers(
    catalogue: Catalogue, editor: Editor, shots: Path
) -> None:
    before, written = catalogue.state(), catalogue.written()

    dry = attach(catalogue, editor, shots, "gallery", BY_COLOUR, dry_run=True)

    assert (catalogue.state(), catalogue.written()) == (before, written)
    assert not any(catalogue.settings.storage.glob("?/?/?/?/*"))
    done = attach(catalogue, editor, shots, "gallery", BY_COLOUR)
    assert {**vars(done), "change_set": None} == vars(dry)
    assert (done.selected, done.written, done.changed, done.reached) == (3, 3, 3, 4)
    assert names(catalogue, "derby-black", "gallery") == [
        "derby-Black-1.jpg", "DERBY_black_2.jpg", "derby_black_10.JPG",
    ]  # fmt: skip
    assert names(catalogue, "derby-cognac", "gallery") == ["DerbyCognac_1.jpg"]
    assert names(catalogue, "moc", "gallery") == ["moc_navy_1.jpg"]
    assert catalogue.history("derby-black")[0].change_set == done.change_set

    catalogue.undo(done.change_set)

    assert catalogue.state() == before


def test_files_that_fit_nothing_and_owners_without_pictures_are_told(
    catalogue: Catalogue, editor: Editor, shots: Path
) -> None:
    (shots / "moc_navy_1.jpg").unlink()

    report = attach(catalogue, editor, shots, "gallery", BY_COLOUR, where=SHOES).media

    assert report is not None
    assert report["counts"] == {
        "files": 6, "matched": 4, "unmatched": 2, "ambiguous": 0, "without": 1,
    }  # fmt: skip
    assert report["unmatched"] == ["readme.txt", "sandal_red_1.jpg"]
    assert report["without"] == [{"identifier": "moc", "level": "style", "products": 1}]


def test_a_picture_of_every_size_makes_the_colourways_collection(
    catalogue: Catalogue, editor: Editor, tmp_path: Path
) -> None:
    for name in ("DRB-BLK-42_1.jpg", "DRB-BLK-41_1.jpg", "drb-blk-41_2.jpg"):
        (tmp_path / "sizes").mkdir(exist_ok=True)
        (tmp_path / "sizes" / name).write_bytes(picture("red") + name.encode())

    result = attach(catalogue, editor, tmp_path / "sizes", "gallery", "{sku}_{n}.jpg")

    assert (result.selected, result.written) == (1, 1)
    assert names(catalogue, "derby-black", "gallery") == [
        "DRB-BLK-41_1.jpg", "DRB-BLK-42_1.jpg", "drb-blk-41_2.jpg",
    ]  # fmt: skip


def test_an_image_takes_one_file_and_tells_of_several(
    catalogue: Catalogue, editor: Editor, shots: Path
) -> None:
    result = attach(catalogue, editor, shots, "image", BY_COLOUR)

    assert (result.selected, result.written) == (2, 2)
    assert catalogue.value("derby-black", "image") is None
    assert names(catalogue, "derby-cognac", "image") == "DerbyCognac_1.jpg"
    assert result.media is not None
    assert {each["file"] for each in result.media["ambiguous"]} == {
        "DERBY_black_2.jpg", "derby-Black-1.jpg", "derby black 10.JPG",
    }  # fmt: skip
    assert result.media["ambiguous"][0]["candidates"] == ["derby-black"]


def test_files_join_what_a_collection_has_or_take_its_place(
    catalogue: Catalogue, editor: Editor, shots: Path, tmp_path: Path
) -> None:
    attach(catalogue, editor, shots, "gallery", BY_COLOUR)
    later = tmp_path / "later"
    later.mkdir()
    (later / "derby_cognac_7.jpg").write_bytes(picture("blue"))

    added = attach(catalogue, editor, later, "gallery", BY_COLOUR, mode="add")
    assert (added.changed, names(catalogue, "derby-cognac", "gallery")) == (
        1, ["DerbyCognac_1.jpg", "derby_cognac_7.jpg"],
    )  # fmt: skip
    assert attach(catalogue, editor, later, "gallery", BY_COLOUR, mode="add").changed == 0

    attach(catalogue, editor, later, "gallery", BY_COLOUR)
    assert names(catalogue, "derby-cognac", "gallery") == ["derby_cognac_7.jpg"]


def test_only_chosen_rows_get_pictures(catalogue: Catalogue, editor: Editor, shots: Path) -> None:
    where = {"field": "identifier", "operator": "=", "value": "DRB-COG-41"}

    result = attach(catalogue, editor, shots, "gallery", BY_COLOUR, where=where)

    assert result.media is not None
    assert (result.selected, result.media["counts"]["matched"]) == (1, 1)


@pytest.mark.usefixtures("small_chunks")
def test_a_cancelled_attachment_goes_on_with_the_files_that_it_had_matched(
    catalogue: Catalogue, editor: Editor, shots: Path
) -> None:
    cancel = editor.during(lambda: catalogue.execute("UPDATE run SET cancel_requested = true"))
    files = gathered(catalogue, shots, "gallery").files
    do = {"type": "attach_media", "field": "gallery", "pattern": BY_COLOUR, "files": files}
    first = editor.bulk({}, do, progress=cancel)
    assert 0 < first.written < 3
    catalogue.execute("UPDATE product_model SET code = 'renamed' WHERE code = 'moc'")

    resumed = editor.resume(catalogue.query("SELECT max(id) FROM run WHERE kind = 'bulk'")[0][0])

    assert (resumed.selected, resumed.written) == (3, 3)
    assert names(catalogue, "renamed", "gallery") == ["moc_navy_1.jpg"]


def test_damaged_pictures_and_wrong_kinds_of_files_are_refused(
    catalogue: Catalogue, shots: Path
) -> None:
    (shots / "derby_black_3.jpg").write_bytes(b"no picture at all")
    storage = Storage.from_settings(catalogue.settings)
    renderer = Renderer()
    try:
        found = gather(shots, storage, catalogue.structure.attributes["image"], renderer=renderer)
    finally:
        renderer.close()

    assert {each["file"] for each in found.refused} == {"derby_black_3.jpg", "readme.txt"}
    assert all(each["reason"] for each in found.refused)
    assert len(found.files) == 6


@pytest.fixture
def pim(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Return what calls a command with --json, and gives its exit code and answer."""
    monkeypatch.setenv("PIM_HOME", str(catalogue.settings.home))
    monkeypatch.setenv("PIM_DATABASE_URL", str(catalogue.settings.database_url))

    def call(*arguments: str) -> tuple[int, Any]:
        result = CliRunner().invoke(commands(), [*arguments, "--json"])
        return result.exit_code, json.loads(result.stdout) if result.stdout else result.stderr

    return call


def test_a_zip_is_attached_by_a_command_and_who_has_nothing_is_listed(
    catalogue: Catalogue, pim: Call, shots: Path, tmp_path: Path
) -> None:
    archive = tmp_path / "shots.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for path in sorted(shots.rglob("*.[jJ][pP][gG]")):
            packed.write(path, path.name)
    code, lacking = pim("media", "missing", "--field", "gallery", "--where", json.dumps(SHOES))
    assert (code, lacking["count"]) == (0, 3)
    assert {"identifier": "derby-black", "level": "colourway", "products": 2} in lacking["missing"]

    code, answer = pim("media", "attach", str(archive), "--pattern", BY_COLOUR, "--field",
                       "gallery", "--label", "Shooting")  # fmt: skip

    assert (code, answer["written"]) == (1, 3)
    assert answer["media"]["unmatched"] == ["sandal_red_1.jpg"]
    assert answer["refused"] == []
    assert (
        pim("media", "missing", "--field", "gallery", "--where", json.dumps(SHOES))[1]["count"] == 0
    )
    assert len(names(catalogue, "derby-black", "gallery")) == 3


@pytest.mark.parametrize(
    "options",
    [
        ("--pattern", "{nothing}.jpg", "--field", "gallery"),
        ("--pattern", "{sku}.jpg", "--field", "brand"),
        ("--pattern", "{sku}.jpg", "--field", "none"),
    ],
)
def test_what_cannot_be_attached_is_refused(
    catalogue: Catalogue, pim: Call, shots: Path, options: tuple[str, ...]
) -> None:
    written = catalogue.written()

    assert pim("media", "attach", str(shots), *options)[0] == 2
    assert catalogue.written() == written
