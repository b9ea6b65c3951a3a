"""Export an entity to a file, chosen by condition, attributes, scope and locales."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from pim.domain import conditions
from pim.domain.conditions import Condition
from pim.domain.structure import Structure
from pim.errors import NotFound, Refused
from pim.products.models import MODEL, PRODUCT
from pim.projection import Projection
from pim.staging.exports.products import Choice, ProductExport
from pim.staging.exports.shown import ShownExport, reading_for
from pim.staging.exports.writers import WRITERS, Layout, write_rows
from pim.staging.round_trip.marks import VERSION
from pim.structure.flat import ENTITIES, export_rows

KINDS = {"products": PRODUCT, "product_models": MODEL}
LEVELS = {PRODUCT: ("simple", "variant"), MODEL: ("model", "sub_model")}


@dataclass(frozen=True, kw_only=True)
class ExportOptions:
    """What to export; `file_format` is told by the file's suffix when None.

    With `effective` products are written as `scope` shows them with its running campaigns, with
    `as_of` as they are at a moment, past or to come. Inherited values are written out then: what
    a campaign lays over a product stands in no model.

    With `round_trip` each row carries the version that it shows: see `pim.staging.round_trip`.
    """

    file_format: str | None = None
    where: dict[str, Any] | None = None
    attributes: tuple[str, ...] = ()
    scope: str | None = None
    locales: tuple[str, ...] = ()
    round_trip: bool = False
    as_of: datetime | None = None
    effective: bool = False

    @property
    def shown(self) -> bool:
        """Tell whether what products show is exported, not what is stored for them."""
        return self.effective or self.as_of is not None


def export(
    session: Session,
    structure: Structure,
    projection: Projection,
    entity: str,
    path: Path,
    options: ExportOptions,
    *,
    now: Any,
) -> int:
    """Write an entity's rows to a file and return how many; raises Refused for unknown names."""
    file_format = options.file_format or path.suffix.lower().lstrip(".")
    if file_format not in WRITERS:
        raise Refused(f'"{file_format}" is no export format: choose {", ".join(sorted(WRITERS))}.')
    if entity not in {each.code for each in ENTITIES}:
        raise NotFound(f'There is no entity "{entity}": {", ".join(e.code for e in ENTITIES)}.')
    if entity not in KINDS:
        if options.round_trip:
            raise Refused("Only products and product models go on a round trip.")
        if options.shown:
            raise Refused("Only products and product models have values of another moment.")
        header, rows = export_rows(session, entity)
        return write_rows(path, file_format, header, rows)
    kind = KINDS[entity]
    if options.shown:
        choice = _choice(structure, options)
        with reading_for(session, projection, options, choice.scope, now) as reading:
            shown = ShownExport(session, reading, kind, choice, _asked(structure, options), now)
            return write_rows(path, file_format, shown.header, shown.rows())
    ids = _matching(projection, structure, kind, options, now)
    products = ProductExport(
        session,
        structure,
        kind,
        ids=ids,
        choice=_choice(structure, options),
        round_trip=options.round_trip,
    )
    layout = (
        Layout(kept=frozenset({VERSION}), numbers=products.numbers) if options.round_trip else None
    )
    return write_rows(path, file_format, products.header, products.rows(), layout=layout)


def _matching(
    projection: Projection, structure: Structure, kind: int, options: ExportOptions, now: Any
) -> list[int] | None:
    if not options.where:
        return None
    condition = conditions.parse(options.where, structure)
    with projection.read() as reading:
        return list(reading.matching(condition, levels=LEVELS[kind], now=now).to_list())


def _asked(structure: Structure, options: ExportOptions) -> Condition:
    return conditions.parse(options.where or {}, structure)


def _choice(structure: Structure, options: ExportOptions) -> Choice:
    """Return the choice in the stored spelling; raises Refused for what does not exist."""
    unknown = [a for a in options.attributes if a not in structure.attributes]
    if unknown:
        raise Refused(f"There is no attribute {', '.join(unknown)}.")
    if options.scope is not None and options.scope not in structure.channels:
        raise Refused(f'There is no channel "{options.scope}".')
    strange = [code for code in options.locales if code not in structure.locales]
    if strange:
        raise Refused(f"There is no locale {', '.join(strange)}.")
    return Choice(
        attributes=tuple(structure.attributes[a].code for a in options.attributes),
        scope=structure.channels[options.scope].code if options.scope else None,
        locales=tuple(structure.locales[code].code for code in options.locales),
    )
