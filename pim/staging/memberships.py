"""Cells that list codes: categories and groups."""

from __future__ import annotations

from collections.abc import Sequence

from pim.domain.structure import Category, Codes, Group
from pim.domain.violations import Violation
from pim.staging.findings import Findings

Listed = frozenset[int] | None


def read_codes(
    texts: Sequence[str | None],
    known: Codes[Category] | Codes[Group],
    findings: Findings,
    *,
    column: str,
    noun: str,
    clears: bool = False,
) -> list[Listed]:
    """Return the ids that each cell lists, None where it says nothing; reject unknown codes.

    With `clears` an empty cell lists nothing; one that is not there (null) never says anything.
    """
    read: dict[str | None, tuple[Listed, list[str]]] = {None: (None, [])}
    listed = []
    for position, text in enumerate(texts):
        if text not in read:
            read[text] = _read(text or "", known, clears=clears)
        ids, unknown = read[text]
        for code in unknown:
            findings.add(position, _unknown(column, code, noun))
        listed.append(ids)
    return listed


def _read(
    text: str, known: Codes[Category] | Codes[Group], *, clears: bool
) -> tuple[Listed, list[str]]:
    codes = [code.strip() for code in text.split(",") if code.strip()]
    if not codes:
        return frozenset() if clears else None, []
    found = [known.get(code) for code in codes]
    unknown = [code for code, thing in zip(codes, found, strict=True) if thing is None]
    return frozenset(thing.id for thing in found if thing is not None), unknown


def _unknown(column: str, code: str, noun: str) -> Violation:
    return Violation(
        code=f"{noun}_unknown",
        path=column,
        message='There is no {noun} "{code}".',
        parameters={"noun": noun, "code": code},
        value=code,
        mend="Correct the code (codes are separated by commas), or create it first.",
    )
