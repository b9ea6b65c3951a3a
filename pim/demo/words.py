"""Put names and descriptions together from the stock of words, per language.

Nothing is inflected here: sentences are whole, and phrases such as "aus Veloursleder" are stored
in the form in which they are used, so every combination is grammatical in every language.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pim.demo import source
from pim.demo.plan import Colourway, Style


def form(pattern_code: str, locale: str, **parts: str) -> str:
    """Fill a pattern of `data/words/forms.toml`."""
    pattern: str = source.settings("words/forms")[pattern_code][locale]
    return pattern.format(**parts)


def title(style: Style, locale: str) -> str:
    """Return the product name: "Norena ankle boots in suede"."""
    if style.simple:
        return _accessory_title(style, locale)
    return form(
        "product_name",
        locale,
        name=style.name,
        noun=noun(style, locale),
        material=source.keyed("words/materials")[style.upper or ""][locale],
    )


def short(style: Style, locale: str) -> str:
    """Return a name for receipts and shelf labels, of at most 40 characters."""
    if style.simple:
        plain: str = source.keyed("words/accessories", "kind")[style.kind_code][locale]
        return plain.format(name=style.name)
    return form("short_name", locale, name=style.name, noun=noun(style, locale))


def noun(style: Style, locale: str) -> str:
    """Return what kind of shoe a style is."""
    return source.keyed("words/nouns")[style.kind["noun"]][locale]


def html(style: Style, locale: str) -> str:
    """Return the web shop's description: two paragraphs of two sentences."""
    said = sentences(style, locale)
    half = (len(said) + 1) // 2
    return "".join(f"<p>{_join(part, locale)}</p>" for part in (said[:half], said[half:]) if part)


def short_html(style: Style, locale: str) -> str:
    """Return the description for marketplaces: one paragraph and the facts as a list."""
    facts = "" if style.simple else f"<ul><li>{composition(style, locale)}</li></ul>"
    return f"<p>{_join(sentences(style, locale)[:2], locale)}</p>{facts}"


def plain(style: Style, locale: str) -> str:
    """Return the description for print: plain text, two sentences."""
    return _join(sentences(style, locale)[:2], locale)


def sentences(style: Style, locale: str) -> list[str]:
    """Return what there is to say: kind, material, sole and one more thing."""
    if style.simple:
        rows = source.matching("words/accessory_sentences", "kind", style.kind_code)
        return [row[locale] for row in rows]
    return [
        first(style, locale),
        source.keyed("words/material_sentences")[style.upper or ""][locale],
        source.keyed("words/sole_sentences")[style.sole][locale],
        _pick(_closings(style), style.variety // 2)[locale],
    ]


def first(style: Style, locale: str) -> str:
    """Return the sentence that introduces a style."""
    if style.simple:
        return sentences(style, locale)[0]
    rows = source.matching("words/openings", "kind", style.kind["noun"])
    sentence: str = _pick(rows, style.variety)[locale]
    return sentence.format(name=style.name)


def composition(style: Style, locale: str) -> str:
    """Return the materials of upper, lining and sole in one line."""
    label = source.option_label
    return form(
        "composition",
        locale,
        upper=label("upper_material", style.upper or "", locale),
        lining=label("lining_material", style.lining, locale),
        sole=label("sole_material", style.sole, locale),
    )


def keywords(style: Style, locale: str) -> str:
    """Return words that people search for: kind, material, place in the shop."""
    words = [short(style, locale)] if style.simple else [noun(style, locale)]
    if style.upper:
        words.append(source.option_label("upper_material", style.upper, locale))
    labels = source.keyed("structure/categories")
    words += [labels[c][f"label-{locale}"] for c in style.kind["categories"] if "shop_" in c]
    joint: str = source.settings("words/forms")["keyword_joint"][locale]
    return joint.join(dict.fromkeys(words))


def colour_name(colourway: Colourway, locale: str) -> str:
    """Return the marketing name of a colour."""
    return colourway.name[locale]


def _accessory_title(style: Style, locale: str) -> str:
    name = short(style, locale)
    colour = style.colourways[0].colour[locale]
    spoken = colour.lower() if locale in ("en_GB", "fr_FR", "ru_RU") else colour
    return form("coloured_name", locale, name=name, colour=spoken)


def _closings(style: Style) -> Sequence[source.Row]:
    return source.matching("words/closings", "audience", "kids" if style.kids else "adult")


def _pick(rows: Sequence[Any], number: int) -> Any:
    return rows[number % len(rows)]


def _join(said: Sequence[str], locale: str) -> str:
    joint: str = source.settings("words/forms")["sentence_joint"][locale]
    return joint.join(said)
