"""Read documents of operations, collecting what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, Final, Literal

from pim.domain import addresses, decimals
from pim.domain.addresses import Address, join
from pim.domain.attribute_types import Kind, type_of
from pim.domain.attribute_types.problems import listed, problem, wrong_type
from pim.domain.structure import Attribute, Structure
from pim.domain.violations import Violation

#: What one of a kind of things is called.
_ONE: Final = {"categories": "category", "groups": "group"}


@dataclass
class DocumentReader:
    """One operation's document at its path, and the violations found in it so far."""

    document: Mapping[str, Any]
    structure: Structure
    path: str
    violations: list[Violation] = field(default_factory=list)

    def note(self, code: str, name: str, message: str, value: Any, **parameters: Any) -> None:
        """Note a violation at a member of the document."""
        self.violations.append(problem(code, join(self.path, name), message, value, **parameters))

    def wrong_type(self, name: str, expected: str) -> None:
        """Note that a member has another type than expected."""
        self.violations.append(wrong_type(join(self.path, name), self.document.get(name), expected))

    def attribute(self, name: str = "field") -> Attribute | None:
        """Return the attribute that a member names; the main identifier is refused."""
        given = self.document.get(name)
        found = self.structure.attributes.get(given) if isinstance(given, str) else None
        if found is None:
            self._unknown_attribute(given, name)
        elif found is self.structure.identifier:
            self.note(
                "identifier_not_allowed",
                name,
                '"{value}" identifies one product; operations on many cannot touch it.',
                given,
                mend="Change it on the product itself, or import a file with the new identifiers.",
            )
            return None
        return found

    def _unknown_attribute(self, given: Any, name: str) -> None:
        codes = [attribute.code for attribute in self.structure.attributes]
        close = get_close_matches(str(given or "").lower(), codes, n=1)
        self.note(
            "unknown_field",
            name,
            'There is no attribute "{value}".' if given else "The attribute is missing.",
            given or "",
            meant=close[0] if close else None,
            mend='Did you mean "{meant}"?' if close else "Write the code of an attribute.",
        )

    def of_kind(self, kinds: tuple[Kind, ...], what: str) -> Attribute | None:
        """Return the attribute of "field" if its type is of one of the kinds."""
        found = self.attribute()
        if found is None or type_of(found).kind in kinds:
            return found
        self.note(
            "type_not_allowed",
            "field",
            "{value} is of the type {type}; {what} is needed here.",
            found.code,
            type=found.type,
            what=what,
            mend="Choose another attribute or another operation.",
        )
        return None

    def address(
        self, attribute: Attribute, names: tuple[str, str] = ("scope", "locale")
    ) -> Address | None:
        """Return the scopes and locales that the document names for an attribute."""
        address, faults = addresses.read(attribute, self.document, self.structure, self.path, names)
        self.violations.extend(faults)
        return None if faults else address

    def text(self, name: str, *, blank: bool = False) -> str | None:
        """Return a text member; blank ones only where they mean something."""
        given = self.document.get(name)
        if isinstance(given, str) and (given or blank):
            return given
        self.wrong_type(name, "text" if blank else "text that is not empty")
        return None

    def flag(self, name: str) -> bool:
        """Return a member that is true or false; absent means false."""
        given = self.document.get(name, False)
        if not isinstance(given, bool):
            self.wrong_type(name, "true or false")
        return given is True

    def number(self, name: str, given: Any) -> Decimal | None:
        """Return an exact number, given as JSON number or text."""
        text = given if isinstance(given, str) else str(given)
        number = None if isinstance(given, bool) else decimals.parse(text.strip())
        if number is None or not decimals.fits(number):
            self.violations.append(wrong_type(join(self.path, name), given, "a number"))
            return None
        return number

    def whole(self, name: str, *, most: int, default: int = 0, least: int | None = None) -> int:
        """Return a whole number from `least` (-most if not given) to `most`."""
        given = self.document.get(name, default)
        low = -most if least is None else least
        if isinstance(given, int) and not isinstance(given, bool) and low <= given <= most:
            return given
        self.wrong_type(name, f"a whole number from {low} to {most}")
        return default

    def codes(self, name: str, noun: Literal["categories", "groups"]) -> tuple[str, ...]:
        """Return the stored codes of the things that a member lists; absent means none."""
        known = getattr(self.structure, noun)
        found = []
        for index, code in enumerate(self.listed(name, f"{_ONE[noun]} codes")):
            thing = known.get(code)
            if thing is None:
                message = 'There is no {noun} "{value}".'
                mend = "Correct the code, or create the {noun} first."
                self.note("unknown_code", f"{name}[{index}]", message, code, noun=_ONE[noun],
                          mend=mend)  # fmt: skip
            else:
                found.append(thing.code)
        return tuple(dict.fromkeys(found))

    def listed(self, name: str, what: str) -> tuple[str, ...]:
        """Return the texts that a member lists, each once; absent means none."""
        given = self.document.get(name)
        if given is None:
            return ()
        if not isinstance(given, list | tuple) or not all(
            isinstance(each, str) and each.strip() for each in given
        ):
            self.wrong_type(name, f"a list of {what}")
            return ()
        return tuple(dict.fromkeys(given))

    def exactly_one(self, names: tuple[str, ...]) -> str | None:
        """Return the one of these members that is given."""
        given = [name for name in names if self.document.get(name) is not None]
        if len(given) == 1:
            return given[0]
        self.note(
            "not_exactly_one",
            given[-1] if given else names[0],
            "Exactly one of {names} is needed; {value} are given.",
            len(given),
            names=listed(names),
            mend="Keep one of {names}.",
        )
        return None
