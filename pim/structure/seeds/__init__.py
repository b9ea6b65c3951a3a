"""Seed what every catalogue starts with: locales, currencies, measurement families and units."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import Any

from sqlalchemy import Engine

from pim.db.migrate import ensure_upgraded
from pim.db.unit_of_work import Work, unit_of_work
from pim.structure import queries
from pim.structure.service import NOUNS, Document, save

LABEL_LOCALE = "en_US"


def seed(work: Work, *, change_set_id: int | None = None) -> int:
    """Add the standard locales, currencies and measurement families; return how many were added.

    What is there already stays as people left it; what they removed comes back.
    """
    added = 0
    for noun_code, documents in (
        ("locale", locales()),
        ("currency", currencies()),
        ("measurement_family", measurement_families()),
    ):
        known = NOUNS[noun_code].stored(queries.current(work.session))
        missing = [document for document in documents if document["code"] not in known]
        if missing:
            outcomes = save(work, NOUNS[noun_code], missing, change_set_id=change_set_id)
            added += sum(outcome.status == "created" for outcome in outcomes)
    return added


def prepare(engine: Engine, *, older: bool = False) -> None:
    """Set a database up and seed it; with `older` also upgrade one of an older version.

    Raises PimError when the database is of another version.
    A first start that was killed between the two is made good by the next.
    """
    upgraded = ensure_upgraded(engine, older=older)
    with unit_of_work(engine) as work:
        if upgraded or not queries.current(work.session).locales:
            seed(work)


def locales() -> Iterator[Document]:
    """Yield the documents of the standard locales."""
    yield from ({"code": code} for code in _data("locales.toml")["locales"])


def currencies() -> Iterator[Document]:
    """Yield the documents of the currencies of ISO 4217; a channel makes its own active."""
    for kind in _data("currencies.toml")["currencies"]:
        yield from ({"code": code, "decimals": kind["decimals"]} for code in kind["codes"])


def measurement_families() -> Iterator[Document]:
    """Yield the documents of the standard measurement families with their units."""
    for code, family in _data("measurements.toml").items():
        yield {
            "code": code,
            "labels": {LABEL_LOCALE: _spelled(code)},
            "standard_unit": family.pop("standard"),
            "units": [_unit(name, given) for name, given in family.items()],
        }


def _data(name: str) -> dict[str, Any]:
    return tomllib.loads((files(__package__) / name).read_text(encoding="utf-8"))


def _unit(code: str, given: Sequence[str]) -> Document:
    symbol, *steps = given
    return {
        "code": code,
        "symbol": symbol,
        "labels": {LABEL_LOCALE: code.replace("_", " ").capitalize()},
        "convert": [dict(zip(("operator", "value"), step.split(), strict=True)) for step in steps],
    }


def _spelled(code: str) -> str:
    """Return "VolumeFlow" as "Volume flow"."""
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in code)
    return words.strip().capitalize()
