"""Codes of options: found without regard to case, explained when they are not there."""

from __future__ import annotations

import re
from weakref import WeakKeyDictionary

from pim.domain.attribute_types.problems import problem
from pim.domain.structure import Attribute, AttributeOption, Codes
from pim.domain.violations import Violation

_lookalikes: WeakKeyDictionary[Codes[AttributeOption], dict[str, str]] = WeakKeyDictionary()


def unknown_option(code: str, attribute: Attribute) -> Violation:
    """Return the violation of a code that the attribute does not offer."""
    meant = _meant(code, attribute.options)
    return problem(
        "unknown_option",
        attribute.code,
        '"{value}" is not an option of {attribute}.',
        code,
        attribute=attribute.code,
        meant=meant,
        mend='Did you mean "{meant}"? Otherwise add the option first.'
        if meant
        else "Correct the code, or add the option first.",
    )


def _meant(code: str, options: Codes[AttributeOption]) -> str | None:
    """Return the option whose code or label reads alike: one look-up, whatever their number."""
    if options not in _lookalikes:
        alike: dict[str, str] = {}
        for option in options:
            for text in (option.code, *option.labels.values()):
                alike.setdefault(_bare(text), option.code)
        _lookalikes[options] = alike
    return _lookalikes[options].get(_bare(code)) if _bare(code) else None


def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold())
