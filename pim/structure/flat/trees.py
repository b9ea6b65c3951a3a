"""Order rows of categories: a parent may stand below its children in the file."""

from __future__ import annotations

from collections.abc import Sequence

from pim.structure.flat.reading import Parsed


def parents_first(rows: Sequence[Parsed]) -> list[Parsed]:
    """Return the rows so that no row stands before the one of its parent; no cycles among them."""
    by_code = {_code(row): row for row in rows}
    placed: dict[str, Parsed] = {}
    for row in rows:
        waiting: list[Parsed] = []
        step: Parsed | None = row
        while step is not None and _code(step) not in placed:
            waiting.append(step)
            step = by_code.get(_parent(step))
        for ancestor in reversed(waiting):
            placed[_code(ancestor)] = ancestor
    return list(placed.values())


def note_cycles(rows: Sequence[Parsed]) -> None:
    """Note every row whose chain of parents within the file leads back to itself."""
    good = [row for row in rows if not row.findings.errors]
    by_code = {_code(row): row for row in good}
    safe: set[str] = set()
    for row in good:
        chain: dict[str, Parsed] = {}
        step: Parsed | None = row
        while step is not None and _code(step) not in safe and _code(step) not in chain:
            chain[_code(step)] = step
            step = by_code.get(_parent(step))
        if step is not None and _code(step) in chain:
            codes = list(chain)
            _note([chain[code] for code in codes[codes.index(_code(step)) :]])
        safe.update(chain)


def _note(cycle: Sequence[Parsed]) -> None:
    names = " > ".join(str(row.document["code"]) for row in (*cycle, cycle[0]))
    for row in cycle:
        row.findings.add(
            "cycle",
            "parent",
            "The parents of these rows lead in a circle: {names}.",
            value=row.document["parent"],
            mend="Give one of them another parent, or none.",
            names=names,
        )


def _code(row: Parsed) -> str:
    return str(row.document.get("code", "")).casefold()


def _parent(row: Parsed) -> str:
    return str(row.document.get("parent") or "").casefold()
