"""Which cells of an attribute a scope and a locale name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pim.domain.attribute_types.problems import listed, problem
from pim.domain.structure import ALL, Attribute, Channel, Codes, Structure
from pim.domain.values import Cell
from pim.domain.violations import Violation

EVERY = "*"

#: One code, several, every one that the attribute has ("*"), or none given.
Choice = str | tuple[str, ...] | None


@dataclass(frozen=True, kw_only=True)
class Address:
    """A field's scopes and locales in stored spelling, expanded when cells are asked for."""

    scope: Choice = None
    locale: Choice = None


def cell_of(
    attribute: Attribute, scope: str | None, locale: str | None, structure: Structure, path: str
) -> tuple[Cell, list[Violation]]:
    """Return the one cell that a scope and a locale name, and what is wrong with them.

    Paths are `path` with ".scope" or ".locale" (without the dot where path is empty).
    """
    address, violations = read(attribute, {"scope": scope, "locale": locale}, structure, path)
    several = [name for name in ("scope", "locale") if not _is_one(getattr(address, name))]
    violations += [_one_only(attribute, join(path, name)) for name in several]
    if violations:
        return Cell(attribute.code), violations
    return Cell(attribute.code, str(address.scope or ALL), str(address.locale or ALL)), []


def _is_one(choice: Choice) -> bool:
    return choice is None or (isinstance(choice, str) and choice != EVERY)


def _one_only(attribute: Attribute, path: str) -> Violation:
    mend = "Name one code."
    message = "One cell of {attribute} is meant here, not several."
    return problem("several_cells", path, message, "", attribute=attribute.code, mend=mend)


def read(
    attribute: Attribute,
    document: Mapping[str, Any],
    structure: Structure,
    path: str,
    names: tuple[str, str] = ("scope", "locale"),
) -> tuple[Address, list[Violation]]:
    """Return the scopes and locales that a document names for an attribute, and what is wrong.

    `names` are the keys in the document, for documents that speak of two fields.
    """
    scope, scope_faults = _choice(
        document.get(names[0]), attribute, structure.channels,
        join(path, names[0]), _SCOPE,
    )  # fmt: skip
    offered = _locales(attribute, scope if not scope_faults else EVERY, structure)
    locale, locale_faults = _choice(
        document.get(names[1]), attribute, offered,
        join(path, names[1]), _LOCALE,
    )  # fmt: skip
    return Address(scope=scope, locale=locale), [*scope_faults, *locale_faults]


def cells(attribute: Attribute, address: Address, structure: Structure) -> list[Cell]:
    """Return the cells of an address, those that the attribute has, channel by channel."""
    return [
        Cell(attribute.code, channel, locale)
        for channel in _chosen(address.scope, structure.scopes(attribute))
        for locale in _chosen(address.locale, structure.locales_of(attribute, channel))
    ]


def _chosen(choice: Choice, offered: Sequence[str]) -> Sequence[str]:
    if choice is None or choice == EVERY:
        return offered
    wanted = (choice,) if isinstance(choice, str) else choice
    return [code for code in offered if code in wanted]


@dataclass(frozen=True)
class _Code:
    code: str


def _locales(attribute: Attribute, scope: Choice, structure: Structure) -> Codes[Any]:
    """Return the locales that an attribute has in any of the chosen channels."""
    channels = _chosen(scope, structure.scopes(attribute))
    found = (code for channel in channels for code in structure.locales_of(attribute, channel))
    return Codes(_Code(code) for code in dict.fromkeys(found) if code != ALL)


@dataclass(frozen=True)
class _Axis:
    name: str
    ability: str
    plural: str


_SCOPE = _Axis("scope", "scopable", "channels")
_LOCALE = _Axis("locale", "localizable", "locales")


def _choice(
    given: Any,
    attribute: Attribute,
    offered: Codes[Any] | Codes[Channel],
    path: str,
    axis: _Axis,
) -> tuple[Choice, list[Violation]]:
    if not getattr(attribute, axis.ability):
        return None, [] if given in (None, "", EVERY) else [
            _not_varying(given, attribute, path, axis)
        ]
    if given in (None, "", []):
        return None, [_missing(attribute, offered, path, axis)]
    if given == EVERY:
        return EVERY, []
    codes = [given] if isinstance(given, str) else given
    if not isinstance(codes, list | tuple):
        return None, [_unknown(given, attribute, offered, path, axis)]
    faults = [
        _unknown(code, attribute, offered, path if codes != given else f"{path}[{index}]", axis)
        for index, code in enumerate(codes)
        if code not in offered
    ]
    if faults:
        return None, faults
    stored = tuple(offered[code].code for code in codes)
    return (stored[0] if isinstance(given, str) else stored), []


def _not_varying(given: Any, attribute: Attribute, path: str, axis: _Axis) -> Violation:
    return problem(
        f"{axis.name}_not_allowed",
        path,
        "{attribute} is not {ability}, so it has one value for all {plural}.",
        given,
        attribute=attribute.code,
        ability=axis.ability,
        plural=axis.plural,
        name=axis.name,
        mend="Leave {name} out.",
    )


def _missing(attribute: Attribute, offered: Iterable[Any], path: str, axis: _Axis) -> Violation:
    return problem(
        f"missing_{axis.name}",
        path,
        "{attribute} is {ability}; which {name} is meant?",
        "",
        attribute=attribute.code,
        ability=axis.ability,
        name=axis.name,
        known=listed((thing.code for thing in offered), most=20),
        mend="Add {name}: one of {known}.",
    )


def _unknown(
    given: Any, attribute: Attribute, offered: Iterable[Any], path: str, axis: _Axis
) -> Violation:
    return problem(
        f"unknown_{axis.name}",
        path,
        '"{value}" is not one of the {plural} of {attribute}.',
        given,
        attribute=attribute.code,
        plural=axis.plural,
        known=listed((thing.code for thing in offered), most=20),
        mend="Choose one of {known}.",
    )


def join(path: str, name: str) -> str:
    """Return the path of a member of a JSON object.

    >>> join("", "field"), join("all[0]", "field")
    ('field', 'all[0].field')
    """
    return f"{path}.{name}" if path else name
