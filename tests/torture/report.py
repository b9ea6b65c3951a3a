"""The report of a torture: a row for every operation and kind of kills, written as they come."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import orjson

from tests.torture.operations import OPERATIONS
from tests.torture.torture import VICTIMS, Row

OUTPUT: Final = Path("bench/torture.json")


class Report:
    """A file of rows, which may be run one by one: each takes the place of the one before."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def keep(self, row: Row) -> None:
        """Write a row to the file, beside the others."""
        rows = {(known["operation"], known["victim"]): known for known in self._known()}
        rows[row.operation, row.victim] = row.document()
        names = [operation.name for operation in OPERATIONS]
        order = [(name, victim) for name in names for victim in VICTIMS]
        document = {"rows": [rows[key] for key in order if key in rows]}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n")

    def _known(self) -> list[dict[str, Any]]:
        if not self._path.exists():
            return []
        return list(orjson.loads(self._path.read_bytes())["rows"])
