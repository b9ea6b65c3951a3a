"""Write a made-up catalogue: a folder of flat files that the ordinary import loads, and feeds."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from pim.generate import feeds, rows, structure
from pim.generate.files import write_media
from pim.generate.plan import Plan

NOTE: Final = """\
# A generated catalogue

{products} products, seed {seed}. Everything in this folder was made up by `pim generate`: names,
prices, EANs and pictures stand for nothing. Labels say so, and so does the attribute data_origin.

Import the folder (`pim import FOLDER`), then apply the feeds (`pim feed apply FILE`).
"""


def write(folder: Path, *, products: int, seed: int = 1, feed_count: int = 41) -> dict[str, int]:
    """Write all files and return how many rows each has; the same arguments give the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    plan = Plan(products, seed)
    (folder / "README.md").write_text(NOTE.format(products=products, seed=seed), "utf-8")
    counts = {}
    for name, lines in structure.files(plan).items():
        _write_rows(folder / f"{name}.csv", lines)
        counts[name] = len(lines)
    for name, frame in (
        ("product_models", rows.product_models(plan)),
        ("products", rows.products(plan)),
    ):
        frame.write_csv(folder / f"{name}.csv", separator=";")
        counts[name] = frame.height
    write_media(folder)
    return {**counts, "feeds": _write_feeds(folder / "feeds", feed_count)}


def _write_feeds(folder: Path, count: int) -> int:
    folder.mkdir(exist_ok=True)
    for document in feeds.documents(count):
        text = json.dumps(document, ensure_ascii=False, indent=1)
        (folder / f"{document['code']}.json").write_text(text + "\n", "utf-8")
    return count


def _write_rows(path: Path, lines: Sequence[dict[str, Any]]) -> None:
    """Write rows whose columns may differ, in the order of their first appearance."""
    header = dict.fromkeys(name for line in lines for name in line)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(header), restval="", delimiter=";", lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
