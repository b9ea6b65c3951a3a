"""One value in the reader's words, by the attribute's type."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pim.domain.structure import Attribute
from pim.web import formats
from pim.web.context_bar import Chosen
from pim.web.products.labels import label


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A value in words; `kind` chooses how the template writes it."""

    kind: str = "text"
    text: str = ""
    items: Sequence[str] = ()


def show(attribute: Attribute, data: Any, chosen: Chosen) -> Shown:
    """Return a value in words; data that does not fit its type is shown as it is stored."""
    writer = _WRITERS.get(attribute.type, _text)
    fits = isinstance(data, _DATA.get(attribute.type, str))
    return writer(attribute, data, chosen.locale) if fits else Shown(text=formats.data(data))


def _text(_attribute: Attribute, data: Any, _locale: str | None) -> Shown:
    return Shown(text=formats.data(data))


def _number(_attribute: Attribute, data: Any, _locale: str | None) -> Shown:
    return Shown(text=formats.number(data))


def _date(_attribute: Attribute, data: Any, _locale: str | None) -> Shown:
    return Shown(text=formats.day(data))


def _boolean(_attribute: Attribute, data: Any, _locale: str | None) -> Shown:
    return Shown(text="Yes" if data else "No")


def _metric(_attribute: Attribute, data: Any, _locale: str | None) -> Shown:
    unit = str(data.get("unit", "")).replace("_", " ").lower()
    return Shown(text=f"{formats.number(data.get('amount'))} {unit}")


def _prices(_attribute: Attribute, data: Any, _locale: str | None) -> Shown:
    items = [formats.money(amount, currency) for currency, amount in sorted(data.items())]
    return Shown(kind="list", items=items)


def _long(attribute: Attribute, data: Any, _locale: str | None) -> Shown:
    rich = bool(attribute.properties.get("wysiwyg_enabled"))
    return Shown(kind="html" if rich else "long", text=data)


def _file(_attribute: Attribute, data: Any, _locale: str | None) -> Shown:
    return Shown(kind="files", items=[data])


def _files(_attribute: Attribute, data: Any, _locale: str | None) -> Shown:
    return Shown(kind="files", items=[str(key) for key in data])


def _option(attribute: Attribute, data: Any, locale: str | None) -> Shown:
    return Shown(text=_named(attribute, data, locale))


def _options(attribute: Attribute, data: Any, locale: str | None) -> Shown:
    return Shown(kind="list", items=[_named(attribute, code, locale) for code in data])


def _link(_attribute: Attribute, data: Any, _locale: str | None) -> Shown:
    return Shown(text=str(data.get("identifier", "")))


def _named(attribute: Attribute, code: Any, locale: str | None) -> str:
    option = attribute.options.get(str(code))
    return label(option, locale) if option else str(code)


_WRITERS: Final[Mapping[str, Callable[[Attribute, Any, str | None], Shown]]] = {
    "pim_catalog_number": _number,
    "pim_catalog_date": _date,
    "pim_catalog_boolean": _boolean,
    "pim_catalog_metric": _metric,
    "pim_catalog_price_collection": _prices,
    "pim_catalog_textarea": _long,
    "pim_catalog_image": _file,
    "pim_catalog_file": _file,
    "pim_catalog_asset_collection": _files,
    "pim_catalog_simpleselect": _option,
    "pim_reference_data_simpleselect": _option,
    "pim_catalog_multiselect": _options,
    "pim_reference_data_multiselect": _options,
    "pim_catalog_product_link": _link,
}

#: What a type's data is when it is not text.
_DATA: Final[Mapping[str, type]] = {
    "pim_catalog_boolean": bool,
    "pim_catalog_metric": dict,
    "pim_catalog_price_collection": dict,
    "pim_catalog_asset_collection": list,
    "pim_catalog_multiselect": list,
    "pim_reference_data_multiselect": list,
    "pim_catalog_product_link": dict,
}
