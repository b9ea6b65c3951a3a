"""Put what was measured in bench/ into README and the docs: `python -m tests.bench.table`.

What stands between `<!-- bench: NAME -->` and `<!-- bench: end -->` is written here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from tests.bench.foresight import foreseen, stored

ROOT: Final = Path(__file__).parents[2]
LATEST: Final = ROOT / "bench" / "latest.json"
TORTURE: Final = ROOT / "bench" / "torture.json"
#: Each page with the document that its tables are written from.
PAGES: Final = {
    ROOT / "README.md": LATEST,
    ROOT / "docs" / "scaling.md": LATEST,
    ROOT / "docs" / "guides" / "survival.md": TORTURE,
}

Document = Mapping[str, Any]

#: A load above which figures say little: somebody else was at work.
QUIET: Final = 0.7

_BLOCK: Final = re.compile(r"(<!-- bench: (\w+) -->\n).*?(<!-- bench: end -->)", re.DOTALL)
_VERDICTS: Final = {True: "met", False: "**missed**", None: ""}


def main() -> None:
    """Write the tables anew."""
    for page, measured in PAGES.items():
        document = json.loads(measured.read_text("utf-8"))
        page.write_text(filled(page.read_text("utf-8"), document), "utf-8")


def filled(page: str, document: Document) -> str:
    """Return a page with all its blocks written from the document."""

    def block(found: re.Match[str]) -> str:
        return f"{found[1]}{TABLES[found[2]](document)}{found[3]}"

    return _BLOCK.sub(block, page)


def table(header: Sequence[str], rows: Iterator[Sequence[str]]) -> str:
    """Return a table as Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def conditions(document: Document) -> str:
    """Return on what was measured, as a sentence."""
    machine = document["machine"]
    load = machine["load_at_start"]
    busy = f" **Other work ran beside it** (load {load} at the start)." if load > QUIET else ""
    return (
        f"{document['size']:,} products, {document['feeds']} feeds; {machine['cores']} cores"
        f" ({machine['cpu']}), {machine['memory_gb']:.0f} GB of memory, a disk that takes"
        f" {machine['disk_write_mb_per_second']:,} MB/s; {document['at'][:10]}.{busy}\n\n"
    )


def _budgets(document: Document) -> str:
    """Return the rows that have a budget, briefly."""
    rows = (row for row in document["rows"] if row["budget"])
    header = ("What", "Time", "Per second", "Peak memory", "Budget", "")
    return conditions(document) + table(
        header,
        (
            (row["name"], _time(row), _rate(row), _memory(row), row["budget"], _verdict(row))
            for row in rows
        ),
    )


def _everything(document: Document) -> str:
    """Return all rows with both ends of what is possible."""
    header = (
        "Step", "Count", "Time", "Per second", "Peak", "Of limit", "Times by row", "Budget", "",
    )  # fmt: skip
    return conditions(document) + table(
        header,
        (
            (
                row["name"], f"{row['count']:,}", _time(row), _rate(row), _memory(row),
                "" if row["ratio"] is None else f"{row['ratio']:.0%}",
                "" if row["times"] is None else f"{row['times']:,.0f}",
                row["budget"], _verdict(row),
            )
            for row in document["rows"]
        ),
    )  # fmt: skip


def _notes(document: Document) -> str:
    """Return what was noted beside the rows."""
    return "".join(f"- {row['name']}: {row['note']}\n" for row in document["rows"] if row["note"])


def _answers(document: Document) -> str:
    """Return every kind of question with its percentiles."""
    rows = (
        (row["name"].removesuffix(", p95"), kind, f"{at['p50_ms']:.1f}", f"{at['p95_ms']:.1f}")
        for row in document["rows"]
        for kind, at in row["details"].items()
        if isinstance(at, dict) and "p95_ms" in at
    )
    return table(("List", "Question", "p50, ms", "p95, ms"), rows)


def _processes(document: Document) -> str:
    """Return the peak memory of each process."""
    rows = (
        (
            row["name"], f"{row['peak_mb']:,}", f"{row['anonymous_mb']:,}",
            _several(row["processes_mb"]), f"{row['postgres_mb']:,}",
        )
        for row in document["rows"]
        if not row["error"]
    )  # fmt: skip
    header = ("Step", "Together, MB", "of no file", "Each process", "PostgreSQL")
    return table(header, rows)


def _several(peaks: Sequence[int]) -> str:
    shown = ", ".join(f"{peak:,}" for peak in peaks[:4])
    return f"{shown}, {len(peaks) - 4} more" if len(peaks) > 4 else shown


def _growth(document: Document) -> str:
    return table(*foreseen(document))


def _storage(document: Document) -> str:
    return table(*stored(document))


def _torture(document: Document) -> str:
    """Return what became of every operation under each kind of kills."""
    header = (
        "Operation", "Killed", "Products", "Moments", "Processes of pages killed",
        "In `running` with nobody at it, at most", "Files read meanwhile", "End equal",
    )  # fmt: skip
    return table(
        header,
        (
            (
                row["operation"], row["victim"], f"{row['size']:,}", str(row["moments"]),
                str(row["web_kills"]), f"{row['running_without_process']:.1f} s",
                f"{row['reads']:,}" if row["reads"] else "", "yes" if row["equal"] else "**no**",
            )
            for row in document["rows"]
        ),
    )  # fmt: skip


def _time(row: Document) -> str:
    if row["error"]:
        return "failed"
    seconds = row["seconds"]
    return f"{seconds * 1000:,.0f} ms" if seconds < 1 else f"{seconds:,.1f} s"


def _rate(row: Document) -> str:
    rate = row["rate"]
    if row["count"] <= 1 or not rate:
        return ""
    return f"{rate:,.0f}" if rate >= 10 else f"{rate:.1f}"


def _memory(row: Document) -> str:
    return f"{row['peak_mb']:,} MB"


def _verdict(row: Document) -> str:
    return _VERDICTS[row["met"]]


TABLES: Final[dict[str, Callable[[Document], str]]] = {
    "budgets": _budgets,
    "everything": _everything,
    "notes": _notes,
    "answers": _answers,
    "processes": _processes,
    "growth": _growth,
    "storage": _storage,
    "torture": _torture,
}

if __name__ == "__main__":
    main()
