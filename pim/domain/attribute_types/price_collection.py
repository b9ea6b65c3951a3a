"""Prices, at most one per currency."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, ClassVar

from pim.domain import decimals
from pim.domain.attribute_types import amounts
from pim.domain.attribute_types.contract import EMPTY, AttributeType, CellFormat, Checked, Parts
from pim.domain.attribute_types.problems import listed, problem, wrong_type
from pim.domain.attribute_types.properties import Settings
from pim.domain.structure import Attribute, Channel, Currency, Structure
from pim.domain.violations import Violation

_PAIR = re.compile(r"\s*([^\s,;]+(?:,[0-9]+)?)\s+([A-Za-z]{3})\s*(?:[,;]|$)")


class PriceCollection(AttributeType):
    """{currency: canonical amount} in active currencies; one column per currency in flat files.

    As JSON also the field's own form: [{"amount": "12.50", "currency": "EUR"}], a null amount
    meaning none. A column without currency may list "12.50 EUR, 14 USD".
    """

    code = "pim_catalog_price_collection"
    name = "Price"
    kind = "price"
    has_items = True
    settings: ClassVar[Settings] = amounts.PROPERTIES

    def check(self, data: Any, attribute: Attribute, structure: Structure) -> Checked:
        """Return the amounts by stored currency code, or why any is refused."""
        if data is None or data == "":
            return EMPTY
        pairs = _pairs(data)
        if pairs is None:
            expected = "a list of objects of amount and currency"
            return Checked(None, [wrong_type(attribute.code, data, expected)])
        return _collect(
            (
                (currency, amounts.check(amount, attribute, f"{attribute.code}-{currency}"))
                for currency, amount in pairs
                if amount not in (None, "")
            ),
            attribute,
            structure,
        )

    def read(
        self, text: str, attribute: Attribute, structure: Structure, fmt: CellFormat
    ) -> Checked:
        """Return the prices that one cell lists, each with its currency."""
        found = _PAIR.findall(text)
        if not found or _PAIR.sub("", text).strip():
            return Checked(None, [_without_currency(text, attribute)])
        return self.from_cells({c: a for a, c in found}, attribute, structure, fmt)

    def from_cells(
        self, parts: Parts, attribute: Attribute, structure: Structure, fmt: CellFormat
    ) -> Checked:
        """Return the prices in the cells of each currency; blank cells are no price."""
        if (listed_prices := parts.get("") or "").strip():
            return self.read(listed_prices, attribute, structure, fmt)
        return _collect(
            (
                (c, amounts.read(text, attribute, f"{attribute.code}-{c}", fmt.decimal))
                for c, text in parts.items()
                if c and text and text.strip()
            ),
            attribute,
            structure,
        )

    def to_cells(self, data: Any, attribute: Attribute, structure: Structure) -> Mapping[str, str]:
        """Return the amount of each active currency and of any other that has one."""
        prices = data or {}
        return {c: prices.get(c, "") for c in {**dict.fromkeys(_active(structure)), **prices}}

    def suffixes(self, attribute: Attribute, structure: Structure) -> tuple[str, ...]:
        """Return the codes of the active currencies."""
        return _active(structure)

    def is_complete(self, data: Any, channel: Channel) -> bool:
        """Tell whether every currency of the channel has an amount."""
        return not self.is_empty(data) and all(c in data for c in channel.currencies)

    def check_definition(self, attribute: Attribute, structure: Structure) -> list[Violation]:
        """Refuse a least amount above the most."""
        return amounts.empty_range(attribute)


def _active(structure: Structure) -> tuple[str, ...]:
    return tuple(currency.code for currency in structure.currencies if currency.active)


def _pairs(data: Any) -> list[tuple[str, Any]] | None:
    if isinstance(data, Mapping):
        return list(data.items()) if all(isinstance(c, str) for c in data) else None
    if not isinstance(data, list | tuple):
        return None
    if not all(isinstance(p, Mapping) and set(p) == {"amount", "currency"} for p in data):
        return None
    return [(p["currency"], p["amount"]) for p in data if isinstance(p["currency"], str)]


def _collect(
    prices: Iterable[tuple[str, amounts.Amount]], attribute: Attribute, structure: Structure
) -> Checked:
    data: dict[str, str] = {}
    violations: list[Violation] = []
    for code, (number, faults) in prices:
        currency = structure.currencies.get(code)
        found = [*faults, *currency_faults(code, currency, number, attribute, structure)]
        if currency and currency.code in data:
            found.append(_twice(currency.code, attribute))
        violations.extend(found)
        if currency and number is not None:
            data[currency.code] = number
    return Checked(None, violations) if violations else Checked(dict(sorted(data.items())) or None)


def currency_faults(
    code: str,
    currency: Currency | None,
    number: str | None,
    attribute: Attribute,
    structure: Structure,
) -> list[Violation]:
    """Return why an amount may not stand in a currency: unknown, not active, without decimals."""
    path = f"{attribute.code}-{code}"
    if currency is None or not currency.active:
        message = '"{value}" is not an active currency.'
        known = listed(_active(structure), most=20)
        mend = "Choose one of {known}, or give the currency to a channel."
        return [problem("inactive_currency", path, message, code, known=known, mend=mend)]
    if number is not None and currency.decimals == 0 and decimals.decimals_of(Decimal(number)):
        message = "{value} has decimals; amounts in {currency} have none."
        mend = "Round it to a whole amount."
        shown = currency.code
        return [problem("currency_decimals", path, message, number, currency=shown, mend=mend)]
    return []


def _twice(currency: str, attribute: Attribute) -> Violation:
    return problem(
        "repeated_currency",
        f"{attribute.code}-{currency}",
        "{value} is given twice.",
        currency,
        mend="Leave one amount per currency.",
    )


def _without_currency(text: str, attribute: Attribute) -> Violation:
    return problem(
        "missing_currency",
        attribute.code,
        '"{value}" is not a list of amounts with their currencies.',
        text,
        attribute=attribute.code,
        mend="Name the column {attribute}-EUR, or write 12.50 EUR, 14 USD in the cell.",
    )
