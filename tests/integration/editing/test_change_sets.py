"""Planned change sets: preview equals run, unticking, what moves on meanwhile, kills, approval."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

import polars as pl
import pytest

from pim.db.run_locks import is_carried_out
from pim.db.runs import find_run
from pim.db.unit_of_work import unit_of_work
from pim.editing.change_sets import drafts, service, showing
from pim.editing.change_sets.cells import files
from pim.editing.change_sets.pages import Filter
from pim.editing.interruptions import settle
from pim.errors import Refused
from pim.products.reverting.kept import kept_cells
from pim.structure.queries import current
from tests.factories.catalogue import Catalogue
from tests.factories.planner import Planner

CHEAPER = {"type": "calculate", "field": "price", "percent": -20}
STOCK = {"type": "set", "field": "stock", "value": 77}
NAMES = {"type": "append", "field": "name", "locale": ["en_GB", "de_DE"], "text": " NEW"}
SHOES = {"field": "family", "operator": "=", "value": "shoes"}


@pytest.fixture
def planner(catalogue: Catalogue) -> Any:
    made = Planner(catalogue)
    yield made
    made.close()


def outcomes(planner: Planner, number: int) -> dict[str, int]:
    counts = planner.counts(number)
    return {name: counts[name] for name in ("changed", "unchanged", "invalid")}


@pytest.mark.parametrize(
    "do",
    [
        [CHEAPER],
        [STOCK, CHEAPER, {"type": "disable"}],
        [{"type": "set", "field": "brand", "value": "acme"}, {"type": "clear", "field": "vegan"}],
        [CHEAPER, {"type": "calculate", "field": "price", "add": 1}],
        [{"type": "categorize", "add": ["outlet"]}, {"type": "categorize", "remove": ["outlet"]}],
    ],
)
def test_a_preview_shows_what_the_run_does_and_writes_nothing(
    catalogue: Catalogue, planner: Planner, do: list[dict[str, Any]]
) -> None:
    number = planner.draft(do)
    state, history = catalogue.state(), catalogue.count("history")

    previewed = planner.preview(number)

    assert (catalogue.state(), catalogue.count("history")) == (state, history)
    assert planner.state(number) == "previewed"
    done = planner.run(number)
    assert planner.state(number) == "done"
    assert done["differs"] == 0
    names = ("selected", "reached", "written", "changed", "unchanged", "invalid")
    assert {n: done[n] for n in names} == {n: previewed[n] for n in names}
    assert outcomes(planner, number) == {n: done[n] for n in ("changed", "unchanged", "invalid")}


def test_a_preview_shows_each_cell_with_its_data_before_and_after(planner: Planner) -> None:
    number = planner.draft(
        [CHEAPER], where={"field": "identifier", "operator": "=", "value": "wax"}
    )
    planner.preview(number)

    (cell,) = planner.page(number)["cells"]

    assert cell["identifier"] == "wax"
    assert (cell["attribute"], cell["field"], cell["level"]) == ("price", "price", "simple")
    assert cell["outcome"] == "changed"
    assert cell["ticked"] is True
    assert cell["before"].keys() == cell["after"].keys()


def test_unticked_rows_and_cells_are_not_written(catalogue: Catalogue, planner: Planner) -> None:
    number = planner.draft([NAMES], where=SHOES)
    planner.preview(number)
    planner.choose(number, Filter(identifiers=["moc"]), ticked=False)
    planner.choose(number, Filter(identifiers=["derby"], fields=["name-de_DE"]), ticked=False)

    counts = planner.counts(number)
    done = planner.run(number)

    assert done["changed"] == counts["changed"] == 1
    assert done["differs"] == 0
    assert catalogue.value("derby", "name", "<all>", "en_GB") == "Derby NEW"
    assert catalogue.value("derby", "name", "<all>", "de_DE") == "Derbyschuh"
    assert catalogue.value("moc", "name", "<all>", "en_GB") == "Mocassin"


def test_what_was_unticked_can_be_ticked_again(planner: Planner) -> None:
    number = planner.draft([NAMES], where=SHOES)
    planner.preview(number)
    before = planner.counts(number)
    planner.choose(number, Filter(identifiers=["derby"]), ticked=False)
    assert planner.counts(number)["unticked"] == 2

    planner.choose(number, Filter(identifiers=["DERBY"]), ticked=True)

    assert planner.counts(number) == before


def test_unticking_what_is_not_in_the_preview_is_refused(planner: Planner) -> None:
    number = planner.draft([NAMES], where=SHOES)
    planner.preview(number)

    with pytest.raises(Refused, match="Nothing in the preview is called that"):
        planner.choose(number, Filter(identifiers=["nobody"]), ticked=False)


@pytest.mark.parametrize("strict", [False, True])
def test_an_edit_between_preview_and_run_is_told_and_refused_if_strict(
    catalogue: Catalogue, planner: Planner, strict: bool
) -> None:
    number = planner.draft([STOCK], strict=strict)
    planner.preview(number)
    catalogue.rows("products", {"sku": "wax", "stock": "5"})

    done = planner.run(number)

    assert done["differs"] == 1
    assert done["left_out"] == (1 if strict else 0)
    assert catalogue.value("wax", "stock") == ("5" if strict else "77")
    assert catalogue.value("DRB-BLK-41", "stock") == "77"


def test_a_product_that_left_the_selection_meanwhile_is_told(
    catalogue: Catalogue, planner: Planner
) -> None:
    number = planner.draft([STOCK], where={"field": "enabled", "operator": "=", "value": True})
    cells = planner.preview(number)["changed"]
    catalogue.execute("UPDATE product SET enabled = false WHERE identifier = 'wax'")

    done = planner.run(number)

    assert (done["differs"], done["left_out"], done["changed"]) == (1, 1, cells - 1)


def test_undo_and_undo_of_the_undo_follow_the_state(catalogue: Catalogue, planner: Planner) -> None:
    before = catalogue.state()
    number = planner.draft([STOCK, CHEAPER])
    planner.preview(number)
    planner.run(number)
    after = catalogue.state()

    undone = catalogue.undo(number)
    assert (catalogue.state(), planner.state(number)) == (before, "undone")
    assert planner.show(number)["undone_by"][0]["change_set"] == undone.change_set
    catalogue.undo(undone.change_set)

    assert (catalogue.state(), planner.state(number)) == (after, "done")


def test_a_draft_that_was_never_run_is_cancelled_and_not_undone(
    catalogue: Catalogue, planner: Planner
) -> None:
    number = planner.draft([STOCK])
    planner.act(service.cancel, number)

    assert planner.state(number) == "cancelled"
    with pytest.raises(Refused, match="never run"):
        catalogue.undo(number)
    with pytest.raises(Refused, match="cannot be run"):
        planner.run(number)


def test_an_edit_asks_for_a_new_preview_and_ticks_everything(planner: Planner) -> None:
    number = planner.draft([STOCK])
    planner.preview(number)
    planner.choose(number, Filter(identifiers=["wax"]), ticked=False)

    with unit_of_work(planner.catalogue.engine) as work:
        drafts.edit(work, current(work.session), number, do=[CHEAPER], label="Sale")

    assert planner.state(number) == "draft"
    with pytest.raises(Refused, match="Preview it first"):
        planner.run(number)
    planner.preview(number)
    assert planner.counts(number)["unticked"] == 0
    assert planner.show(number)["label"] == "Sale"


def test_a_preview_of_a_draft_that_is_edited_meanwhile_does_not_count(planner: Planner) -> None:
    number = planner.draft([STOCK])

    def edit(*_: object) -> None:
        with unit_of_work(planner.catalogue.engine) as work:
            drafts.edit(work, current(work.session), number, label="Another")

    with pytest.raises(Refused, match="edited or previewed anew"):
        planner.preview(number, progress=edit)
    assert planner.state(number) == "draft"


def test_a_mistake_in_a_document_is_refused_when_the_draft_is_made(planner: Planner) -> None:
    with pytest.raises(Refused, match="operations"):
        planner.draft([{"type": "set", "field": "stock", "value": "many"}])
    assert planner.catalogue.count("change_set_event") == 0


def test_a_change_set_that_ran_at_once_has_no_draft(catalogue: Catalogue, planner: Planner) -> None:
    catalogue.rows("products", {"sku": "wax", "stock": "5"})
    number = int(catalogue.query("SELECT max(id) FROM change_set")[0][0])

    with pytest.raises(Refused, match="carried out at once"):
        planner.act(service.submit, number)


def test_a_run_that_is_cancelled_in_the_queue_cancels_its_change_set(planner: Planner) -> None:
    number = planner.draft([STOCK])
    planner.preview(number)
    with unit_of_work(planner.catalogue.engine) as work:
        service.start(work, number, planner.catalogue.settings.runs)

    planner.act(service.cancel, number)

    assert planner.state(number) == "cancelled"


KILLED = """
import os, sys
from pathlib import Path
from pim.editing import selection
from pim.editing.change_sets import preview
from pim.jobs.context import JobContext
from pim.jobs.tasks import go_on
from pim.jobs.watch import Watch
from pim.settings import Settings
from pim.db.engine import create_engine

