"""The names of all checks, what each means, its parameters and its words for people.

Here is no code that checks: `channels` compiles these to columns. Meanings are exact so that a
columnar and a scalar implementation agree. Unless said otherwise a check skips absent values
(null; an empty text or list counts as absent too), looks at every element of a list, and reads
values as text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "text",
    "enum",
    "url",
    "price",
    "number",
    "integer",
    "measure",
    "date",
    "datetime",
    "date_range",
    "boolean",
    "gtin",
    "country",
]

_DATE = r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
_MOMENT = rf"{_DATE}(?:T{_TIME})?"

# Regular expressions read the same by Python's `re` and by Polars (no look-around, no \d).
FORMATS: Mapping[Kind, str] = {
    "url": r"^https?://[^\s<>\x22]+$",
    "price": r"^[0-9]+(?:\.[0-9]+)? [A-Z]{3}$",
    "number": r"^-?[0-9]+(?:\.[0-9]+)?$",
    "integer": r"^-?[0-9]+$",
    "measure": r"^[0-9]+(?:\.[0-9]+)? [^\s].*$",
    "date": rf"^{_DATE}$",
    "datetime": rf"^{_MOMENT}$",
    "date_range": rf"^{_MOMENT}/{_MOMENT}$",
    "boolean": r"^(?:true|false|yes|no)$",
    "country": r"^[A-Z]{2}$",
}

# What the `format` check says it expects, for people.
EXPECTED: Mapping[Kind, str] = {
    "url": "a web address that starts with http:// or https:// and has no spaces",
    "price": "a number with a dot, a space and a currency code, as in 15.00 USD",
    "number": "a number with a dot as decimal sign and no thousands separator",
    "integer": "a whole number",
    "measure": "a number, a space and a unit, as in 1.5 kg",
    "date": "a date as in 2026-12-26",
    "datetime": "a date or a moment as in 2026-12-26T00:00+0000",
    "date_range": "two moments with a slash between, as in 2026-12-26/2027-01-09",
    "boolean": "true or false (yes or no)",
    "country": "a country code of two letters, as in GB",
}

Check = Literal[
    "required",
    "required_when",
    "recommended",
    "format",
    "enumeration",
    "pattern",
    "min_length",
    "max_length",
    "max_items",
    "minimum",
    "above",
    "maximum",
    "digits",
    "check_digit",
    "currency",
    "unique",
    "control_characters",
    "less_than",
    "below_by",
    "all_or_none",
    "one_of",
    "not_together",
    "same_unit",
    "distinct_within",
    "same_within",
    "max_within",
]


@dataclass(frozen=True, slots=True)
class CheckDoc:
    """One check: its meaning for who implements it, its words for who reads a report.

    `message` and `mend` are templates over the rule's parameters and `{target}`, `{value}`.
    """

    meaning: str
    message: str
    mend: str


CHECKS: Mapping[Check, CheckDoc] = {
    "required": CheckDoc(
        "The value is present. A target that is not mapped fails for every item.",
        "{target} is empty, and the destination requires it",
        "Fill the attribute behind {target}, or map {target} to one that has values",
    ),
    "required_when": CheckDoc(
        "The value is present on every item for which the rule's `when` holds.",
        "{target} is empty, and the destination requires it here ({reason})",
        "Fill the attribute behind {target}, or map {target} to one that has values",
    ),
    "recommended": CheckDoc(
        "The value is present; always a warning. Not checked when the target is not mapped.",
        "{target} is empty; the destination recommends it",
        "Fill the attribute behind {target}",
    ),
    "format": CheckDoc(
        "The whole value matches `pattern`; `kind` and `expected` say what that is.",
        '{target} is "{value}", which is not {expected}',
        "Correct the value, or add a format step to the mapping of {target}",
    ),
    "enumeration": CheckDoc(
        "The value is one of `values` (a tuple), letter by letter.",
        '{target} is "{value}", which is not one of {values}',
        "Add a lookup step to the mapping of {target}",
    ),
    "pattern": CheckDoc(
        "The value matches `pattern` (search; anchored where the whole value is meant).",
        '{target} is "{value}", which is not {expected}',
        "Correct the value, or add a step to the mapping of {target}",
    ),
    "min_length": CheckDoc(
        "The value has at least `limit` of `unit` (characters or bytes of UTF-8).",
        '{target} has fewer than {limit} {unit}: "{value}"',
        "Write a longer text",
    ),
    "max_length": CheckDoc(
        "The value has at most `limit` of `unit` (characters or bytes of UTF-8).",
        '{target} has more than {limit} {unit}: "{value}"',
        "Shorten the text, or add a truncate step to the mapping of {target}",
    ),
    "max_items": CheckDoc(
        "The list has at most `limit` elements.",
        "{target} has more than {limit} values",
        "Remove values, or add a step that keeps the first {limit}",
    ),
    "minimum": CheckDoc(
        "The number (of a price or measure: the part before the space) is >= `limit` (Decimal).",
        '{target} is "{value}", which is below {limit}',
        "Correct the value",
    ),
    "above": CheckDoc(
        "The number (of a price or measure: the part before the space) is > `limit` (Decimal).",
        '{target} is "{value}", which is not above {limit}',
        "Correct the value",
    ),
    "maximum": CheckDoc(
        "The number (of a price or measure: the part before the space) is <= `limit` (Decimal).",
        '{target} is "{value}", which is above {limit}',
        "Correct the value",
    ),
    "digits": CheckDoc(
        "The value is of ASCII digits only and its length is one of `lengths` (a tuple).",
        '{target} is "{value}", which is not a number of {lengths} digits',
        "Correct the number; leading zeros count, and a spreadsheet may have eaten them",
    ),
    "check_digit": CheckDoc(
        "The last digit is the GS1 modulo 10 check digit (weights 3, 1, 3, ... from the digit "
        "before it, leftwards). Skips values that fail `digits`.",
        '{target} is "{value}", and its last digit does not fit the others',
        "Correct the number from the label; one digit is wrong or two are swapped",
    ),
    "currency": CheckDoc(
        "The last three characters are the feed's currency (`WriteContext.currency`). Skips "
        "values that fail `format`.",
        '{target} is "{value}", which is not in the currency of the feed',
        "Map {target} to the price in the currency of the feed",
    ),
    "unique": CheckDoc(
        "No other item of the same publication has the value; every item that shares it fails.",
        '{target} is "{value}", which another item has too',
        "Give each item a value of its own",
    ),
    "control_characters": CheckDoc(
        "The value has no character that XML 1.0 forbids: U+0000-0008, 000B, 000C, 000E-001F, "
        "FFFE, FFFF. Writers remove them.",
        "{target} holds invisible control characters, which are removed: {value}",
        "Remove them from the attribute (they come from copying out of other programs)",
    ),
    "less_than": CheckDoc(
        "`targets` = (a, b): number of a < number of b, both as `minimum` reads them; absent or "
        "unreadable numbers pass, and so do prices of two currencies.",
        '{target} is "{value}", which is not below {other}',
        "Lower {target}, or leave it empty when there is nothing to compare",
    ),
    "below_by": CheckDoc(
        "`targets` = (a, b): number of a <= number of b less `percent` of it, read as by "
        "`less_than`. Passes where a is not below b at all: that is what `less_than` says.",
        '{targets} differ by less than {percent} % ({target} is "{value}")',
        "Leave {target} empty: so small a reduction is not shown",
    ),
    "all_or_none": CheckDoc(
        "Of `targets` either all or none are present. Fails once per item.",
        "Some of {targets} are filled and some are not; the destination wants all or none",
        "Fill the others, or leave all of them out",
    ),
    "one_of": CheckDoc(
        "At least one of `targets` is present. Fails once per item.",
        "None of {targets} is filled; the destination requires one of them",
        "Fill or map one of them",
    ),
    "not_together": CheckDoc(
        "At most one of `targets` is present. Fails once per item.",
        "More than one of {targets} are filled; the destination takes only one",
        "Keep one of them",
    ),
    "same_unit": CheckDoc(
        "The unit (the text after the first space) of all present `targets` is the same.",
        "{targets} are not in the same unit",
        "Convert them to one unit in the mapping",
    ),
    "distinct_within": CheckDoc(
        "Items with the same value of `group` differ in at least one of `targets`; absent counts "
        "as a value, items without a group pass, every item of an equal pair fails.",
        'Two items of the group "{value}" have the same {targets}',
        "Give each variant its own combination, or map the attribute that tells them apart",
    ),
    "same_within": CheckDoc(
        "Items with the same value of `group` have the same value of every one of `targets`; "
        "absent counts as a value, items without a group pass, every item of the group fails.",
        'The items of the group "{value}" differ in {targets}, where the group has one value only',
        "Map {targets} to an attribute of the style, so that all its variants share the value",
    ),
    "max_within": CheckDoc(
        "At most `limit` items have the same value of `group`; items without a group pass, every "
        "item of a larger group fails.",
        'The group "{value}" has more than {limit} items',
        "Split the style, or publish a group per colourway: map {target} to the colourway",
    ),
}
