"""Exports of what products show: with campaigns, at a moment to come, and as they were."""

from __future__ import annotations

import csv
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pim.db.unit_of_work import unit_of_work, utc_now
from pim.editing.campaigns.service import apply_campaigns
from pim.errors import Refused
from pim.projection import Projection
from pim.staging.exports import ExportOptions, export
from pim.structure.queries import current
from tests.factories.catalogue import Catalogue, write_csv


@pytest.fixture
def projection(catalogue: Catalogue) -> Any:
    made = Projection(catalogue.settings.projection, catalogue.engine)
    yield made
    made.close()


def exported(
    catalogue: Catalogue, projection: Projection, entity: str = "products", **options: Any
) -> dict[str, dict[str, str]]:
    """Export an entity and return its rows by name."""
    path = catalogue.folder / f"{entity}-shown.csv"
    with unit_of_work(catalogue.engine) as work:
        structure, chosen = current(work.session), ExportOptions(**options)
        export(work.session, structure, projection, entity, path, chosen, now=work.clock())
    return read(path)


def read(path: Path) -> dict[str, dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    return {row.get("sku") or row["code"]: row for row in rows}


def save(catalogue: Catalogue, projection: Projection, begin: datetime) -> None:
    document = {
        "code": "sale", "time_zone": "UTC", "channels": ["web"],
        "starts_at": f"{begin:%Y-%m-%dT%H:%M}",
        "ends_at": f"{begin + timedelta(days=2):%Y-%m-%dT%H:%M}",
        "where": {"field": "parent", "operator": "=", "value": "derby-black"},
        "do": [{"type": "calculate", "field": "price", "percent": -10}],
    }  # fmt: skip
    with unit_of_work(catalogue.engine) as work:
        apply_campaigns(work, projection, [document], current(work.session))


def test_an_export_shows_a_channels_campaigns_now_and_later(
    catalogue: Catalogue, projection: Projection
) -> None:
    now = utc_now()
    save(catalogue, projection, now + timedelta(days=5))

    today = exported(catalogue, projection, scope="web", effective=True)
    then = exported(catalogue, projection, scope="web", as_of=now + timedelta(days=6))
    elsewhere = exported(catalogue, projection, scope="retail", as_of=now + timedelta(days=6))

    assert today["DRB-BLK-41"]["price-EUR"] == "100"
    assert then["DRB-BLK-41"]["price-EUR"] == "90"
    assert then["DRB-BLK-41"]["price-GBP"] == "81.45"
    assert elsewhere["DRB-BLK-41"]["price-EUR"] == "100"
    row = then["DRB-BLK-41"]
    assert (row["parent"], row["family"], row["materials"]) == (
        "derby-black", "shoes", "leather,rubber",
    )  # fmt: skip
    assert (row["name-en_GB"], row["launch"], row["vegan"]) == ("Derby", "2026-03-01", "0")


def test_an_export_shows_products_and_models_as_they_were(
    catalogue: Catalogue, projection: Projection, tmp_path: Path
) -> None:
    then = utc_now()
    time.sleep(0.01)
    row = {"code": "derby-black", "price-EUR": "77"}
    catalogue.take(write_csv(tmp_path / "product_models.csv", [row]))

    assert exported(catalogue, projection, as_of=then)["DRB-BLK-41"]["price-EUR"] == "100"
    models = exported(catalogue, projection, "product_models", as_of=then)
    assert models["derby-black"]["price-EUR"] == "100"
    now = exported(catalogue, projection, as_of=utc_now())
    assert now["DRB-BLK-41"]["price-EUR"] == "77"


def test_campaigns_are_refused_without_a_channel(
    catalogue: Catalogue, projection: Projection
) -> None:
    with pytest.raises(Refused, match="--scope"):
        exported(catalogue, projection, effective=True)
