"""Read a header in the flat format: which column is which field, cell or association."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pim.domain.structure import ALL, AssociationType, Attribute, Structure
from pim.domain.values import Cell
from pim.domain.violations import Violation
from pim.products.models import MODEL, PRODUCT

SYSTEM = {
    PRODUCT: ("family", "parent", "enabled", "categories", "groups", "uuid"),
    MODEL: ("family_variant", "parent", "categories"),
}
KEYS = {PRODUCT: "identifier", MODEL: "code"}
ASSOCIATED = ("products", "product_models", "groups")

#: Columns that an export adds and an import has no use for.
INFORMATIVE = frozenset({"created", "updated", "level", "id", "errors"})


@dataclass(frozen=True, kw_only=True)
class ValueColumns:
    """The columns of one value: by suffix ("" for the value, "unit", a currency)."""

    attribute: Attribute
    cell: Cell
    columns: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class AssociationColumns:
    """The column of one association type and kind of target, with its quantities if it has any."""

    type: AssociationType
    target: str
    column: str
    quantities: str | None = None


@dataclass(frozen=True, kw_only=True)
class HeaderPlan:
    """What a file's columns mean for products or models; `ignored` are shown to people."""

    kind: int
    key: str | None
    system: Mapping[str, str] = field(default_factory=dict)
    values: tuple[ValueColumns, ...] = ()
    associations: tuple[AssociationColumns, ...] = ()
    ignored: tuple[Violation, ...] = ()

    @property
    def attributes(self) -> list[str]:
        """Return the codes of the attributes that the file holds."""
        return sorted({v.cell.attribute for v in self.values})


def read_header(header: Sequence[str], kind: int, structure: Structure) -> HeaderPlan:
    """Return what each column means; columns that mean nothing are ignored with a reason."""
    key = _key_column(header, kind, structure)
    system = {
        name: column for column in header for name in SYSTEM[kind] if column.casefold() == name
    }
    left = [c for c in header if c != key and c not in system.values()]
    associations = _associations(left, structure)
    used = {a.column for a in associations} | {a.quantities for a in associations}
    values: dict[Cell, dict[str, str]] = {}
    ignored: list[Violation] = []
    for column in left:
        if column in used or column.casefold() in INFORMATIVE:
            continue
        place = _place(column, structure)
        if isinstance(place, Violation):
            ignored.append(place)
        else:
            cell, suffix = place
            values.setdefault(cell, {})[suffix] = column
    return HeaderPlan(
        kind=kind,
        key=key,
        system=system,
        values=tuple(
            ValueColumns(attribute=structure.attributes[c.attribute], cell=c, columns=columns)
            for c, columns in values.items()
        ),
        associations=associations,
        ignored=tuple(ignored),
    )


def _key_column(header: Sequence[str], kind: int, structure: Structure) -> str | None:
    names = {KEYS[kind]}
    if kind == PRODUCT and structure.identifier:
        names.add(structure.identifier.code.casefold())
    return next((column for column in header if column.casefold() in names), None)


def _associations(columns: Sequence[str], structure: Structure) -> tuple[AssociationColumns, ...]:
    found = []
    for column in columns:
        for type_ in structure.association_types:
            for target in ASSOCIATED:
                if column.casefold() == f"{type_.code}-{target}".casefold():
                    wanted = f"{column}-quantity".casefold()
                    quantities = next((c for c in columns if c.casefold() == wanted), None)
                    found.append(
                        AssociationColumns(
                            type=type_, target=target, column=column, quantities=quantities
                        )
                    )
    return tuple(found)


def _place(column: str, structure: Structure) -> tuple[Cell, str] | Violation:
    """Return the cell and suffix of a value column, or why it is ignored."""
    code, *parts = column.split("-")
    attribute = structure.attributes.get(code.strip())
    if attribute is None:
        return _ignored(column, "There is no attribute {attribute}.", attribute=code)
    if attribute == structure.identifier:
        return _ignored(column, "The identifier has a column already.")
    locale, channel, suffix = ALL, ALL, ""
    for part in parts:
        if attribute.localizable and locale == ALL and _is_locale(part):
            found = next(
                (c for c in structure.active_locales if c.casefold() == part.casefold()), None
            )
            if found is None:
                return _ignored(column, "No channel uses the locale {locale}.", locale=part)
            locale = found
        elif attribute.scopable and channel == ALL and part in structure.channels:
            channel = structure.channels[part].code
        elif not suffix and (known := _suffix(part, attribute, structure)):
            suffix = known
        else:
            return _ignored(
                column, '"{part}" means nothing for {attribute}.', part=part, attribute=code
            )
    if attribute.localizable and locale == ALL:
        return _ignored(column, "{attribute} varies by locale.", attribute=code)
    if attribute.scopable and channel == ALL:
        return _ignored(column, "{attribute} varies by channel.", attribute=code)
    if attribute.type == "pim_catalog_price_collection" and not suffix:
        return _ignored(column, "A price needs its currency.")
    if locale != ALL and locale not in structure.locales_of(attribute, channel):
        return _ignored(
            column, "{attribute} has no value in {locale} there.", attribute=code, locale=locale
        )
    return Cell(attribute.code, channel, locale), suffix


def _is_locale(part: str) -> bool:
    return bool(re.fullmatch(r"[A-Za-z]{2,3}(_[A-Za-z0-9]{2,8})+", part))


def _suffix(part: str, attribute: Attribute, structure: Structure) -> str:
    if attribute.type == "pim_catalog_metric" and part.casefold() == "unit":
        return "unit"
    if attribute.type == "pim_catalog_price_collection" and part in structure.currencies:
        return structure.currencies[part].code
    return ""


def _ignored(column: str, reason: str, **parameters: str) -> Violation:
    return Violation(
        code="column_ignored",
        path=column,
        message="Column {column} is ignored. " + reason,
        parameters={"column": column, **parameters},
        mend=(
            "Name it attribute, attribute-locale, attribute-channel or attribute-locale-channel "
            "(prices end in -CURRENCY), or leave it out with an import profile."
        ),
        severity="warning",
    )
