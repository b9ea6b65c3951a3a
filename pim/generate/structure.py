"""The structure of a made-up catalogue, as rows of its flat files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pim.generate.cells import options
from pim.generate.plan import (
    CHANNELS,
    COLOURWAY,
    CURRENCIES,
    LOCALES,
    SHAPES,
    SIZE,
    STYLE,
    Plan,
    Planned,
    attributes,
    words,
)
from pim.generate.rows import family_code

Row = dict[str, Any]

#: What a channel wants filled before a product counts as complete.
REQUIRED = {
    "web": ("sku", "ean", "name", "description", "brand", "price", "picture", "vat_class"),
    "marketplace": ("sku", "ean", "name", "description", "price", "picture", "stock_quantity"),
    "retail": ("sku", "name", "price", "country_of_origin", "hs_code", "weight"),
}
PAGES = 8


def files(plan: Plan) -> dict[str, list[Row]]:
    """Return the rows of every structure file by its name."""
    return {
        "locales": [{"code": code} for code in LOCALES],
        "currencies": [{"code": code, "activated": "1"} for code in CURRENCIES],
        "attribute_groups": list(_groups()),
        "categories": list(_categories(plan)),
        "channels": list(_channels()),
        "attributes": [_attribute(attribute) for attribute in attributes()],
        "attribute_options": list(_options()),
        "families": [_family(plan, number) for number in range(plan.families)],
        "family_variants": [_variant(plan, number) for number in range(plan.shoe_families)],
    }


def _labels(text: str) -> Row:
    """Return a label in every locale, marked as generated in its language."""
    return {f"label-{locale}": f"{text} ({words()[locale]['label']})" for locale in LOCALES}


def _said(code: str) -> str:
    return code.replace("_", " ").capitalize()


def _groups() -> Iterator[Row]:
    for code in dict.fromkeys(attribute.group for attribute in attributes()):
        yield {"code": code, **_labels(_said(code))}


def _categories(plan: Plan) -> Iterator[Row]:
    """Yield a tree with ten branches at each knot, and a small one for print."""
    yield {"code": "master", "parent": "", **_labels("Catalogue")}
    for number in range(plan.categories):
        parent = "master" if number < 10 else f"category_{number // 10 - 1:04}"
        code = f"category_{number:04}"
        yield {"code": code, "parent": parent, **_labels(_said(code))}
    yield {"code": "print", "parent": "", **_labels("Print")}
    for page in range(1, PAGES + 1):
        yield {"code": f"print_{page}", "parent": "print", **_labels(f"Page {page}")}


def _channels() -> Iterator[Row]:
    for code, (locales, currencies) in CHANNELS.items():
        yield {
            "code": code,
            **_labels(_said(code)),
            "tree": "master",
            "locales": ",".join(locales),
            "currencies": ",".join(currencies),
        }


def _attribute(attribute: Planned) -> Row:
    return {
        "code": attribute.code,
        "type": attribute.type,
        "group": attribute.group,
        **_labels(_said(attribute.code)),
        "unique": int(attribute.unique),
        "localizable": int(attribute.localizable),
        "scopable": int(attribute.scopable),
        "useable_as_grid_filter": 1,
        **_settings(attribute),
    }


def _settings(attribute: Planned) -> Row:
    """Return what the type needs to know."""
    if attribute.kind == "metric":
        unit = attribute.detail.rsplit(":", 1)[1]
        family = "Weight" if unit == "GRAM" else "Length"
        return {**_NUMBER, "metric_family": family, "default_metric_unit": unit}
    if attribute.kind.startswith("reference_data"):
        return {"reference_data_name": attribute.code}
    return _SETTINGS.get(attribute.kind, {})


_NUMBER: Row = {"decimals_allowed": 1, "negative_allowed": 0}
_SETTINGS: dict[str, Row] = {
    "number": {**_NUMBER, "decimals_allowed": 0},
    "price_collection": {"decimals_allowed": 1},
    "image": {"allowed_extensions": "png"},
    "asset_collection": {"allowed_extensions": "png"},
    "file": {"allowed_extensions": "pdf"},
}


def _options() -> Iterator[Row]:
    for attribute in attributes():
        if attribute.kind in {"simpleselect", "multiselect"}:
            for number, code in enumerate(options(attribute), start=1):
                yield {
                    "attribute": attribute.code,
                    "code": code,
                    **_labels(_said(code)),
                    "sort_order": number,
                }


def _owned(plan: Plan, number: int) -> list[Planned]:
    return [attribute for attribute in attributes() if plan.holds(attribute)[number]]


def _family(plan: Plan, number: int) -> Row:
    codes = [attribute.code for attribute in _owned(plan, number)]
    kind = "Shoes" if number < plan.shoe_families else "Accessories"
    return {
        "code": family_code(number),
        **_labels(f"{kind} {number + 1}"),
        "attributes": ",".join(codes),
        "attribute_as_label": "name",
        "attribute_as_image": "picture",
        **{
            f"requirements-{channel}": ",".join(code for code in wanted if code in codes)
            for channel, wanted in REQUIRED.items()
        },
    }


def _variant(plan: Plan, number: int) -> Row:
    owners = {a.code: a.owner(number % SHAPES) for a in _owned(plan, number)}
    at = {
        level: ",".join(code for code, owner in owners.items() if owner == level)
        for level in (STYLE, COLOURWAY, SIZE)
    }
    code = family_code(number)
    return {
        "code": f"{code}_colour_size",
        "family": code,
        **_labels(f"Shoes {number + 1}"),
        "variant-axes_1": "colour",
        "variant-axes_2": "size_eu",
        "variant-attributes_1": at[COLOURWAY],
        "variant-attributes_2": at[SIZE],
    }
