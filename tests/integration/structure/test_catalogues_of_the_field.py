"""Real catalogues in the field's flat format, where they are at hand."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from pim.structure.flat import ENTITIES, Row, apply_rows
from pim.structure.seeds import seed

pytestmark = pytest.mark.shared

CATALOGUES = {
    "catalog_modeling": {"attributes": 27, "families": 3, "family_variants": 8, "categories": 30},
    "icecat_demo_dev": {"attributes": 77, "families": 17, "family_variants": 9, "categories": 168},
    "footwear": {"attributes": 27, "families": 5, "attribute_options": 38},
    "apparel": {"attributes": 30, "families": 4, "attribute_options": 76},
    "catalogs_small_ce/fixtures": {"attributes": 102, "families": 50, "categories": 400},
}


def rows_of(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, delimiter=";", restval="")
        for number, cells in enumerate(reader, start=2):
            yield Row(number=number, cells=cells)


def import_all(empty, folder: Path) -> dict[str, Counter[str]]:
    counts = {}
    for entity in ENTITIES:
        path = folder / f"{entity.file_name}.csv"
        if path.exists() and entity.code not in ("products", "product_models"):
            outcomes = apply_rows(empty.work, entity.code, rows_of(path), change_set_id=None)
            counts[entity.code] = Counter(outcome.status for outcome in outcomes)
    return counts


@pytest.mark.parametrize("catalogue", CATALOGUES)
def test_a_catalogue_imports_whole_and_a_second_time_changes_nothing(empty, shared_data, catalogue):
    folder = shared_data / "akeneo" / catalogue
    seed(empty.work)

    first = import_all(empty, folder)
    second = import_all(empty, folder)

    assert not any(count["rejected"] for count in first.values())
    for entity, created in CATALOGUES[catalogue].items():
        assert first[entity] == {"created": created}
    assert all(set(count) <= {"unchanged"} for count in second.values())
