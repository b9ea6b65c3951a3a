"""Whether a cell may be saved there at all, and what the data is in canonical form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pim.domain.attribute_types import check, relocate
from pim.domain.structure import Attribute, Structure
from pim.domain.values import Cell
from pim.domain.violations import Violation
from pim.products.models import MODEL
from pim.products.saving.edits import OWN_FIELDS
from pim.products.saving.stored import Stored

PRICE: Final = "pim_catalog_price_collection"


def place_fault(cell: Cell, stored: Stored, structure: Structure) -> Violation | None:
    """Return why an entity may not hold a value there, and who may."""
    attribute = structure.attributes.get(cell.attribute)
    if attribute is None:
        return _fault("attribute_unknown", cell.column, "There is no attribute {attribute}.", cell)
    if attribute == structure.identifier:
        return _identity(cell, "It tells which product this is, and is not changed here.")
    if cell.channel not in structure.scopes(attribute) or (
        cell.locale not in structure.locales_of(attribute, cell.channel)
    ):
        message = "{attribute} has no value in channel {channel} and locale {locale}."
        return _fault(
            "address_unknown", cell.column, message, cell, channel=cell.channel, locale=cell.locale
        )
    return _level_fault(cell, stored)


def _level_fault(cell: Cell, stored: Stored) -> Violation | None:
    family, variant = stored.family, stored.variant
    if family is not None and cell.attribute not in family.attributes:
        message = "{attribute} is no attribute of the family {family}."
        mend = "Add the attribute to the family first."
        return _fault("not_in_family", cell.column, message, cell, mend, family=family.code)
    if variant is None:
        return None
    if stored.level and cell.attribute in variant.levels[stored.level - 1].axes:
        return _identity(cell, "It tells the variant from its siblings, and is not changed here.")
    if variant.holds(cell.attribute, stored.level):
        return None
    owner = variant.owner(cell.attribute)
    if owner > stored.level:
        message = "{attribute} belongs to the variants below {name}, not to the model itself."
        mend = "Change it at the variants."
        return _fault("owned_below", cell.column, message, cell, mend, name=stored.name or "")
    above = stored.above[stored.level - 1 - owner]
    message = "{attribute} belongs to the model {owner}, and is inherited here."
    mend = "Change it at {owner}."
    return _fault("wrong_level", cell.column, message, cell, mend, owner=above)


def canonical(
    cell: Cell, data: Any, attribute: Attribute, structure: Structure
) -> tuple[Any, tuple[Violation, ...]]:
    """Return data as it is stored, by the attribute's type; of prices the cleared ones too."""
    found, violations = check(data, attribute, structure)
    if violations:
        return None, tuple(relocate(violations, cell.attribute, cell.column))
    if attribute.type == PRICE and isinstance(data, Mapping):
        return _with_cleared(found or {}, data, structure), ()
    return found, ()


def _with_cleared(
    prices: Mapping[str, str], given: Mapping[str, Any], structure: Structure
) -> dict[str, Any]:
    known = (structure.currencies.get(code) for code in given)
    cleared = {currency.code: None for currency in known if currency}
    return {**cleared, **prices}


def own_field(
    field: str, data: Any, stored: Stored, structure: Structure
) -> tuple[Any, tuple[Violation, ...]]:
    """Return `enabled` as it is, memberships as sorted ids, or why they are refused."""
    if field not in OWN_FIELDS or (stored.kind == MODEL and field != "categories"):
        return None, (_alone("field_unknown", field, "{field} is not saved here.", field=field),)
    if field == "enabled":
        if isinstance(data, bool):
            return data, ()
        return None, (_alone("boolean_unknown", field, "It is neither true nor false."),)
    known = structure.categories if field == "categories" else structure.groups
    codes = [str(code) for code in (data or ())]
    noun = {"categories": "category", "groups": "group"}[field]
    strange = [code for code in codes if code not in known]
    if strange:
        faults = (
            _alone(f"{noun}_unknown", field, 'There is no {noun} "{name}".', noun=noun, name=name)
            for name in strange
        )
        return None, tuple(faults)
    return sorted({known[code].id for code in codes}), ()


def _alone(code: str, path: str, message: str, **parameters: Any) -> Violation:
    return Violation(
        code=code, path=path, message=message, parameters=parameters, mend="Correct it."
    )


def _identity(cell: Cell, reason: str) -> Violation:
    mend = "Change it by an import, or make a new product."
    return _fault("not_in_save", cell.column, "{attribute}: " + reason, cell, mend)


def _fault(
    code: str, path: str, message: str, cell: Cell, mend: str = "Correct it.", **parameters: Any
) -> Violation:
    return Violation(
        code=code,
        path=path,
        message=message,
        parameters={"attribute": cell.attribute, **parameters},
        mend=mend,
    )
