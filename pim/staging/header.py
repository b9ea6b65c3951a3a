"""Read a header in the flat format: which column is which field, cell or association."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pim.domain.structure import ALL, AssociationType, Attribute, Structure
from pim.domain.values import Cell
from pim.domain.violations import Violation
from pim.products.models import MODEL, PRODUCT
from pim.staging.round_trip.marks import VERSION

SYSTEM = {
    PRODUCT: ("family", "parent", "enabled", "categories", "groups"),
    MODEL: ("family_variant", "parent", "categories"),
}
KEYS = {PRODUCT: "identifier", MODEL: "code"}
ASSOCIATED = ("products", "product_models", "groups")

#: Columns that an export adds and an import has no use for.
INFORMATIVE = frozenset({"created", "updated", "level", "id", "uuid", "errors"})


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
    """What a file's columns mean for products or models; `ignored` are shown to people.

    `version` is the column that tells which version of an entity a row was exported from.
    """

    kind: int
    key: str | None
    system: Mapping[str, str] = field(default_factory=dict)
    values: tuple[ValueColumns, ...] = ()
    associations: tuple[AssociationColumns, ...] = ()
    ignored: tuple[Violation, ...] = ()
    version: str | None = None

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
    version = next((column for column in header if column.casefold() == VERSION), None)
    left = [c for c in header if c not in {key, version, *system.values()}]
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
            continue
        cell, suffix = place
        columns = values.setdefault(cell, {})
        if suffix in columns:
            ignored.append(_ignored(column, "{first} means the same.", first=columns[suffix]))
        else:
            columns[suffix] = column
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
        version=version,
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
    code, *parts = (part.strip() for part in column.split("-"))
    attribute = structure.attributes.get(code)
    if attribute is None:
        return _ignored(column, "There is no attribute {attribute}.", attribute=code)
    if attribute == structure.identifier:
        return _ignored(column, "The identifier has a column already.")
    address = _Address(column, attribute, structure)
    for part in parts:
        if (strange := address.take(part)) is not None:
            return strange
    return address.missing() or (address.cell, address.suffix)


@dataclass
class _Address:
    """Where a column's values live, read part by part: locale, channel, currency or unit."""

    column: str
    attribute: Attribute
    structure: Structure
    locale: str = ALL
    channel: str = ALL
    suffix: str = ""

    @property
    def cell(self) -> Cell:
        return Cell(self.attribute.code, self.channel, self.locale)

    def take(self, part: str) -> Violation | None:
        """Read a part; return why it means nothing here."""
        attribute, structure = self.attribute, self.structure
        if attribute.localizable and self.locale == ALL and _is_locale(part):
            known = {code.casefold(): code for code in structure.active_locales}
            if part.casefold() not in known:
                return _ignored(self.column, "No channel uses the locale {locale}.", locale=part)
            self.locale = known[part.casefold()]
        elif attribute.scopable and self.channel == ALL and part in structure.channels:
            self.channel = structure.channels[part].code
        elif not self.suffix and (suffix := _suffix(part, attribute, structure)):
            self.suffix = suffix
        else:
            reason = '"{part}" means nothing for {attribute}.'
            return _ignored(self.column, reason, part=part, attribute=attribute.code)
        return None

    def missing(self) -> Violation | None:
        """Return why the parts do not make an address."""
        attribute = self.attribute
        reasons = (
            (attribute.localizable and self.locale == ALL, "{attribute} varies by locale."),
            (attribute.scopable and self.channel == ALL, "{attribute} varies by channel."),
            (
                attribute.type == "pim_catalog_price_collection" and not self.suffix,
                "A price needs its currency.",
            ),
            (
                self.locale != ALL
                and self.locale not in self.structure.locales_of(attribute, self.channel),
                "{attribute} has no value in {locale} there.",
            ),
        )
        for applies, reason in reasons:
            if applies:
                return _ignored(self.column, reason, attribute=attribute.code, locale=self.locale)
        return None


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
