"""The demo catalogue meets the real structure, import and feeds."""

from __future__ import annotations

from pathlib import Path

import pytest

from channels.feeds.service import apply_feed
from pim.db.unit_of_work import Work
from pim.demo.feeds import feed_documents
from pim.staging.imports import ImportOptions, ImportResult, ImportRun
from pim.structure import queries
from pim.structure.seeds import seed


def load(work: Work, settings, folder: Path) -> ImportResult:
    return ImportRun.begin(work, settings, [folder], ImportOptions()).finish()


def faults(result: ImportResult) -> list[str]:
    return [
        f"{v['file']} {v['row']} {v['column']}: {v['message']}"
        for v in result.violations
        if v["code"] != "file_missing"
    ]


@pytest.mark.slow
def test_the_whole_demo_imports_and_every_feed_of_it_is_valid(work, settings, folders):
    seed(work)

    result = load(work, settings, folders["catalogue"])

    assert not faults(result)
    assert result.counts.rejected == 0
    assert result.files["products.csv"].created > 2000
    structure = queries.current(work.session)
    for document in feed_documents():
        apply_feed(work, document, structure)

    line = load(work, settings, folders["kids"])

    assert not faults(line)
    assert line.counts.rejected == 0
    assert line.files["products.csv"].created > 20

    faulty = load(work, settings, folders["faulty"] / "supplier_update.csv")

    assert faulty.counts.created == 1
    assert faulty.counts.rejected > 10
