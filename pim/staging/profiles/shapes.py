"""What a column's values look like: barcodes, numbers, dates, truth, choices of an attribute."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence

from pim.domain.structure import Attribute
from pim.staging.profiles.words import bare, lexicon

NUMBER = re.compile(r"[+-]?[\d \u00a0\u202f']*\d([.,]\d+)?")
SIGNS = frozenset(bare(sign) for signs in lexicon()["currencies"].values() for sign in signs)
CYRILLIC = re.compile("[\u0400-\u04ff]")
DATES = {
    "yyyy-MM-dd": re.compile(r"\d{4}-\d\d-\d\d(T.*)?"),
    "dd.MM.yyyy": re.compile(r"(0?[1-9]|[12]\d|3[01])\.(0?[1-9]|1[0-2])\.\d{4}"),
    "dd/MM/yyyy": re.compile(r"(0?[1-9]|[12]\d|3[01])/(0?[1-9]|1[0-2])/\d{4}"),
    "MM/dd/yyyy": re.compile(r"(0?[1-9]|1[0-2])/(0?[1-9]|[12]\d|3[01])/\d{4}"),
}
NUMERIC_TYPES = ("pim_catalog_number", "pim_catalog_metric", "pim_catalog_price_collection")


def share(values: Collection[str], fits: Callable[[str], object]) -> float:
    """Return which part of the values fits, 1.0 when there are none."""
    return sum(bool(fits(value)) for value in values) / len(values) if values else 1.0


def is_gtin(text: str) -> bool:
    """Tell whether a text is a GTIN of 8, 12, 13 or 14 digits with a right check digit (GS1)."""
    digits = text.strip().lstrip("'")
    if not (digits.isascii() and digits.isdigit() and len(digits) in (8, 12, 13, 14)):
        return False
    total = sum(int(d) * (3 if n % 2 else 1) for n, d in enumerate(reversed(digits)))
    return total % 10 == 0


def is_truth(text: str) -> bool:
    """Tell whether a text is a word for yes or no."""
    return any(bare(text) in words for words in lexicon()["truth"].values())


def is_number(text: str) -> bool:
    """Tell whether a text is a number, perhaps with a currency beside it."""
    amount = bare(text)
    for sign in SIGNS:
        amount = amount.removesuffix(sign).removeprefix(sign).strip()
    return NUMBER.fullmatch(amount) is not None


def date_pattern(values: Sequence[str]) -> str | None:
    """Return the first pattern that all values follow."""
    if not values:
        return None
    return next((name for name, form in DATES.items() if share(values, form.fullmatch) == 1), None)


def choices(attribute: Attribute) -> dict[str, str]:
    """Map the words for an attribute's options, codes and labels, to their codes."""
    words: dict[str, str] = {}
    for option in attribute.options:
        for word in (option.code, *option.labels.values()):
            words.setdefault(bare(word), option.code)
    return words


def fitness(attribute: Attribute, values: Sequence[str]) -> float:
    """Return how well values suit an attribute's type, 0.3 to 1."""
    if not values:
        return 1.0
    judge = _JUDGES.get("select" if "select" in attribute.type else attribute.type)
    return judge(attribute, values) if judge else 1.0


def _select(attribute: Attribute, values: Sequence[str]) -> float:
    known = choices(attribute)
    return 0.9 + 0.1 * share(values, lambda text: bare(text) in known) if known else 1.0


_JUDGES: dict[str, Callable[[Attribute, Sequence[str]], float]] = {
    **dict.fromkeys(NUMERIC_TYPES, lambda _, values: 0.3 + 0.7 * share(values, is_number)),
    "pim_catalog_boolean": lambda _, values: 0.3 + 0.7 * share(values, is_truth),
    "pim_catalog_date": lambda _, values: 1.0 if date_pattern(values) else 0.3,
    "pim_catalog_identifier": lambda _, values: 0.5 + 0.5 * len(set(values)) / len(values),
    "select": _select,
}


def decimal_sign(values: Sequence[str]) -> str:
    """Return the decimal sign that numbers use: a comma if any has one before its last digits."""
    return "," if any(re.fullmatch(r"[^.]*\d,\d{1,4}\D*", value) for value in values) else "."


def is_cyrillic(values: Sequence[str]) -> bool:
    """Tell whether most values have Cyrillic letters."""
    return bool(values) and share(values, CYRILLIC.search) > 0.5