selection.CHUNK = preview.FIRST = 1
settings = Settings(home=Path(sys.argv[1]), database_url=sys.argv[2], secret_key="only-for-tests")
engine = create_engine(sys.argv[2])
go_on(
    JobContext(settings, sys.argv[2]), int(sys.argv[3]),
    Watch(engine, int(sys.argv[3]), show=lambda done, total, stage: os._exit(9)),
)
"""


def kill(planner: Planner, run: int) -> None:
    """Carry a run out in a process that dies after its first chunk."""
    settings = planner.catalogue.settings
    arguments = [sys.executable, "-c", KILLED, str(settings.home), str(settings.database_url)]
    assert subprocess.run([*arguments, str(run)], check=False).returncode == 9
    with unit_of_work(planner.catalogue.engine) as work:
        for _ in range(200):  # its session of the database ends a moment later
            if not is_carried_out(work.session, run):
                break
            time.sleep(0.05)
        settle(work)
        assert find_run(work.session, run).state == "interrupted"


def test_a_killed_preview_goes_on_behind_its_last_piece(planner: Planner) -> None:
    number = planner.draft([STOCK])
    run = planner.act(service.ask_for_preview, number, queue=False).id
    kill(planner, run)
    assert planner.state(number) == "draft"
    assert not planner.page(number)["complete"]
    folder = planner.catalogue.settings.runs / str(run)
    (first,) = files(folder)
    stamp = first.stat().st_mtime_ns

    planner.go_on(run)

    assert planner.state(number) == "previewed"
    assert first.stat().st_mtime_ns == stamp
    assert planner.run(number)["differs"] == 0


def test_a_killed_run_goes_on_and_comes_to_the_same(planner: Planner) -> None:
    number = planner.draft([STOCK])
    planner.preview(number)
    run = planner.start(number)
    kill(planner, run)
    assert planner.state(number) == "failed"

    result = planner.go_on(run)

    assert planner.state(number) == "done"
    counts = planner.counts(number)
    assert (result["changed"], result["differs"]) == (counts["changed"], 0)


def test_the_first_page_is_there_before_the_rest(
    planner: Planner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pim.editing.change_sets.preview.FIRST", 1)
    number = planner.draft([STOCK])
    seen: list[tuple[bool, int]] = []

    def look(*_: object) -> None:
        page = planner.page(number)
        seen.append((page["complete"], page["total"]))

    planner.preview(number, progress=look)

    assert len(seen) == 2
    (first, some), (_, every) = seen
    assert not first
    assert 0 < some < every == planner.page(number)["total"]


def test_pages_and_filters_show_the_same_cells_as_the_files(planner: Planner) -> None:
    number = planner.draft([NAMES, STOCK, {"type": "set", "field": "brand", "value": "acme"}])
    planner.preview(number)
    every = planner.page(number, size=1000)["cells"]

    pages = [planner.page(number, page=n, size=3) for n in range(1, 20)]
    paged = [cell for page in pages for cell in page["cells"]]

    assert paged == every
    for which, test in (
        (Filter(attribute="NAME"), lambda c: c["attribute"] == "name"),
        (Filter(outcome="invalid"), lambda c: c["outcome"] == "invalid"),
        (Filter(identifier="drb-"), lambda c: c["identifier"].startswith("DRB-")),
    ):
        found = planner.page(number, which, size=1000)
        assert found["cells"] == [cell for cell in every if test(cell)]
        assert found["total"] == len(found["cells"]) > 0


def test_a_preview_of_20000_cells_is_paged_and_filtered(planner: Planner) -> None:
    planner.stock_up(5_000)
    number = planner.draft(
        [{"type": "set", "field": "description", "scope": "*", "locale": "*", "value": "Neu"}],
        where={"field": "identifier", "operator": "STARTS WITH", "value": "BULK-"},
    )
    result = planner.preview(number)

    last = planner.page(number, page=400)
    beyond = planner.page(number, page=401)

    assert result["changed"] == 20_000
    assert (last["pages"], len(last["cells"]), beyond["cells"]) == (400, 50, [])
    one = planner.page(number, Filter(identifier="bulk-00042"))
    assert {cell["identifier"] for cell in one["cells"]} == {"BULK-00042"}
    assert planner.counts(number)["attributes"] == {"description": {"changed": 20_000}}
    frame = pl.read_parquet(files(planner.folder(number)))
    assert frame.select("entity", "field").is_unique().all()


def test_showing_tells_progress_and_documents(planner: Planner) -> None:
    number = planner.draft([STOCK], where=SHOES, label="Autumn")
    planner.preview(number)

    shown = planner.show(number)

    assert (shown["label"], shown["where"], shown["do"]) == ("Autumn", SHOES, [STOCK])
    assert shown["preview"]["state"] == "done"
    assert [event["action"] for event in shown["events"]] == ["create", "preview"]
    with unit_of_work(planner.catalogue.engine) as work:
        listed = showing.recent(work.session, state="previewed")
    assert [each["change_set"] for each in listed] == [number]


def test_undo_keeps_what_was_edited_since_and_lists_all_of_it_by_pages(
    catalogue: Catalogue, planner: Planner
) -> None:
    number = planner.draft([STOCK])
    planner.preview(number)
    planner.run(number)
    edited = ("DRB-BLK-41", "MOC-41", "wax")
    catalogue.rows("products", *({"sku": name, "stock": "5"} for name in edited))

    foretold = catalogue.undo(number, dry_run=True)
    before = all_kept(catalogue, number, size=2)
    undone = catalogue.undo(number)

    assert (foretold.restored, foretold.kept) == (undone.restored, undone.kept) == (3, 3)
    assert [cell["identifier"] for cell in before] == list(edited)
    assert before == undone.kept_cells == all_kept(catalogue, number, size=50)
    assert planner.state(number) == "undone"
    assert catalogue.value("wax", "stock") == "5"


def all_kept(catalogue: Catalogue, number: int, size: int) -> list[dict[str, Any]]:
    """Return the kept cells of every page."""
    cells: list[dict[str, Any]] = []
    after: int | None = 0
    while after is not None:
        with unit_of_work(catalogue.engine) as work:
            page = kept_cells(work.session, number, after=after, limit=size)
        cells += page.cells
        after = page.next
    return cells
