"""Files, folders and zips become a plan in dependency order."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from pim.errors import Refused
from pim.staging.archives import ArchiveLimits, unpack
from pim.staging.entities import ENTITIES, entity_named, entity_of_header, entity_of_name
from pim.staging.sources import plan


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder


def zipped(path: Path, files: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def test_a_folder_is_taken_in_dependency_order(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "shoes",
        {f"{name}.csv": "code\nx\n" for name in reversed(ENTITIES)},
    )

    found = plan([folder], workdir=tmp_path / "work")

    assert [source.entity for source in found] == list(ENTITIES)
    assert {source.media_root for source in found} == {folder}


def test_what_is_no_entity_is_left_aside_and_readable_files_are_named(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "shoes",
        {"products.csv": "sku\nx\n", "users.csv": "email\nx\n", "jobs.yml": "a", ".DS_Store": "b"},
    )
    (folder / "files").mkdir()

    found = plan([folder], workdir=tmp_path / "work")

    assert [source.name for source in found] == [f"{folder}/products.csv"]
    assert found.notes == (f"{folder}/users.csv holds nothing known and was ignored.",)


def test_an_empty_file_is_skipped_with_a_note(tmp_path: Path) -> None:
    folder = write(tmp_path / "shoes", {"products.csv": "", "families.csv": "code\nx\n"})

    found = plan([folder], workdir=tmp_path / "work")

    assert [source.entity for source in found] == ["families"]
    assert found.notes == (f"{folder}/products.csv is empty and was skipped.",)


@pytest.mark.parametrize(
    ("stem", "entity"),
    [
        ("products", "products"),
        ("Product", "products"),
        ("product-models", "product_models"),
        ("product_model", "product_models"),
        ("03_attribute_options", "attribute_options"),
        ("families_2026-05", "families"),
        ("family variants", "family_variants"),
        ("options", "attribute_options"),
        ("catalogue", None),
        ("2026", None),
    ],
)
def test_a_file_name_tells_what_it_holds(stem: str, entity: str | None) -> None:
    assert entity_of_name(stem) == entity


@pytest.mark.parametrize(
    ("header", "entity"),
    [
        ("attribute;code;label-en_US;sort_order", "attribute_options"),
        ("type;code;label-en_US;group;unique;localizable", "attributes"),
        ("code;label-en_US;attributes;attribute_as_label;requirements-web", "families"),
        ("code;family;variant-axes_1;variant-attributes_1", "family_variants"),
        ("code;family_variant;parent;categories;name", "product_models"),
        ("code;label-en_US;locales;currencies;tree", "channels"),
        ("code;activated", "currencies"),
        ("code;is_two_way;label-en_US", "association_types"),
        ("code;type;label-en_US", "groups"),
        ("code;label-en_US;parent", "categories"),
        ("code;sort_order;attributes;label-en_US", "attribute_groups"),
        ("SKU;name;price-EUR", "products"),
        ("ean;family;categories", "products"),
        ("Артикул;Цена", None),
    ],
)
def test_a_header_tells_what_a_file_holds(header: str, entity: str | None) -> None:
    assert entity_of_header(header.split(";")) == entity


def test_entities_are_asked_for_in_singular_or_plural() -> None:
    assert {entity_named(word) for word in ("category", "Categories")} == {"categories"}


def test_what_nothing_tells_is_refused_with_what_can_be_said(tmp_path: Path) -> None:
    folder = write(tmp_path, {"catalogue.csv": "Артикул;Цена\n1;2\n"})

    with pytest.raises(Refused) as refusal:
        plan([folder / "catalogue.csv"], workdir=tmp_path / "work")

    assert all(name in str(refusal.value) for name in ("catalogue.csv", "--entity", *ENTITIES))


def test_an_asked_entity_wins_over_name_and_header(tmp_path: Path) -> None:
    folder = write(tmp_path, {"products.csv": "code;parent\n1;2\n"})

    found = plan([folder / "products.csv"], entity="category", workdir=tmp_path / "work")

    assert [source.entity for source in found] == ["categories"]
    with pytest.raises(Refused, match='no entity "shoes"'):
        plan([folder], entity="shoes", workdir=tmp_path / "work")


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"gone\.csv: there is no such file"):
        plan([tmp_path / "gone.csv"], workdir=tmp_path / "work")


def test_a_zip_with_one_folder_keeps_its_media_beside_it(tmp_path: Path) -> None:
    path = zipped(
        tmp_path / "delivery.zip",
        {
            "spring/products.csv": b"sku\nx\n",
            "spring/files/derby.jpg": b"picture",
            "__MACOSX/spring/._products.csv": b"noise",
        },
    )

    [source] = plan([path], workdir=tmp_path / "work")

    assert source.name == f"{path}/spring/products.csv"
    assert source.media_root is not None
    assert (source.media_root / "files/derby.jpg").read_bytes() == b"picture"


def test_unpacking_again_replaces_what_an_interrupted_run_left(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"products.csv": b"sku\nx\n"})
    plan([path], workdir=tmp_path / "work")

    [source] = plan([path], workdir=tmp_path / "work")

    assert source.path.read_bytes() == b"sku\nx\n"


@pytest.mark.parametrize(
    "name", ["../evil.csv", "a/../../evil.csv", "/etc/evil.csv", "C:/evil.csv", "..\\evil.csv"]
)
def test_paths_that_lead_outside_are_refused_and_nothing_is_written(
    tmp_path: Path, name: str
) -> None:
    path = zipped(tmp_path / "a.zip", {"products.csv": b"sku\n", name: b"x"})

    with pytest.raises(Refused, match="leads outside"):
        unpack(path, tmp_path / "work")

    assert {each.name for each in tmp_path.rglob("*")} == {"a.zip"}


def test_links_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    link = zipfile.ZipInfo("files")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(link, "/etc")

    with pytest.raises(Refused, match='"files" is a link'):
        unpack(path, tmp_path / "work")


def test_names_that_differ_by_case_only_are_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"a.jpg": b"1", "A.jpg": b"2"})

    with pytest.raises(Refused, match="occurs twice"):
        unpack(path, tmp_path / "work")


def test_a_name_that_is_file_and_folder_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"a": b"1", "a/b": b"2"})

    with pytest.raises(Refused, match="both a file and a folder"):
        unpack(path, tmp_path / "work")


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (ArchiveLimits(entries=2), "3 files, more than 2"),
        (ArchiveLimits(unpacked_bytes=1000), "more than 1,000"),
        (ArchiveLimits(ratio=100), "zip bomb"),
    ],
)
def test_a_zip_beyond_its_limits_is_refused(
    tmp_path: Path, limits: ArchiveLimits, words: str
) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("a", "b", "c"):
            archive.writestr(name, b"\0" * 30_000_000)

    with pytest.raises(Refused, match=words):
        unpack(path, tmp_path / "work", limits=limits)


def test_names_in_utf8_without_the_flag_are_read(tmp_path: Path) -> None:
    marked = zipped(tmp_path / "a.zip", {"ботинок.jpg": b"x"}).read_bytes()
    path = tmp_path / "b.zip"
    path.write_bytes(
        marked.replace(b"PK\x03\x04\x14\x00\x00\x08", b"PK\x03\x04\x14\x00\x00\x00").replace(
            b"PK\x01\x02\x14\x03\x14\x00\x00\x08", b"PK\x01\x02\x14\x03\x14\x00\x00\x00"
        )
    )

    unpack(path, tmp_path / "work")

    assert [each.name for each in (tmp_path / "work").iterdir()] == ["ботинок.jpg"]


def test_what_is_no_zip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(b"not a zip")

    with pytest.raises(Refused, match="no zip"):
        unpack(path, tmp_path / "work")


def test_a_zip_that_kills_its_reader_is_refused_like_any_other(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {f"{n:06}.jpg": b"x" for n in range(30_000)})

    with pytest.raises(Refused, match=r"a\.zip: .* memory"):
        unpack(path, tmp_path / "work", limits=ArchiveLimits(memory=24 * 1024**2))


def test_a_damaged_zip_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"products.csv": b"sku\n" * 1000})
    content = bytearray(path.read_bytes())
    content[60] ^= 0xFF
    path.write_bytes(bytes(content))

    with pytest.raises(Refused, match="damaged"):
        unpack(path, tmp_path / "work")
