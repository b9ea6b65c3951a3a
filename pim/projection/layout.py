"""Which value cells a stream of documents holds, learned while reading it.

A column exists only where a value does, so nothing here lists all cells that a structure allows:
with many channels and locales that would be thousands, nearly all of them empty.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pyarrow as pa

from pim.domain.structure import Attribute, Structure
from pim.domain.values import Cell
from pim.projection.columns import METRIC, PRICES, exists

TEXTS = pa.list_(pa.string())

#: The JSON of a type's data where it is not a text; prices are learned currency by currency.
LEAVES: dict[str, pa.DataType] = {
    "pim_catalog_boolean": pa.bool_(),
    "pim_catalog_multiselect": TEXTS,
    "pim_reference_data_multiselect": TEXTS,
    "pim_catalog_asset_collection": TEXTS,
    METRIC: pa.struct([("amount", pa.string()), ("unit", pa.string())]),
    "pim_catalog_product_link": pa.struct([("type", pa.string()), ("identifier", pa.string())]),
}


class Layout:
    """The cells seen so far: {attribute: {channel: {locale: currencies}}} in stored spelling."""

    def __init__(self, structure: Structure) -> None:
        self._structure = structure
        self._seen: dict[str, dict[str, dict[str, set[str]]]] = {}

    def cells(self) -> Iterator[tuple[Attribute, Cell, frozenset[str]]]:
        """Yield attribute, cell and (for prices) the currencies of every cell seen."""
        for code, channels in self._seen.items():
            attribute = self._structure.attributes[code]
            for channel, locales in channels.items():
                for locale, currencies in locales.items():
                    yield attribute, Cell(code, channel, locale), frozenset(currencies)

    def learn_type(self, values: pa.DataType) -> bool:
        """Take in the cells of an inferred type; tell whether any was new."""
        return self._learn(
            (attribute.name, channel.name, locale.name, _names(locale.type))
            for attribute in _children(values)
            for channel in _children(attribute.type)
            for locale in _children(channel.type)
        )

    def learn_documents(self, lines: bytes) -> bool:
        """Take in the cells of JSON lines one by one: for lines that defeat inference."""
        return self._learn(
            (code, channel, locale, tuple(_object(data)))
            for line in lines.splitlines()
            for code, channels in _object(orjson.loads(line)["values"]).items()
            for channel, locales in _object(channels).items()
            for locale, data in _object(locales).items()
        )

    def type(self) -> pa.DataType:
        """Return the nested type that holds every cell seen."""
        return pa.struct(
            [
                (code, pa.struct([(c, self._locales(code, ls)) for c, ls in channels.items()]))
                for code, channels in self._seen.items()
            ]
        )

    def _locales(self, code: str, locales: dict[str, set[str]]) -> pa.DataType:
        kind = self._structure.attributes[code].type
        return pa.struct([(locale, _leaf(kind, parts)) for locale, parts in locales.items()])

    def _learn(self, found: Iterator[tuple[str, str, str, tuple[str, ...]]]) -> bool:
        new = False
        for code, channel, locale, parts in found:
            attribute = self._structure.attributes.get(code)
            cell = Cell(code, channel, locale)
            if attribute is None or not exists(self._structure, attribute, cell):
                continue
            locales = self._seen.setdefault(code, {}).setdefault(channel, {})
            prices = parts if attribute.type == PRICES else ()
            currencies = {part for part in prices if part in self._structure.currencies}
            new |= locale not in locales or not currencies <= locales[locale]
            locales.setdefault(locale, set()).update(currencies)
        return new


def well_typed(lines: bytes, layout: pa.DataType) -> bytes:
    """Return JSON lines without the data whose JSON type is not what the attribute's type says."""
    kept = []
    for line in lines.splitlines():
        document = orjson.loads(line)
        document["values"] = _only(document["values"], layout) or {}
        kept.append(orjson.dumps(document))
    return b"\n".join(kept) + b"\n"


def _only(data: Any, kind: pa.DataType) -> Any:
    """Return the part of the data that has this type, None if no part does."""
    if pa.types.is_struct(kind):
        if not isinstance(data, dict):
            return None
        return {f.name: _only(data[f.name], f.type) for f in kind if f.name in data}
    if pa.types.is_list(kind):
        return [d for d in data if isinstance(d, str)] if isinstance(data, list) else None
    wanted = bool if pa.types.is_boolean(kind) else str
    return data if isinstance(data, wanted) else None


def _object(data: Any) -> dict[str, Any]:
    return data if isinstance(data, dict) else {}


def _leaf(kind: str, currencies: set[str]) -> pa.DataType:
    if kind == PRICES:
        return pa.struct([(currency, pa.string()) for currency in sorted(currencies)])
    return LEAVES.get(kind, pa.string())


def _children(kind: pa.DataType) -> list[pa.Field]:
    return list(kind) if pa.types.is_struct(kind) else []


def _names(kind: pa.DataType) -> tuple[str, ...]:
    return tuple(child.name for child in _children(kind))
