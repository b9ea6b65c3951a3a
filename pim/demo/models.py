"""Rows of styles, colourways and sizes in the flat format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pim.demo import facts, sizes
from pim.demo.flat import Values
from pim.demo.plan import Item, Style


def model_rows(styles: Sequence[Style], accessories: Sequence[Style] = ()) -> Iterator[Values]:
    """Yield product models: every style, then its colourways, with what goes well with them."""
    for earlier, style in zip([None, *styles], styles, strict=False):
        yield {
            "code": style.code,
            "family_variant": style.kind["family_variant"],
            "categories": ",".join(facts.categories(style)),
            **facts.of_style(style),
            **_links(style, earlier),
            **_goes_with(style, accessories),
            **(facts.of_colourway(style, style.colourways[0]) if _single(style) else {}),
        }
        for colourway in [] if _single(style) else style.colourways:
            yield {
                "code": colourway.code,
                "family_variant": style.kind["family_variant"],
                "parent": style.code,
                **facts.of_colourway(style, colourway),
            }


def variant_rows(styles: Sequence[Style]) -> Iterator[Values]:
    """Yield products: every size of every colourway."""
    for style in styles:
        for colourway in style.colourways:
            parent = style.code if _single(style) else colourway.code
            for item in colourway.items:
                yield {
                    "sku": item.sku,
                    "family": facts.family(style),
                    "parent": parent,
                    "enabled": "0" if style.variety % 61 == 7 else "1",
                    "groups": _groups(style),
                    **facts.of_item(item),
                    **_size(item, style),
                }


def simple_rows(accessories: Sequence[Style], styles: Sequence[Style]) -> Iterator[Values]:
    """Yield simple products with what they go with."""
    for number, style in enumerate(accessories):
        colourway = style.colourways[0]
        yield {
            "sku": style.code,
            "family": style.kind["family"],
            "categories": ",".join(facts.categories(style)),
            "enabled": "1",
            "groups": "travel_light" if style.kind_code == "crossbody" else "",
            **facts.of_accessory(style, accessories),
            **facts.of_colourway(style, colourway),
            **facts.of_item(colourway.items[0]),
            **_companions(style, styles[number % len(styles) :] or styles),
        }


def _single(style: Style) -> bool:
    """Tell whether a style has sizes but no colours to choose from."""
    return bool(style.kind["family_variant"] == "shoes_size")


def _links(style: Style, earlier: Style | None) -> Values:
    """Return links to the style before, where it is of the same kind."""
    if earlier is None or earlier.kind_code != style.kind_code:
        return {}
    links = {}
    if _pounds(earlier) > _pounds(style):
        links["UPSELL-product_models"] = earlier.code
    if style.season["season"] == "SS27" and not style.kids:
        links["predecessor"] = f"product_model:{earlier.code}"
    return links


def _goes_with(style: Style, accessories: Sequence[Style]) -> Values:
    """Return accessories in a colour of the style, at most three."""
    colours = {colourway.colour["code"] for colourway in style.colourways}
    fitting = [a.code for a in accessories if a.colourways[0].colour["code"] in colours]
    start = style.variety % max(1, len(fitting))
    chosen = (fitting[start:] + fitting[:start])[:3]
    return {} if style.kids else {"X_SELL-products": ",".join(chosen)}


def _pounds(style: Style) -> float:
    return float(style.colourways[0].price["GBP"])


def _companions(style: Style, styles: Sequence[Style]) -> Values:
    """Return shoes in the colour of a bag or belt, or shoes that a cream is made for."""
    colour = style.colourways[0].colour["code"]
    same = [s.code for s in styles if any(c.colour["code"] == colour for c in s.colourways)]
    if style.kind_code in ("tote", "crossbody", "belt"):
        return {"X_SELL-product_models": ",".join(same[:3])}
    if style.kind_code in ("cream", "laces"):
        return {"COMPATIBILITY-product_models": ",".join(same[:4])}
    return {}


def _groups(style: Style) -> str:
    if style.season["season"] == "NOS" and style.variety % 3 == 0:
        return "bestsellers"
    if style.season["season"] == "AW26" and style.variety % 7 == 0:
        return "window_autumn"
    return ""


def _size(item: Item, style: Style) -> Values:
    if item.size is None:
        return {}
    scale = style.kind["scale"]
    return {
        "size_eu": sizes.code(item.size),
        "size_uk": sizes.uk(item.size, scale),
        "size_us": sizes.us(item.size, scale),
        "size_jp_cm": sizes.jp_cm(item.size),
    }
