"""Completeness of a product as SQL, by the rule of `pim.domain.completeness`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import orjson

from pim.db.conditions.context import Compiler
from pim.domain.completeness import required_cells
from pim.domain.conditions import Leaf
from pim.domain.structure import Attribute, Channel, Family

#: Every required cell is a row that travels as data: the statement's length does not grow with
#: families and locales. `own`, `root` and `sub` are variants whose levels must not hold the cell.
_RATIOS: Final = """
    (SELECT bool_or(ratio {sign} {value}) FROM (
        SELECT CASE WHEN count(r.path) = 0 THEN 100
            ELSE 100 * count(*) FILTER (WHERE
                r.identifier AND coalesce(e.identifier, '') <> ''
                OR NOT r.identifier AND {filled}
            ) / count(r.path) END AS ratio
        FROM jsonb_to_recordset({required}) AS r(
            family bigint, locale text, identifier boolean, path text[], currencies text[],
            own bigint[], root bigint[], sub bigint[]
        ) WHERE r.family = e.family_id GROUP BY r.locale
    ) AS ratios)
"""
_CELL: Final = """coalesce(
    CASE WHEN NOT coalesce({variant} = ANY(r.own), false) THEN e.values #> r.path END,
    CASE WHEN NOT {variant} = ANY(
        CASE WHEN p1.parent_id IS NULL THEN r.root ELSE r.sub END) THEN p1.values #> r.path END,
    CASE WHEN NOT {variant} = ANY(r.root) THEN p2.values #> r.path END)"""
_FILLED: Final = """
    coalesce({cell} NOT IN ('null', '""', '[]', '{{}}') AND {cell} ?& r.currencies, false)
"""


def completeness_sql(leaf: Leaf, compiler: Compiler) -> str:
    """Compare the ratio in one locale of the channel, or in any of them if none is named.

    False for models and for products without family.
    """
    if compiler.of_models:
        return "false"
    channel = compiler.structure.channels[str(leaf.scope)]
    locales = (leaf.locale,) if leaf.locale else channel.locales
    rows = [
        row
        for family in compiler.structure.families
        for locale in locales
        for row in _rows(family, channel, locale, compiler)
    ]
    cell = _CELL.format(variant=compiler.variant)
    return _RATIOS.format(
        sign={"!=": "<>"}.get(leaf.operator, leaf.operator),
        value=compiler.bind(leaf.value, "bigint"),
        filled=_FILLED.format(cell=cell),
        required=compiler.bind(orjson.dumps(rows).decode(), "jsonb"),
    )


def _rows(
    family: Family, channel: Channel, locale: str, compiler: Compiler
) -> Iterator[dict[str, Any]]:
    """Yield what a family requires, or one row without path if it requires nothing."""
    group = {"family": family.id, "locale": locale}
    required = required_cells(family, channel.code, locale, compiler.structure)
    if not required:
        yield group
    for cell in required:
        attribute = compiler.structure.attributes[cell.attribute]
        yield {
            **group,
            "identifier": attribute is compiler.structure.identifier,
            "path": list(cell),
            "currencies": _currencies(attribute, channel),
            "own": compiler.barred(cell.attribute, None),
            "root": compiler.barred(cell.attribute, 0),
            "sub": compiler.barred(cell.attribute, 1),
        }


def _currencies(attribute: Attribute, channel: Channel) -> list[str]:
    """Return the currencies that must have an amount for a price to count."""
    return list(channel.currencies) if attribute.type == "pim_catalog_price_collection" else []
