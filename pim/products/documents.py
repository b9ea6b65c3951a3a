"""The document form of a product or model: what history's merge patches speak about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pim.domain.values import Cell
from pim.products.models import PRODUCT

_COMMON = (
    "'parent', e.parent_id, 'categories', pim_members(e.categories),"
    " 'associations', e.associations, 'values', e.values"
)


def document_sql(kind: int) -> str:
    """Return the SQL of an entity's document, over the table alias `e`."""
    if kind == PRODUCT:
        own = "'identifier', e.identifier, 'family', e.family_id, 'enabled', e.enabled,"
        return f"jsonb_build_object({own} 'groups', pim_members(e.groups), {_COMMON})"
    return f"jsonb_build_object('code', e.code, 'family_variant', e.family_variant_id, {_COMMON})"


def flatten(patch: Mapping[str, Any]) -> dict[str, Any]:
    """Return a patch as flat columns: values by the flat format's names, the rest by their key.

    Prices give a column per currency and metrics a column for amount and unit each; memberships
    give `categories.12` and so on.
    """
    flat: dict[str, Any] = {}
    for key, part in patch.items():
        if key == "values":
            flat.update(_flatten_values(part))
        elif isinstance(part, Mapping):
            flat.update({f"{key}.{name}": value for name, value in _leaves(part)})
        else:
            flat[key] = part
    return flat


def _flatten_values(values: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for attribute, channels in values.items():
        for channel, locales in channels.items():
            for locale, data in locales.items():
                column = Cell(attribute, channel, locale).column
                if isinstance(data, Mapping):
                    flat.update({_part(column, part): value for part, value in data.items()})
                else:
                    flat[column] = data
    return flat


def _part(column: str, part: str) -> str:
    return column if part == "amount" else f"{column}-{part}"


def _leaves(tree: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    leaves: list[tuple[str, Any]] = []
    for key, value in tree.items():
        if isinstance(value, Mapping):
            leaves.extend(_leaves(value, f"{prefix}{key}."))
        else:
            leaves.append((prefix + key, value))
    return leaves
