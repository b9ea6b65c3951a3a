"""The values of conditions: canonical, or explained, by kind of field."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from pim.domain import decimals
from pim.domain.addresses import join
from pim.domain.attribute_types import Checked
from pim.domain.attribute_types.metric import stored_unit
from pim.domain.attribute_types.options import unknown_option
from pim.domain.attribute_types.price_collection import currency_faults
from pim.domain.attribute_types.problems import problem, wrong_type
from pim.domain.attribute_types.reference_data import stored_spelling
from pim.domain.conditions.fields import LEVELS, FieldKind, attribute_of
from pim.domain.conditions.moments import canonical_day, canonical_moment
from pim.domain.structure import Attribute, Codes, Structure
from pim.domain.violations import Violation

Reader = Callable[[Any, str, Attribute | None, Structure | None, str], Checked]


def read_one(
    kind: FieldKind, value: Any, field: str, structure: Structure | None, path: str
) -> Checked:
    """Return one operand in canonical form, or why it is refused; paths begin with `path`."""
    attribute = attribute_of(field, structure) if structure else None
    return _READERS[kind](value, field, attribute, structure, path)


def _text(value: Any, field: str, _a: Any, _s: Any, path: str) -> Checked:
    if not isinstance(value, str):
        return Checked(None, [wrong_type(path, value, "text")])
    if not value:
        mend = "Use the operator EMPTY or NOT EMPTY to ask whether there is a value."
        return Checked(None, [problem("empty_value", path, "The text is empty.", value, mend=mend)])
    return Checked(value)


def _number(value: Any, _f: str, _a: Any, _s: Any, path: str) -> Checked:
    number = None
    if isinstance(value, int | float | Decimal | str) and not isinstance(value, bool):
        text = value if isinstance(value, str) else format(Decimal(str(value)), "f")
        number = decimals.parse(text)
    if number is None or not decimals.fits(number):
        return Checked(None, [wrong_type(path, value, "a number")])
    return Checked(decimals.canonical(number))


def _metric(
    value: Any, field: str, attribute: Attribute | None, structure: Structure | None, path: str
) -> Checked:
    if not isinstance(value, Mapping) or set(value) != {"amount", "unit"}:
        return Checked(None, [wrong_type(path, value, "an object of amount and unit")])
    amount = _number(value["amount"], field, None, None, join(path, "amount"))
    unit = value["unit"]
    faults: list[Violation] = []
    if attribute and structure:
        unit, faults = stored_unit(unit, attribute, structure)
        faults = [_moved(fault, join(path, "unit")) for fault in faults]
    violations = [*amount.violations, *faults]
    return (
        Checked(None, violations) if violations else Checked({"amount": amount.data, "unit": unit})
    )


def _price(
    value: Any, field: str, attribute: Attribute | None, structure: Structure | None, path: str
) -> Checked:
    if not isinstance(value, Mapping) or set(value) != {"amount", "currency"}:
        return Checked(None, [wrong_type(path, value, "an object of amount and currency")])
    amount = _number(value["amount"], field, None, None, join(path, "amount"))
    code, violations = str(value["currency"]), list(amount.violations)
    if attribute and structure:
        currency = structure.currencies.get(code)
        faults = currency_faults(code, currency, None, attribute, structure)
        violations += [_moved(fault, join(path, "currency")) for fault in faults]
        code = currency.code if currency else code
    if violations:
        return Checked(None, violations)
    return Checked({"amount": amount.data, "currency": code})


def _boolean(value: Any, _f: str, _a: Any, _s: Any, path: str) -> Checked:
    if isinstance(value, bool):
        return Checked(value)
    return Checked(None, [wrong_type(path, value, "true or false")])


def _day(value: Any, _f: str, _a: Any, _s: Any, path: str) -> Checked:
    day = canonical_day(value) if isinstance(value, str) else None
    return Checked(day) if day else Checked(None, [_not_a_time(value, path, "a day")])


def _moment(value: Any, _f: str, _a: Any, _s: Any, path: str) -> Checked:
    moment = canonical_moment(value) if isinstance(value, str) else None
    return Checked(moment) if moment else Checked(None, [_not_a_time(value, path, "a moment")])


def _not_a_time(value: Any, path: str, expected: str) -> Violation:
    message = '"{value}" is not {expected}.'
    mend = 'Write 2026-01-15, "now", or an offset such as "-10 days" or "+1 month".'
    return problem("not_a_date", path, message, value, expected=expected, mend=mend)


def _option(
    value: Any, field: str, attribute: Attribute | None, structure: Any, path: str
) -> Checked:
    if not isinstance(value, str):
        return Checked(None, [wrong_type(path, value, "an option's code as text")])
    if attribute is None:
        return Checked(value)
    lenient = attribute.type.startswith("pim_reference_data")
    option = attribute.options.get(value)
    code = stored_spelling(value, attribute) if lenient else option.code if option else None
    if code:
        return Checked(code)
    return Checked(None, [_moved(unknown_option(value, attribute), path)])


def _coded(name: str, found: Callable[[Structure], Codes[Any]]) -> Reader:
    def read(value: Any, _f: str, _a: Any, structure: Structure | None, path: str) -> Checked:
        if not isinstance(value, str):
            return Checked(None, [wrong_type(path, value, "a code as text")])
        if structure is None:
            return Checked(value)
        thing = found(structure).get(value)
        if thing is not None:
            return Checked(thing.code)
        message = 'There is no {name} "{value}".'
        mend = "Correct the code, or create the {name} first."
        return Checked(None, [problem("unknown_code", path, message, value, name=name, mend=mend)])

    return read


def _level(value: Any, _f: str, _a: Any, _s: Any, path: str) -> Checked:
    if value in LEVELS:
        return Checked(value)
    message = '"{value}" is not a level.'
    mend = "Choose simple, variant or model."
    return Checked(None, [problem("unknown_level", path, message, value, mend=mend)])


def _percentage(value: Any, field: str, _a: Any, _s: Any, path: str) -> Checked:
    number = _number(value, field, None, None, path).data
    if number is None or not number.isdigit() or int(number) > 100:
        return Checked(None, [wrong_type(path, value, "a whole number from 0 to 100")])
    return Checked(int(number))


def _whole(value: Any, _f: str, _a: Any, _s: Any, path: str) -> Checked:
    if isinstance(value, int) and not isinstance(value, bool):
        return Checked(value)
    return Checked(None, [wrong_type(path, value, "a change set's number")])


def _uuid(value: Any, _f: str, _a: Any, _s: Any, path: str) -> Checked:
    try:
        return Checked(str(uuid.UUID(str(value))))
    except ValueError:
        mend = "Write it in the form 25566245-55c3-42ce-86d9-8610ac459fa8."
        message = '"{value}" is not a UUID.'
        return Checked(None, [problem("not_a_uuid", path, message, value, mend=mend)])


def _moved(violation: Violation, path: str) -> Violation:
    return replace(violation, path=path)


_READERS: Final[Mapping[FieldKind, Reader]] = {
    "text": _text,
    "media": _text,
    "keys": _text,
    "link": _text,
    "parent": _text,
    "feeds": _text,
    "number": _number,
    "metric": _metric,
    "price": _price,
    "date": _day,
    "moment": _moment,
    "boolean": _boolean,
    "enabled": _boolean,
    "options": _option,
    "uuid": _uuid,
    "level": _level,
    "completeness": _percentage,
    "change_set": _whole,
    "family": _coded("family", lambda structure: structure.families),
    "family_variant": _coded("family variant", lambda structure: structure.family_variants),
    "categories": _coded("category", lambda structure: structure.categories),
    "groups": _coded("group", lambda structure: structure.groups),
}
