"""The folders that the demo writes."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from PIL import Image

from pim.demo.build import write
from pim.demo.faulty import write_faulty
from pim.demo.kids_line import write_kids_line
from pim.demo.pictures.certificate import certificate


@pytest.fixture(scope="session")
def folders(tmp_path_factory) -> dict[str, Path]:
    made = tmp_path_factory.mktemp("demo")
    write(made / "catalogue", pictures=False)
    hang_small_pictures(made / "catalogue")
    write_kids_line(made / "kids")
    write_faulty(made / "faulty")
    return {path.name: path for path in made.iterdir()}


def hang_small_pictures(folder: Path) -> None:
    """Put a picture of one pixel wherever a cell names one: to draw them all takes seconds."""
    for name in ("product_models", "products"):
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter=";"):
                cells = [row["picture"], row["additional_pictures"]]
                for path in filter(None, ",".join(cells).split(",")):
                    (folder / path).parent.mkdir(parents=True, exist_ok=True)
                    Image.new("RGB", (1, 1)).save(folder / path)
    certificate(folder / "files" / "certificate.pdf")
