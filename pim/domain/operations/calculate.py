"""Compute numbers from themselves: discounts, surcharges, price endings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, ClassVar, Final, Self, get_args

from pim.domain import decimals
from pim.domain.attribute_types import Checked
from pim.domain.decimals import Direction
from pim.domain.operations.contract import CellOperation
from pim.domain.operations.reader import DocumentReader
from pim.domain.structure import Attribute, Structure
from pim.domain.values import Cell, Document

TERMS: Final = ("percent", "add", "multiply")


@dataclass(frozen=True, kw_only=True)
class Rounding:
    """Round to multiples of a step, or to a price ending."""

    to: Decimal | None = None
    ending: Decimal | None = None
    direction: Direction = "nearest"

    def apply(self, value: Fraction) -> Decimal:
        """Return the rounded value; the nearest of two equally near is the one away from zero."""
        if self.ending is not None:
            return decimals.to_ending(value, self.ending, self.direction)
        return decimals.round_to(value, self.to or decimals.SMALLEST_STEP, self.direction)

    def to_document(self) -> dict[str, str]:
        """Return the JSON document."""
        name, number = ("to", self.to) if self.ending is None else ("ending", self.ending)
        return {name: decimals.canonical(number or Decimal()), "direction": self.direction}


@dataclass(frozen=True, kw_only=True)
class Calculate(CellOperation):
    """Calculate {field, percent | add | multiply, currency?, round?} from the old number.

    Exact until one rounding at the end: the one asked for, else, halves away from zero, to the
    decimals of the currency, for numbers and measurements to 10 decimals. `percent` -20 leaves 80
    of 100. Without `currency` every price of the collection is computed; `add` to a measurement is
    in the unit of the value. Empty cells stay empty.
    """

    type: ClassVar[str] = "calculate"
    keys: ClassVar[frozenset[str]] = frozenset(
        {"field", *TERMS, "currency", "round", "scope", "locale"}
    )

    term: str
    number: Decimal
    currency: str | None = None
    rounding: Rounding | None = None

    @classmethod
    def read(cls, reader: DocumentReader) -> Self | None:
        """Return the operation."""
        attribute = reader.of_kind(("number", "metric", "price"), "a number, a metric or a price")
        address = reader.address(attribute) if attribute else None
        term = reader.exactly_one(TERMS)
        number = reader.number(term, reader.document[term]) if term else None
        currency = _currency(attribute, reader)
        rounding = _rounding(reader)
        if reader.violations or attribute is None or address is None or number is None:
            return None
        return cls(
            field=attribute.code, address=address, term=str(term), number=number,
            currency=currency, rounding=rounding,
        )  # fmt: skip

    def to_document(self) -> dict[str, Any]:
        """Return the JSON document."""
        document = {"type": self.type, "field": self.field}
        more: dict[str, Any] = {self.term: decimals.canonical(self.number)}
        if self.currency:
            more["currency"] = self.currency
        if self.rounding:
            more["round"] = self.rounding.to_document()
        return {**document, **more, **self.where()}

    def new_data(self, old: Any, cell: Cell, document: Document, structure: Structure) -> Checked:
        """Return the computed data in the shape of the old."""
        if isinstance(old, str):
            return Checked(self.computed(old, decimals.FRACTION_DIGITS))
        if not isinstance(old, Mapping):
            return Checked(old)
        if "unit" in old:
            amount = self.computed(old["amount"], decimals.FRACTION_DIGITS)
            return Checked({**old, "amount": amount})
        return Checked({c: self._price(c, amount, structure) for c, amount in old.items()})

    def _price(self, code: str, amount: str, structure: Structure) -> str:
        if self.currency not in (None, code):
            return amount
        currency = structure.currencies.get(code)
        return self.computed(amount, currency.decimals if currency else 2)

    def computed(self, text: str, places: int) -> str:
        """Return the number afterwards; `places` are the decimals unless a rounding is asked."""
        exact = self._exact(Fraction(text))
        if self.rounding is None:
            return _text(decimals.round_half_away(exact, Decimal(1).scaleb(-places)))
        return _text(self.rounding.apply(exact))

    def _exact(self, old: Fraction) -> Fraction:
        number = Fraction(self.number)
        match self.term:
            case "percent":
                return old * (100 + number) / 100
            case "add":
                return old + number
        return old * number


def _text(value: Decimal) -> str:
    # A result outside the range goes on as it is: the check that follows explains it.
    return decimals.canonical(value) if decimals.fits(value) else format(value, "f")


def _currency(attribute: Attribute | None, reader: DocumentReader) -> str | None:
    given = reader.document.get("currency")
    if given is None or attribute is None:
        return None
    if attribute.type != "pim_catalog_price_collection":
        message = "{attribute} is not a price, so it has no currency."
        mend = "Leave currency out."
        reader.note("currency_not_allowed", "currency", message, given,
                    attribute=attribute.code, mend=mend)  # fmt: skip
        return None
    found = reader.structure.currencies.get(given) if isinstance(given, str) else None
    if found is None or not found.active:
        message = '"{value}" is not an active currency.'
        mend = "Write the code of a currency of a channel."
        reader.note("inactive_currency", "currency", message, given, mend=mend)
        return None
    return found.code


def _rounding(reader: DocumentReader) -> Rounding | None:
    given = reader.document.get("round")
    if given is None:
        return None
    if not isinstance(given, Mapping) or not set(given) <= {"to", "ending", "direction"}:
        reader.wrong_type("round", "an object of to or ending, and direction")
        return None
    direction = given.get("direction", "nearest")
    if direction not in get_args(Direction):
        message = '"{value}" is not a direction of rounding.'
        mend = "Choose nearest, up or down."
        reader.note("unknown_direction", "round.direction", message, direction, mend=mend)
        return None
    return _step(given, direction, reader)


def _step(
    given: Mapping[str, Any], direction: Direction, reader: DocumentReader
) -> Rounding | None:
    names = [name for name in ("to", "ending") if given.get(name) is not None]
    if len(names) != 1:
        reader.wrong_type("round", "an object of either to or ending, and direction")
        return None
    number = reader.number(f"round.{names[0]}", given[names[0]])
    if number is None or number < 0 or (number == 0 and names[0] == "to"):
        if number is not None:
            message = "{value} is no step to round to."
            mend = "Write a number above zero, such as 0.01."
            reader.note("bad_step", f"round.{names[0]}", message, number, mend=mend)
        return None
    if names[0] == "to":
        return Rounding(to=number, direction=direction)
    return Rounding(ending=number, direction=direction)
