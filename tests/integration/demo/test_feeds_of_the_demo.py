"""The demo's structure is accepted whole, and its feeds fit it."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from channels.feeds.definition import parse_feed
from pim.db.unit_of_work import Work
from pim.demo.feeds import feed_documents
from pim.errors import Refused
from pim.structure import queries
from pim.structure.flat import ENTITIES, Row, apply_rows
from pim.structure.seeds import seed

PRODUCTS = ("products", "product_models")


@pytest.fixture
def work(session) -> Work:
    made = Work(session=session)
    seed(made)
    return made


def load_structure(work: Work, folder: Path) -> dict[str, Counter[str]]:
    """Apply the structure's files; return what became of their rows, rejections by text."""
    counts = {}
    for entity in ENTITIES:
        path = folder / f"{entity.file_name}.csv"
        if not path.exists() or entity.code in PRODUCTS:
            continue
        with path.open(encoding="utf-8", newline="") as file:
            rows = [
                Row(number=number, cells=cells)
                for number, cells in enumerate(csv.DictReader(file, delimiter=";"), start=2)
            ]
        outcomes = list(apply_rows(work, entity.code, rows, change_set_id=None))
        assert not [v.text for o in outcomes for v in o.violations], path.name
        counts[entity.code] = Counter(outcome.status for outcome in outcomes)
    return counts


def test_the_structure_of_the_demo_is_accepted_and_changes_nothing_a_second_time(work, folders):
    first = load_structure(work, folders["catalogue"])
    again = load_structure(work, folders["catalogue"])

    assert first["attributes"]["created"] >= 45
    assert first["family_variants"] == {"created": 4}
    assert all(set(count) == {"unchanged"} for count in again.values())


def test_a_new_line_adds_to_the_structure_without_touching_what_is_there(work, folders):
    load_structure(work, folders["catalogue"])

    added = load_structure(work, folders["kids"])

    assert all(set(count) == {"created"} for count in added.values())


def test_every_feed_of_the_demo_fits_the_structure(work, folders):
    load_structure(work, folders["catalogue"])
    structure = queries.current(work.session)
    faults = []

    for document in feed_documents():
        try:
            parse_feed(document, structure)
        except Refused as refusal:
            faults += [f"{document['code']}: {v.path}: {v.text}" for v in refusal.violations]

    assert faults == []
