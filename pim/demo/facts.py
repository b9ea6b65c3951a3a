"""Values of styles, colourways and items, as cells of the flat format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pim.demo import prices, source, words
from pim.demo.flat import Values
from pim.demo.plan import Colourway, Item, Style

#: Which languages each channel's descriptions are written in.
DESCRIBED = {
    "web": source.LOCALES,
    "marketplace": ("en_GB", "de_DE", "fr_FR"),
    "print": ("en_GB", "de_DE"),
}
WRITERS = {"web": words.html, "marketplace": words.short_html, "print": words.plain}


def of_style(style: Style) -> Values:
    """Return what all colours and sizes of a shoe have in common."""
    return {**_texts(style), **_common(style), **_making(style), **_measures(style)}


def of_accessory(style: Style, accessories: Sequence[Style]) -> Values:
    """Return the values of a simple product but for its colour and its number."""
    values = {**_texts(style), **_common(style)}
    if style.kind["family"] == "bags_belts":
        values |= {
            "season": style.season["season"],
            "drop_date": style.drop_date.isoformat(),
            "designer": style.designer,
            "upper_material": style.upper or "",
            "lining_material": style.lining if style.kind_code != "belt" else "",
            "care": ",".join(sorted(_upper(style)["care"])),
            "vegan": _flag(_vegan(style)),
            "sustainability_score": str(style.score),
        }
    if style.kind_code == "care_set":
        values |= _pack(style, accessories)
    return values


def of_colourway(style: Style, colourway: Colourway) -> Values:
    """Return colour, pictures and prices."""
    pictures = [f"files/{colourway.code}/{view}.jpg" for view in views(style)]
    return {
        "colour": colourway.colour["code"],
        "colour_group": colourway.colour["group"],
        **{f"colour_name-{locale}": colourway.name[locale] for locale in _spoken(style)},
        "picture": pictures[0],
        "additional_pictures": ",".join(pictures[1:]),
        **_amounts("price", colourway.price),
        **_amounts("sale_price-web", colourway.sale),
        **_amounts("sale_price-marketplace", _only(colourway.sale, "GBP", "EUR")),
        **_amounts("cost_price", prices.cost(colourway.price)),
    }


def of_item(item: Item) -> Values:
    """Return what differs from size to size."""
    return {
        "ean": item.ean,
        "weight": str(item.weight),
        "weight-unit": "GRAM",
        "stock_quantity": str(item.stock),
        "lead_time": str(item.lead_time),
    }


def views(style: Style) -> tuple[str, ...]:
    """Return how a product is photographed: shoes from three sides, goods from one or two."""
    if not style.simple:
        return ("side", "pair", "sole") if style.variety % 2 else ("side", "pair", "detail")
    return ("side", "detail") if style.kind["family"] == "bags_belts" else ("side",)


def family(style: Style) -> str:
    """Return the family of a shoe: its kind's own, or that of its family variant."""
    variants = source.keyed("structure/family_variants")
    return str(style.kind.get("family") or variants[style.kind["family_variant"]]["family"])


def categories(style: Style) -> list[str]:
    """Return a style's categories with those that its season adds."""
    found = list(style.kind["categories"])
    if style.season["season"] == "SS27":
        found.append("shop_new")
    if any(colourway.sale for colourway in style.colourways):
        found.append("shop_sale")
    return found


def _texts(style: Style) -> Values:
    return {name: text for locale in _spoken(style) for name, text in _texts_in(style, locale)}


def _texts_in(style: Style, locale: str) -> Iterator[tuple[str, str]]:
    title = words.title(style, locale)
    brand = source.option_label("brand", style.brand["brand"], locale)
    legal = source.keyed("words/legal")[_legal(style)]
    yield f"name-{locale}", title
    yield f"short_name-{locale}", words.short(style, locale)
    yield f"search_keywords-{locale}", words.keywords(style, locale)
    yield f"meta_title-{locale}", words.form("meta_title", locale, title=title, brand=brand)
    yield f"meta_description-{locale}", words.first(style, locale)
    yield f"legal_text-{locale}", legal[locale]
    if not style.simple:
        yield f"material_composition-{locale}", words.composition(style, locale)
    for channel, locales in DESCRIBED.items():
        if locale in locales:
            yield f"description-{locale}-{channel}", WRITERS[channel](style, locale)


