"""Values of a product: where they live in the document and how they are named in flat files.

The document is `{attribute: {channel or "<all>": {locale or "<all>": data}}}`. Data by type:

- identifier, text, textarea: string
- boolean: true or false
- number: canonical decimal string ("12.5", never "12.50" or "1E+1")
- date: "YYYY-MM-DD"
- simple select, reference data simple: option code
- multi select, reference data multi: sorted list of option codes
- metric: {"amount": decimal string, "unit": unit code}
- price collection: {currency: decimal string}
- image, file: key of the stored file
- asset collection: ordered list of keys of stored files
- product link: {"type": "product" or "product_model", "identifier": text}

Changes to documents are JSON merge patches (RFC 7396), after which empty objects are pruned.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pim.domain.structure import ALL

Document = Mapping[str, Any]


class Cell(NamedTuple):
    """The address of one value: attribute, channel or "<all>", locale or "<all>"."""

    attribute: str
    channel: str = ALL
    locale: str = ALL

    @property
    def column(self) -> str:
        """Return the flat format's name: attribute, attribute-locale, attribute-channel or both."""
        return "-".join(part for part in (self.attribute, self.locale, self.channel) if part != ALL)


def get(values: Document, cell: Cell) -> Any:
    """Return the data at a cell, or None."""
    return values.get(cell.attribute, {}).get(cell.channel, {}).get(cell.locale)


def patch_of(cell: Cell, data: Any) -> dict[str, Any]:
    """Return the merge patch that puts data (None removes it) at a cell."""
    return {cell.attribute: {cell.channel: {cell.locale: data}}}


def replacement(values: Document, cell: Cell, data: Any) -> dict[str, Any]:
    """Return the merge patch after which exactly data (None: nothing) stands at a cell.

    Prices merge by currency under `patch_of`; here a currency that data lacks goes away.
    """
    old = get(values, cell)
    both = isinstance(old, Mapping) and isinstance(data, Mapping)
    return patch_of(cell, difference(old, data)[1] if both else data)


def cells(values: Document) -> Iterator[tuple[Cell, Any]]:
    """Yield every cell of a document with its data."""
    for attribute, channels in values.items():
        for channel, locales in channels.items():
            for locale, data in locales.items():
                yield Cell(attribute, channel, locale), data


def merge(document: Any, patch: Any) -> Any:
    """Return the document after a merge patch, empty objects pruned; the inputs stay as they are.

    Source: RFC 7396, section 2. Pruning keeps equal documents equal in bytes.
    """
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(document) if isinstance(document, Mapping) else {}
    for key, change in patch.items():
        value = merge(merged.get(key), change) if change is not None else None
        if value is None or value == {}:
            merged.pop(key, None)
        else:
            merged[key] = value
    return merged


def difference(old: Any, new: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the merge patches (before, after) that lead from new to old and from old to new."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for key in {**old, **new}:
        was, now = old.get(key), new.get(key)
        if was == now:
            continue
        if isinstance(was, Mapping) and isinstance(now, Mapping):
            before[key], after[key] = difference(was, now)
        else:
            before[key], after[key] = _erasing(was, now), _erasing(now, was)
    return before, after


def _erasing(target: Any, present: Any) -> Any:
    """Return a patch value that leaves exactly target where present stands now."""
    if not isinstance(target, Mapping):
        if target is None and isinstance(present, Mapping):
            return {key: _erasing(None, value) for key, value in present.items()}
        return target
    return {key: _erasing(value, None) for key, value in target.items()}
