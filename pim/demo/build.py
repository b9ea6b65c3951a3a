"""Build the demo catalogue: a folder of flat files with pictures that the ordinary import loads."""

from __future__ import annotations

import shutil
from pathlib import Path

from pim.demo import flaws, plan, sizes
from pim.demo.flat import Values, write_rows
from pim.demo.models import model_rows, simple_rows, variant_rows
from pim.demo.pictures.certificate import certificate
from pim.demo.pictures.studio import shoot
from pim.demo.source import DATA, LOCALES, table

STRUCTURE = DATA / "structure"
SIZE_RANGES = (("20", "36", False), ("35", "47", True))


def write(folder: Path, *, seed: int = 1, pictures: bool = True) -> None:
    """Write the whole catalogue into a folder: structure, models, products, files.

    The same seed gives the same bytes; another one gives other words, colours and prices under the
    same article numbers. Without `pictures` the cells name files that are not there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_structure(folder)
    styles, accessories = plan.styles(seed=seed), plan.accessories(seed=seed)
    models = list(model_rows(styles, accessories))
    products = [*simple_rows(accessories, styles), *variant_rows(styles)]
    flaws.apply(
        [row for row in models if "parent" not in row],
        [row for row in models if "parent" in row],
        products,
    )
    write_rows(folder / "product_models.csv", models, first=("code", "family_variant", "parent"))
    write_rows(folder / "products.csv", products, first=("sku", "family", "parent", "enabled"))
    if pictures:
        certificate(folder / "files" / "certificate.pdf")
        shoot(folder, [*styles, *accessories])


def write_structure(folder: Path) -> None:
    """Write the structure's flat files, colours and sizes added to the options."""
    for path in sorted(STRUCTURE.glob("*.csv")):
        shutil.copyfile(path, folder / path.name)
    plain = table("structure/attribute_options")
    options = [*plain, *_colour_options(), *_size_options()]
    write_rows(folder / "attribute_options.csv", options, first=list(plain[0]))


def _colour_options() -> list[Values]:
    return [
        {
            "attribute": "colour",
            "code": row["code"],
            "sort_order": str(number),
            **{f"label-{locale}": row[locale] for locale in LOCALES},
        }
        for number, row in enumerate(table("words/colours"), start=1)
    ]


def _size_options() -> list[Values]:
    every = {
        size for low, high, halves in SIZE_RANGES for size in sizes.steps(low, high, halves=halves)
    }
    return [
        {
            "attribute": "size_eu",
            "code": sizes.code(size),
            "sort_order": str(number),
            **{f"label-{locale}": sizes.text(size) for locale in LOCALES},
        }
        for number, size in enumerate(sorted(every), start=1)
    ]