def _common(style: Style) -> Values:
    return {
        "brand": style.brand["brand"],
        "gender": style.kind["gender"],
        "age_group": "kids" if style.kids else "adult",
        "vat_class": "zero_gb" if style.kids else "standard",
        "hs_code": _hs_code(style),
        "country_of_origin": style.brand["country"],
        "min_order_quantity": "6" if style.kids else "1",
    }


def _making(style: Style) -> Values:
    lining: dict[str, Any] = source.settings("materials")["linings"][style.lining]
    rubber = style.upper == "natural_rubber"
    return {
        "season": style.season["season"],
        "drop_date": style.drop_date.isoformat(),
        "designer": "" if style.kids else style.designer,
        "upper_material": style.upper or "",
        "lining_material": style.lining,
        "sole_material": style.sole,
        "width_fitting": style.width,
        "care": ",".join(sorted(_upper(style)["care"])),
        "waterproof": _flag(rubber or lining.get("waterproof", False)),
        "vegan": _flag(_vegan(style)),
        "sustainability_score": str(style.score),
        "certificate_pdf": "files/certificate.pdf" if style.score > 88 else "",
    }


def _measures(style: Style) -> Values:
    measured = {} if style.kids else {"heel_height": style.heel, "heel_height-unit": "CENTIMETER"}
    if style.shaft:
        measured |= {"shaft_height": style.shaft, "shaft_height-unit": "CENTIMETER"}
    return measured


def _pack(style: Style, accessories: Sequence[Style]) -> Values:
    """Return what lies in a care set: a cream of its colour if there is one, a brush, laces."""
    colour = style.colourways[0].colour["code"]
    chosen = [_like(accessories, kind, colour) for kind in ("cream", "shoe_brush", "laces")]
    return {"PACK-products": ",".join(chosen), "PACK-products-quantity": "1|1|2"}


def _like(accessories: Sequence[Style], kind: str, colour: str) -> str:
    same_kind = [a for a in accessories if a.kind_code == kind]
    matching = [a for a in same_kind if a.colourways[0].colour["code"] == colour]
    return (matching or same_kind)[0].code


def _spoken(style: Style) -> list[str]:
    return [locale for locale in source.LOCALES if locale not in style.missing]


def _upper(style: Style) -> dict[str, Any]:
    found: dict[str, Any] = source.settings("materials")["uppers"][style.upper]
    return found


def _hs_code(style: Style) -> str:
    if not style.simple:
        return str(_upper(style)["hs"][_height(style)])
    textile = style.upper is not None and _legal(style) == "textile"
    return str(style.kind.get("hs_textile", style.kind["hs"]) if textile else style.kind["hs"])


def _legal(style: Style) -> str:
    if style.upper is None:
        return str(style.kind["legal"])
    return "kids" if style.kids else str(_upper(style)["legal"])


def _height(style: Style) -> str:
    return "high" if style.shaft or style.upper == "natural_rubber" else "low"


def _vegan(style: Style) -> bool:
    lining = source.settings("materials")["linings"].get(style.lining, {})
    return bool(_upper(style).get("vegan") and lining.get("vegan"))


def _amounts(column: str, price: dict[str, str]) -> Values:
    return {f"{column}-{currency}": amount for currency, amount in price.items()}


def _only(price: dict[str, str], *currencies: str) -> dict[str, str]:
    return {currency: price[currency] for currency in currencies if currency in price}


def _flag(truth: bool) -> str:  # noqa: FBT001 - the cell of a truth value
    return "1" if truth else "0"
