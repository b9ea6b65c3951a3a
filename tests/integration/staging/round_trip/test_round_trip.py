"""A sheet goes out, people edit it and the catalogue, and it comes back: cell by cell."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from pim.access.models import User
from pim.db.unit_of_work import unit_of_work
from pim.errors import Refused
from pim.staging import profiles
from pim.staging.imports import ImportOptions, ImportResult, ImportRun
from tests.factories.catalogue import Catalogue
from tests.integration.staging.round_trip.conftest import Desk, read

Other = Callable[..., ImportResult]


def clashes(result: ImportResult) -> dict[tuple[str, str], tuple[object, object, object]]:
    return {
        (c["identifier"], c["field"]): (c["base"], c["theirs"], c["ours"])
        for c in result.conflict_cells
    }


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "jsonl"])
@pytest.mark.parametrize("entity", ["products", "product_models"])
@pytest.mark.parametrize("blank", ["keep", "clear", "refuse"])
def test_a_sheet_that_nobody_touched_changes_nothing(
    catalogue: Catalogue, desk: Desk, entity: str, suffix: str, blank: str
) -> None:
    before = catalogue.state()

    result = desk.take(desk.export(entity, suffix), blank=blank)

    assert result.counts.rows == result.counts.unchanged > 0
    assert (result.violations, result.change_set) == ([], None)
    assert catalogue.state() == before


def test_only_cells_that_the_sheet_changed_are_written(
    catalogue: Catalogue, desk: Desk, other: Other
) -> None:
    sheet = desk.export()
    other("wax", name__en_GB="Beeswax", vegan="0", enabled="0", categories="men")
    desk.edit(sheet, {("wax", "price-EUR"): "12,50", ("laces", "name-en_GB"): "Bootlaces"})

    result = desk.take(sheet)

    assert (result.counts.updated, result.counts.unchanged) == (2, 4)
    assert (result.violations, result.conflict_cells, result.conflict_files) == ([], [], [])
    wax = catalogue.document("wax")
    assert catalogue.value("wax", "price") == {"EUR": "12.5"}
    assert catalogue.value("wax", "name", locale="en_GB") == "Beeswax"
    assert catalogue.value("wax", "vegan") is False
    assert (wax["enabled"], len(wax["categories"]), len(wax["groups"])) == (False, 1, 2)
    assert catalogue.value("laces", "name", locale="en_GB") == "Bootlaces"


def test_cells_that_both_changed_are_conflicts_with_three_values(
    catalogue: Catalogue, desk: Desk, other: Other
) -> None:
    sheet = desk.export()
    other("wax", name__en_GB="Beeswax", price__EUR="11", price__GBP="10", groups="sale")
    edits = {
        ("wax", "name-en_GB"): "Polish", ("wax", "price-EUR"): "12", ("wax", "groups"): "new",
        ("wax", "vegan"): "0",
    }  # fmt: skip

    result = desk.take(desk.edit(sheet, edits))

    assert clashes(result) == {
        ("wax", "name-en_GB"): ("Wax", "Beeswax", "Polish"),
        ("wax", "price-EUR"): ("9.95", "11", "12"),
        ("wax", "groups"): (["new", "sale"], ["sale"], ["new"]),
    }
    assert (result.counts.conflicts, result.counts.updated, result.counts.rejected) == (3, 1, 0)
    assert result.document()["conflicts"] == 3
    assert catalogue.value("wax", "price") == {"EUR": "11", "GBP": "10"}
    assert catalogue.value("wax", "vegan") is False
    assert catalogue.value("wax", "name", locale="en_GB") == "Beeswax"


def test_equal_changes_are_no_conflict(desk: Desk, other: Other) -> None:
    sheet = desk.export()
    other("wax", price__EUR="12.50", categories="men")
    edits = {("wax", "price-EUR"): "12.5", ("wax", "categories"): "men"}

    result = desk.take(desk.edit(sheet, edits))

    assert (result.counts.conflicts, result.counts.unchanged) == (0, 6)


def test_an_emptied_cell_does_what_the_profile_says(
    catalogue: Catalogue, desk: Desk, other: Other
) -> None:
    sheet = desk.export()
    other("laces", name__en_GB="Bootlaces")
    desk.edit(sheet, {("wax", "name-en_GB"): "", ("laces", "name-en_GB"): ""})

    refused = desk.take(sheet, blank="refuse")
    kept = desk.take(sheet)
    cleared = desk.take(sheet, blank="clear")

    assert [(v["code"], v["column"]) for v in refused.violations] == [
        ("cell_empty", "name-en_GB")
    ] * 2
    assert kept.counts.unchanged == 6
    assert (cleared.counts.updated, clashes(cleared)) == (
        1, {("laces", "name-en_GB"): ("Laces", "Bootlaces", None)}
    )  # fmt: skip
    assert catalogue.value("wax", "name", locale="en_GB") is None


def test_models_and_measurements_go_on_a_round_trip(
    catalogue: Catalogue, desk: Desk, other: Other
) -> None:
    models, products = desk.export("product_models"), desk.export("products")
    other("derby", "product_models", name__en_GB="Derby 2", materials="cork")
    other("DRB-COG-41", weight="900", weight__unit="GRAM")
    desk.edit(models, {("derby", "materials"): "rubber", ("derby", "brand"): "acme"})
    desk.edit(products, {("DRB-COG-41", "weight"): "1", ("DRB-COG-41", "weight-unit"): "KILOGRAM"})

    first, second = desk.take(models), desk.take(products)

    assert clashes(first) == {("derby", "materials"): (["leather", "rubber"], ["cork"], ["rubber"])}
    assert clashes(second) == {
        ("DRB-COG-41", "weight"): (
            {"amount": "812.5", "unit": "GRAM"},
            {"amount": "900", "unit": "GRAM"},
            {"amount": "1", "unit": "KILOGRAM"},
        )
    }
    assert catalogue.value("derby", "brand") == "acme"
    assert catalogue.value("derby", "name", locale="en_GB") == "Derby 2"


def test_links_are_merged_like_cells(catalogue: Catalogue, desk: Desk, other: Other) -> None:
    sheet = desk.export()
    other("wax", X_SELL__products="MOC-41", PAIR__products="DRB-BLK-41")
    other("wax", PACK__products="MOC-41,laces", PACK__products__quantity="2,5")
    kept = catalogue.document("wax")["associations"]
    edits = {
        ("wax", "X_SELL-products"): "DRB-BLK-41", ("wax", "PACK-products-quantity"): "3",
        ("wax", "X_SELL-product_models"): "moc", ("laces", "X_SELL-products"): "wax",
    }  # fmt: skip

    result = desk.take(desk.edit(sheet, edits))

    assert clashes(result) == {
        ("wax", "X_SELL-products"): (["DRB-BLK-41", "DRB-BLK-42"], ["MOC-41"], ["DRB-BLK-41"]),
        ("wax", "PACK-products"): ({"MOC-41": 2}, {"MOC-41": 2, "laces": 5}, {"MOC-41": 3}),
    }
    now = catalogue.document("wax")["associations"]
    assert now["X_SELL"]["products"] == kept["X_SELL"]["products"]
    assert now["PACK"] == kept["PACK"]
    assert now["PAIR"] == kept["PAIR"]
    assert now["X_SELL"]["product_models"] != kept["X_SELL"]["product_models"]
    assert (result.counts.updated, result.counts.unchanged) == (2, 4)


def test_family_and_parent_that_others_changed_stay(catalogue: Catalogue, desk: Desk) -> None:
    sheet = desk.export()
    ids = dict(catalogue.query("SELECT code, id FROM family"))
    moved = catalogue.query("SELECT id FROM product_model WHERE code = 'derby-cognac'")[0][0]
    for name, column, key, now in (
        ("wax", "family_id", "family", ids["shoes"]),
        ("DRB-BLK-42", "parent_id", "parent", moved),
    ):
        catalogue.execute(
            f"""
            WITH had AS (SELECT id, version, {column} AS old FROM product WHERE identifier = :name),
            written AS (UPDATE product p SET {column} = :now, version = p.version + 1
                FROM had WHERE p.id = had.id),
            opened AS (INSERT INTO change_set (kind) VALUES ('edit') RETURNING id)
            INSERT INTO history (entity_id, change_set_id, kind, action, before, after,
                from_version, to_version)
            SELECT had.id, opened.id, 0, 0, jsonb_build_object('{key}', had.old),
                jsonb_build_object('{key}', CAST(:now AS bigint)), version, version + 1
            FROM had, opened
            """,
            name=name,
            now=now,
        )
    desk.edit(sheet, {("wax", "name-en_GB"): "Beeswax", ("DRB-BLK-42", "stock"): "5"})

    result = desk.take(sheet)

    assert (result.counts.updated, result.violations) == (2, [])
    assert catalogue.document("wax")["family_id"] == ids["shoes"]
    assert catalogue.document("DRB-BLK-42")["parent_id"] == moved


def test_rows_whose_version_says_nothing_are_rejected_with_the_reason(
    catalogue: Catalogue, desk: Desk, other: Other
) -> None:
    sheet = desk.export()
    made = other("MOC-41", price__EUR="81")
    catalogue.execute("DELETE FROM history WHERE change_set_id = :c", c=made.change_set)
    catalogue.execute("DELETE FROM product WHERE identifier = 'laces'")
    marks = {row["sku"]: row["_version"] for row in read(sheet)}
    edits = {
        ("DRB-BLK-41", "_version"): "seven", ("DRB-BLK-42", "_version"): marks["DRB-COG-41"],
        ("wax", "_version"): marks["wax"].replace("v", "v9"),
        ("DRB-COG-41", "_version"): "", ("DRB-COG-41", "stock"): "4",
    }  # fmt: skip
    new = {"sku": "polish", "family": "care", "name-en_GB": "Polish"}

    result = desk.take(desk.edit(sheet, edits, add=(new,)))

    assert {(v["value"], v["code"]) for v in result.violations} == {
        ("seven", "version_unreadable"), ("DRB-BLK-42", "version_astray"),
        (marks["wax"].replace("v", "v9")[1:].split("-")[0], "version_unknown"),
        (marks["MOC-41"][1:].split("-")[0], "version_unknown"), ("laces", "deleted_meanwhile"),
    }  # fmt: skip
    counts = result.counts
    assert (counts.rows, counts.created, counts.updated, counts.rejected) == (7, 1, 1, 5)
    assert read(Path(result.error_files[0]))[0]["_version"] == "seven"


def test_history_that_leads_back_to_the_version_is_enough(
    catalogue: Catalogue, desk: Desk, other: Other
) -> None:
    other("wax", name__en_GB="Before")
    sheet = desk.export()
    for number in range(3):
        other("wax", name__en_GB=f"Name {number}", price__EUR=str(number + 1))
    other("wax", price__EUR="9.95")

    result = desk.take(desk.edit(sheet, {("wax", "name-en_GB"): "B", ("wax", "price-EUR"): "7"}))

    assert clashes(result) == {("wax", "name-en_GB"): ("Before", "Name 2", "B")}
    assert catalogue.value("wax", "price") == {"EUR": "7"}


def test_a_deletion_that_was_undone_does_not_break_the_round_trip(
    catalogue: Catalogue, desk: Desk, other: Other
) -> None:
    made = catalogue.rows("products", {"sku": "polish", "family": "care", "name-en_GB": "Polish"})
    sheet = desk.export()
    gone = catalogue.undo(made.change_set)
    catalogue.undo(gone.change_set)
    other("polish", price__EUR="3")

    result = desk.take(desk.edit(sheet, {("polish", "name-en_GB"): "Shine"}))

    assert (result.counts.updated, result.violations) == (1, [])
    assert catalogue.value("polish", "price") == {"EUR": "3"}


def test_conflicts_are_decided_in_their_file_and_imported_again(
    catalogue: Catalogue, desk: Desk, other: Other
) -> None:
    sheet = desk.export()
    other("wax", name__en_GB="Beeswax", price__EUR="11", groups="sale", vegan="0")
    other("laces", name__en_GB="Bootlaces", enabled="1")
    other("DRB-COG-41", weight="900", weight__unit="GRAM")
    other("wax", PACK__products="MOC-41", PACK__products__quantity="9")
    edits = {
        ("wax", "name-en_GB"): "Polish", ("wax", "price-EUR"): "12", ("wax", "groups"): "new",
        ("wax", "vegan"): "", ("laces", "name-en_GB"): "Strings",
        ("DRB-COG-41", "weight"): "1", ("DRB-COG-41", "weight-unit"): "KILOGRAM",
        ("wax", "PACK-products-quantity"): "3",
    }  # fmt: skip
    result = desk.take(desk.edit(sheet, edits), blank="clear")
    assert result.counts.conflicts == 7
    file = Path(result.conflict_files[0])
    assert file.name == "products.conflicts.csv"
    lines = read(file)
    assert lines[0] == {
        "sku": "DRB-COG-41", "_version": lines[0]["_version"], "_field": "weight",
        "_base": "812.5 GRAM", "_theirs": "900 GRAM", "_ours": "1 KILOGRAM", "_resolve": "",
    }  # fmt: skip
    text = file.read_text(encoding="utf-8").splitlines()
    chosen = [text[0]]
    for line in text[1:]:
        choice = {"Polish": "theirs", "Strings": "mine"}.get(line.split(";")[-2], "Ours")
        chosen.append(line + choice)
    file.write_text("\n".join([*chosen, ""]), encoding="utf-8")
    other("wax", vegan="1")

    resolved = desk.take(file)

    assert [v["code"] for v in resolved.violations] == ["resolve_unknown"]
    counts = resolved.counts
    assert (counts.rows, counts.updated, counts.unchanged, counts.rejected) == (7, 4, 2, 1)
    assert clashes(resolved) == {("wax", "vegan"): (False, True, None)}
    assert catalogue.value("wax", "name", locale="en_GB") == "Beeswax"
    assert catalogue.value("wax", "price") == {"EUR": "12"}
    assert catalogue.value("laces", "name", locale="en_GB") == "Bootlaces"
    assert catalogue.value("DRB-COG-41", "weight") == {"amount": "1", "unit": "KILOGRAM"}
    group = catalogue.query("SELECT id FROM product_group WHERE code = 'new'")[0][0]
    assert catalogue.document("wax")["groups"] == [group]
    assert list(catalogue.document("wax")["associations"]["PACK"]["products"].values()) == [3]
    assert read(Path(resolved.error_files[0]))[0]["_resolve"] == "mine"


def test_a_dry_run_predicts_conflicts_and_writes_nothing(
    catalogue: Catalogue, desk: Desk, other: Other, tmp_path: Path
) -> None:
    sheet = desk.export()
    other("wax", name__en_GB="Beeswax")
    desk.edit(sheet, {("wax", "name-en_GB"): "Polish", ("laces", "name-en_GB"): "L"})
    before = catalogue.written()

    dry = desk.take(sheet, dry_run=True, conflicts=tmp_path / "c.xlsx")
    asserted = catalogue.written()
    run = desk.take(sheet)

    assert (dry.counts, dry.conflict_cells) == (run.counts, run.conflict_cells)
    assert asserted == before
    assert dry.conflict_files == [str(tmp_path / "c.xlsx")]
    assert (tmp_path / "c.xlsx").exists()
    assert catalogue.count("import_conflict") == 1


def test_structure_does_not_go_on_a_round_trip(desk: Desk) -> None:
    with pytest.raises(Refused, match="round trip"):
        desk.export("families")


def test_the_version_is_hidden_and_locked_in_a_workbook(desk: Desk) -> None:
    sheet = openpyxl.load_workbook(desk.export("products", "xlsx")).active
    header = {cell.value: cell for cell in sheet[1]}
    mark = header["_version"]

    assert sheet.protection.sheet
    assert sheet.column_dimensions[mark.column_letter].hidden
    wax = {name: sheet.cell(6, cell.column) for name, cell in header.items()}
    assert [n for n, cell in wax.items() if cell.value and cell.protection.locked] == ["_version"]
    assert wax["ean"].number_format == "@"
    assert wax["price-EUR"].number_format == "General"


def test_media_that_others_replaced_stay(catalogue: Catalogue, desk: Desk) -> None:
    folder = catalogue.folder / "pictures"
    folder.mkdir(parents=True)
    for number, name in enumerate(("one.pdf", "two.pdf", "three.pdf")):
        (folder / name).write_bytes(b"%PDF-1.4 " + bytes([number]))

    def manual(model: str, name: str) -> None:
        (folder / "product_models.csv").write_text(f"code;manual\n{model};{name}\n", "utf-8")
        assert catalogue.take(folder / "product_models.csv").counts.updated == 1

    manual("derby", "one.pdf")
    manual("moc", "one.pdf")
    sheet = desk.export("product_models")
    manual("derby", "two.pdf")
    manual("moc", "two.pdf")
    kept, other = catalogue.value("derby", "manual"), catalogue.value("moc", "manual")
    (sheet.parent / "three.pdf").write_bytes((folder / "three.pdf").read_bytes())

    result = desk.take(desk.edit(sheet, {("moc", "manual"): "three.pdf"}))

    assert [(c["identifier"], c["theirs"]) for c in result.conflict_cells] == [("moc", other)]
    assert catalogue.value("derby", "manual") == kept
    assert result.counts.unchanged == 4


def test_a_profile_says_how_numbers_and_days_of_the_sheet_are_written(
    catalogue: Catalogue, desk: Desk, other: Other
) -> None:
    with unit_of_work(catalogue.engine) as work:
        profiles.save(
            work,
            {
                "code": "german",
                "entity": "products",
                "blank": "clear",
                "format": {"decimal": ",", "dates": "dd.MM.yyyy", "separator": ";"},
                "columns": {"Name": {"field": "name", "locale": "en_GB"}},
            },
        )
    catalogue.rows(
        "products",
        {"sku": "pump", "family": "shoes", "launch": "2026-03-01", "heel": "1234.5", "stock": "3"},
    )
    sheet = desk.export()
    other("pump", stock="4")
    sheet.write_text(sheet.read_text("utf-8").replace("name-en_GB", "Name"), "utf-8")
    edits = {
        ("pump", "launch"): "05.04.2026", ("pump", "price-EUR"): "1,5", ("pump", "stock"): "",
        ("wax", "price-EUR"): "12,75", ("laces", "Name"): "Strings",
    }  # fmt: skip

    result = desk.take(desk.edit(sheet, edits), profile="german")

    assert result.violations == []
    assert clashes(result) == {("pump", "stock"): ("3", "4", None)}
    assert catalogue.value("pump", "launch") == "2026-04-05"
    assert catalogue.value("pump", "heel") == "1234.5"
    assert catalogue.value("wax", "price") == {"EUR": "12.75"}
    assert catalogue.value("laces", "name", locale="en_GB") == "Strings"
    assert (result.counts.updated, result.counts.rejected) == (3, 0)


def test_a_person_may_go_on_editing_the_sheet_that_they_have_imported(
    catalogue: Catalogue, desk: Desk, other: Other
) -> None:
    with unit_of_work(catalogue.engine) as work:
        user = User(email="anna@example.com", password_hash="x", role="editor")
        work.session.add(user)
        work.session.flush()
        anna = user.id
    sheet = desk.export()

    def take(**cells: str) -> ImportResult:
        edits = {("wax", column.replace("__", "-")): text for column, text in cells.items()}
        desk.edit(sheet, edits)
        with unit_of_work(catalogue.engine, actor=anna) as work:
            return ImportRun.begin(work, catalogue.settings, [sheet], ImportOptions()).finish()

    first = take(price__EUR="11", name__en_GB="Beeswax", X_SELL__products="laces", groups="new")
    other("wax", name__en_GB="Polish", price__GBP="5")
    second = take(price__EUR="12", name__en_GB="Shine", X_SELL__products="MOC-41", groups="sale")
    third = take(price__GBP="6")

    assert (first.counts.conflicts, clashes(second)) == (
        0, {("wax", "name-en_GB"): ("Wax", "Polish", "Shine")}
    )  # fmt: skip
    assert set(clashes(third)) == {("wax", "name-en_GB"), ("wax", "price-GBP")}
    assert catalogue.value("wax", "price") == {"EUR": "12", "GBP": "5"}
    moc = catalogue.document("MOC-41")["id"]
    assert catalogue.document("wax")["associations"]["X_SELL"]["products"] == {str(moc): True}
    assert len(catalogue.document("wax")["groups"]) == 1
