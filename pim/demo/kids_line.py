"""A product line that the catalogue does not know yet, as files: family, attributes, products."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

from pim.demo import plan
from pim.demo.flat import Values, write_rows
from pim.demo.models import model_rows, variant_rows
from pim.demo.pictures.certificate import certificate
from pim.demo.pictures.studio import shoot
from pim.demo.source import DATA

LINE = DATA / "kids_line"
FIRST_STYLE = 190001
STAGES = ("crawling", "standing", "first_steps", "walking")


def write_kids_line(folder: Path, *, seed: int = 1) -> None:
    """Write the line "first steps" into a folder that imports after the demo catalogue.

    It brings a family with a family variant, four attributes with options, a category and four
    styles in their colours and sizes; feeds that ask for children's categories take it in.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(LINE.glob("*.csv")):
        shutil.copyfile(path, folder / path.name)
    styles = plan.styles(seed=seed, kinds="kids_line/kinds", first=FIRST_STYLE)
    models = [_with_stage(row) for row in model_rows(styles)]
    products = [_with_length(row) for row in variant_rows(styles)]
    write_rows(folder / "product_models.csv", models, first=("code", "family_variant", "parent"))
    write_rows(folder / "products.csv", products, first=("sku", "family", "parent", "enabled"))
    certificate(folder / "files" / "certificate.pdf")
    shoot(folder, styles)


def _with_stage(row: Values) -> Values:
    """Add what only this line has to a style; colourways stay as they are."""
    if "parent" in row:
        return row
    return {
        **row,
        "walking_stage": STAGES[int(row["code"]) % len(STAGES)],
        "closure": "elastic,strap",
        "machine_washable": "1" if "wash_30" in row["care"].split(",") else "0",
    }


def _with_length(row: Values) -> Values:
    """Add the length inside the shoe: the foot's and twelve millimetres to grow into."""
    length = Decimal(row["size_jp_cm"]) * 10 + 12
    return {**row, "inner_length": f"{length.normalize():f}", "inner_length-unit": "MILLIMETER"}
