"""The document of a selection, checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

from pim.domain import conditions
from pim.domain.addresses import join
from pim.domain.attribute_types.problems import problem, wrong_type
from pim.domain.conditions import Condition, to_document
from pim.domain.conditions.parse import unknown_key
from pim.domain.structure import Structure
from pim.domain.violations import Violation
from pim.editing.selections.pasted import Pasted, exact, read_pasted
from pim.errors import Refused

Level = Literal["product", "colourway", "model"]

KEYS: Final = frozenset({"where", "identifiers", "picked", "excluded", "level", "recheck", "only"})
#: Identifiers that one selection may list; beyond it a condition is meant.
MOST: Final = 100_000

#: A row by its id, or by its identifier (a model's code).
Name = int | str


@dataclass(frozen=True, kw_only=True)
class SelectionDocument:
    """What chooses rows, parsed; `condition` None takes only what is picked or listed.

    - `identifiers` and `picked` are taken whether or not they meet the condition; `picked` is what
      somebody clicked, `identifiers` what somebody listed, of which unknown ones are told.
    - `excluded` goes, and so does everything below an excluded model.
    - `level` says what the rows are: "product" turns styles and colourways into all their
      variants, "colourway" and "model" turn products into the colourway or style itself; without
      it rows are what was found.
    - `recheck`: rows that no longer meet the condition when they are written are left out.
    """

    condition: Condition | None = None
    identifiers: tuple[Pasted, ...] = ()
    picked: tuple[Name, ...] = ()
    excluded: tuple[Name, ...] = ()
    level: Level | None = None
    recheck: bool = True
    document: Mapping[str, Any] = field(default_factory=dict, compare=False)


def parse(document: Any, structure: Structure, *, path: str = "selection") -> SelectionDocument:
    """Return a selection, or raise Refused with a violation for each mistake.

    A selection without condition, identifiers and picked rows chooses nothing: say `"where": {}`
    for everything.
    """
    if not isinstance(document, Mapping):
        raise Refused("The selection cannot be used.", [wrong_type(path, document, "an object")])
    reader = _Reader(document, path)
    condition = reader.condition(structure)
    found = SelectionDocument(
        condition=condition,
        identifiers=reader.identifiers(),
        picked=reader.names("picked"),
        excluded=reader.names("excluded"),
        level=reader.level(),
        recheck=reader.flag("recheck"),
        document=dict(document) | ({"where": to_document(condition)} if condition else {}),
    )
    if condition is None and not found.identifiers and not found.picked and not reader.violations:
        reader.violations.append(_empty(path))
    if reader.violations:
        raise Refused("The selection cannot be used.", reader.violations)
    return found


class _Reader:
    """Reads the members, collecting what is wrong."""

    def __init__(self, document: Mapping[str, Any], path: str) -> None:
        self.document, self.path = document, path
        self.violations: list[Violation] = [
            unknown_key(key, join(path, key), KEYS) for key in set(document) - KEYS
        ]

    def condition(self, structure: Structure) -> Condition | None:
        if "where" not in self.document or self.document["where"] is None:
            return None
        try:
            return conditions.parse(
                self.document["where"], structure, path=join(self.path, "where")
            )
        except Refused as refusal:
            self.violations += refusal.violations
            return None

    def identifiers(self) -> tuple[Pasted, ...]:
        given = self.document.get("identifiers")
        if isinstance(given, str):
            return self.bounded("identifiers", read_pasted(given))
        texts = [name for name in self.names("identifiers") if isinstance(name, str)]
        return tuple(exact(texts))

    def names(self, key: str) -> tuple[Name, ...]:
        given = self.document.get(key)
        if given is None:
            return ()
        where = join(self.path, key)
        if not isinstance(given, list | tuple):
            self.violations.append(wrong_type(where, given, "a list of ids or identifiers"))
            return ()
        kinds = (str,) if key == "identifiers" else (int, str)
        for place, name in enumerate(given):
            if not isinstance(name, kinds) or isinstance(name, bool):
                expected = "an identifier as text" if len(kinds) == 1 else "an id or identifier"
                self.violations.append(wrong_type(f"{where}[{place}]", name, expected))
        return self.bounded(key, given)

    def bounded(self, key: str, given: Sequence[Any]) -> tuple[Any, ...]:
        if len(given) > MOST:
            message = "{value} are listed; a selection may list {most}."
            mend = "Choose by a condition instead, or in several selections."
            self.violations.append(
                problem(
                    "too_many_listed",
                    join(self.path, key),
                    message,
                    len(given),
                    most=MOST,
                    mend=mend,
                )
            )
        return tuple(given)

    def level(self) -> Level | None:
        given = self.document.get("level")
        if given is not None and given not in get_args(Level):
            message = '"{value}" is not a level of selections.'
            mend = "Choose product, colourway or model, or leave it out."
            self.violations.append(
                problem("unknown_level", join(self.path, "level"), message, given, mend=mend)
            )
            return None
        level: Level | None = given
        return level

    def flag(self, key: str) -> bool:
        given = self.document.get(key, True)
        if not isinstance(given, bool):
            self.violations.append(wrong_type(join(self.path, key), given, "true or false"))
        return bool(given)


def _empty(path: str) -> Violation:
    mend = 'Give "where" (with {{}} for everything), "identifiers" or "picked".'
    return problem("nothing_chosen", path, "The selection chooses nothing.", "", mend=mend)
