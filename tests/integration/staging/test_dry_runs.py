"""A dry run does what the run does, to the count, and leaves nothing behind."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from pim.db.unit_of_work import unit_of_work
from pim.staging.imports import ImportOptions, ImportRun
from tests.factories.catalogue import MODELS, PRODUCTS, Catalogue, Row


def delivery(catalogue: Catalogue) -> Path:
    """Return a zip of structure, models, products and media, with something of every outcome."""
    folder = catalogue.folder / "delivery"
    folder.mkdir(parents=True)
    (folder / "files").mkdir()
    (folder / "files" / "red.jpg").write_bytes(b"\xff\xd8 red")
    sheets: dict[str, list[Row]] = {
        "attribute_options": [
            {"attribute": "color", "code": "red"},
            {"attribute": "nothing", "code": "x"},
        ],
        "product_models": [
            *MODELS,
            {"code": "derby-red", "parent": "derby", "color": "red", "image": "files/red.jpg"},
            {"code": "lost", "parent": "nobody", "color": "red"},
        ],
        "products": [
            *PRODUCTS[:3],
            {"sku": "DRB-RED-41", "parent": "derby-red", "size": "41", "PAIR-products": "last"},
            {"sku": "wax", "ean": "4006381333931"},
            {"sku": "laces", "stock": "4", "image": "nowhere.jpg"},
            {"sku": "last", "family": "care", "X_SELL-products": "DRB-RED-41,ghost"},
        ],
    }  # fmt: skip
    for name, rows in sheets.items():
        catalogue.sheet(*rows, name=f"{name}.csv").rename(folder / f"{name}.csv")
    packed = catalogue.folder / "delivery.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(folder.rglob("*.*")):
            archive.write(path, path.relative_to(folder))
    return packed


def tree(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_a_dry_run_predicts_the_run_exactly_and_writes_nothing(catalogue: Catalogue) -> None:
    packed = delivery(catalogue)
    state, written, home = catalogue.state(), catalogue.written(), tree(catalogue.settings.home)

    predicted = catalogue.take(packed, dry_run=True)

    assert (catalogue.state(), catalogue.written()) == (state, written)
    assert tree(catalogue.settings.home) == home
    assert "red" not in catalogue.structure.attributes["color"].options
    assert (predicted.run, predicted.change_set, predicted.error_files) == (None, None, [])
    done = catalogue.take(packed)
    assert predicted.counts == done.counts
    assert predicted.files == done.files
    assert predicted.violations == done.violations
    assert (done.counts.created, done.counts.rejected) == (4, 3)
    assert done.counts.updated == 1
    assert catalogue.value("derby-red", "image").endswith("_red.jpg")


def test_a_dry_run_that_fails_leaves_nothing_either(catalogue: Catalogue) -> None:
    written, home = catalogue.written(), tree(catalogue.settings.home)
    path = catalogue.sheet({"a": "b"}, name="mystery.csv")

    with pytest.raises(Exception, match="mystery"):
        catalogue.take(path, dry_run=True)

    assert (catalogue.written(), tree(catalogue.settings.home)) == (written, home)


def test_a_dry_run_writes_the_error_file_that_was_asked_for(catalogue: Catalogue) -> None:
    target = catalogue.folder / "mend.csv"

    result = catalogue.rows(
        "products", {"sku": "x", "family": "boats"}, dry_run=True, errors=target
    )

    assert result.error_files == [str(target)]
    assert target.read_text(encoding="utf-8").startswith("sku;family;errors\nx;boats;")


def test_a_dry_run_needs_a_unit_of_work_that_never_commits(catalogue: Catalogue) -> None:
    with pytest.raises(ValueError, match="never commits"), unit_of_work(catalogue.engine) as work:
        ImportRun.begin(work, catalogue.settings, [], ImportOptions(dry_run=True))
