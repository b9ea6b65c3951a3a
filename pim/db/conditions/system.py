"""Fields that are not attributes: what a product is and where it belongs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from pim.db.conditions.context import ALIASES, Compiler, nobody_knows
from pim.db.conditions.texts import text_sql
from pim.domain.conditions import FieldKind, Leaf, descendants, fold, resolve_moment
from pim.domain.structure import Codes

System = Callable[[Leaf, Compiler], str]

LARGEST: Final = 2**63 - 1


def _identifier(leaf: Leaf, compiler: Compiler) -> str:
    name = "e.code" if compiler.of_models else "e.identifier"
    filled = f"coalesce({name}, '') <> ''"
    match leaf.operator:
        case "NOT EMPTY":
            return filled
        case "EMPTY":
            return f"NOT {filled}"
    return f"({filled} AND {text_sql(leaf, name, compiler)})"


def _belongs(leaf: Leaf, held: str, among: Callable[[], str]) -> str:
    """Ask for the one thing that a row belongs to: NOT IN holds where there is none."""
    match leaf.operator:
        case "EMPTY":
            return f"{held} IS NULL"
        case "NOT EMPTY":
            return f"{held} IS NOT NULL"
    found = f"coalesce({held} = ANY({among()}), false)"
    return found if leaf.operator == "IN" else f"NOT {found}"


def _uuid(leaf: Leaf, compiler: Compiler) -> str:
    return _belongs(leaf, "e.uuid", lambda: compiler.bind(leaf.value, "uuid[]"))


def _family(leaf: Leaf, compiler: Compiler) -> str:
    """Ask for the family; a model has that of its family variant."""
    if not compiler.of_models:
        return _belongs(
            leaf, "e.family_id", lambda: _ids(leaf, compiler.structure.families, compiler)
        )
    wanted = {fold(code) for code in leaf.value or ()}
    variants = [v.id for v in compiler.structure.family_variants if fold(v.family) in wanted]
    return _belongs(leaf, compiler.variant, lambda: compiler.bind(variants, "bigint[]"))


def _family_variant(leaf: Leaf, compiler: Compiler) -> str:
    variants = compiler.structure.family_variants
    return _belongs(leaf, compiler.variant, lambda: _ids(leaf, variants, compiler))


def _parent(leaf: Leaf, compiler: Compiler) -> str:
    wanted = [fold(code) for code in leaf.value or ()]
    return _belongs(leaf, "pim_fold(p1.code)", lambda: compiler.texts(wanted))


def _level(leaf: Leaf, compiler: Compiler) -> str:
    level = "CASE WHEN e.parent_id IS NULL THEN 'simple' ELSE 'variant' END"
    held = "'model'" if compiler.of_models else f"({level})"
    return _belongs(leaf, held, lambda: compiler.texts(leaf.value))


def _groups(leaf: Leaf, compiler: Compiler) -> str:
    held = "CAST('{}' AS bigint[])" if compiler.of_models else "e.groups"
    match leaf.operator:
        case "EMPTY":
            return f"cardinality({held}) = 0"
        case "NOT EMPTY":
            return f"cardinality({held}) > 0"
    some = f"{held} && {_ids(leaf, compiler.structure.groups, compiler)}"
    return some if leaf.operator == "IN" else f"NOT {some}"


def _categories(leaf: Leaf, compiler: Compiler) -> str:
    """Ask for own and inherited categories."""
    held = " || ".join(f"coalesce({alias}.categories, '{{}}')" for alias in ALIASES)
    none = f"cardinality({held}) = 0"
    if leaf.operator == "UNCLASSIFIED":
        return none
    known = compiler.structure.categories
    below = leaf.operator.endswith("IN CHILDREN")
    codes = descendants(leaf.value, compiler.structure) if below else leaf.value
    some = f"({held}) && {compiler.bind(_known(codes, known), 'bigint[]')}"
    if leaf.operator == "IN OR UNCLASSIFIED":
        return f"({none} OR {some})"
    return f"NOT ({some})" if leaf.operator.startswith("NOT ") else some


def _enabled(leaf: Leaf, compiler: Compiler) -> str:
    if compiler.of_models:
        return "false"
    sign = "=" if leaf.operator == "=" else "<>"
    return f"e.enabled {sign} {compiler.bind(leaf.value, 'boolean')}"


def _moment(leaf: Leaf, compiler: Compiler) -> str:
    sign = {"!=": "<>"}.get(leaf.operator, leaf.operator)
    moment = compiler.bind(resolve_moment(leaf.value, compiler.now), "timestamptz")
    return f"e.{leaf.field} {sign} {moment}"


def _change_set(leaf: Leaf, compiler: Compiler) -> str:
    numbers = compiler.bind([n for n in leaf.value if abs(n) <= LARGEST], "bigint[]")
    return (
        "EXISTS (SELECT FROM history h WHERE h.entity_id = e.id"
        f" AND h.change_set_id = ANY({numbers}))"
    )


def _feeds(leaf: Leaf, compiler: Compiler) -> str:
    """Ask what feeds know of products; of models they know nothing."""
    if compiler.facts is None:
        raise nobody_knows(leaf.field)
    found = compiler.facts(leaf.field, leaf.value)
    if compiler.among is not None:
        found = found.filter(found.is_in(list(compiler.among)))
    some = f"e.id = ANY({compiler.bind(found.to_list(), 'bigint[]')})"
    return f"NOT {some}" if leaf.operator in ("EMPTY", "NOT IN") else some


def _ids(leaf: Leaf, things: Codes[Any], compiler: Compiler) -> str:
    return compiler.bind(_known(leaf.value, things), "bigint[]")


def _known(codes: Iterable[str], things: Codes[Any]) -> list[int]:
    found = (things.get(code) for code in codes)
    return sorted(thing.id for thing in found if thing)


#: Every field that is not an attribute, by its kind; completeness has a file of its own.
SYSTEM: Final[Mapping[FieldKind, System]] = {
    "text": _identifier,
    "uuid": _uuid,
    "family": _family,
    "family_variant": _family_variant,
    "parent": _parent,
    "level": _level,
    "groups": _groups,
    "categories": _categories,
    "enabled": _enabled,
    "moment": _moment,
    "change_set": _change_set,
    "feeds": _feeds,
}
