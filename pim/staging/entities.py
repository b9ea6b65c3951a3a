"""What a file holds, told by its name or else by its header."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from pim.errors import Refused
from pim.structure.flat import ENTITIES as FLAT_ENTITIES

#: In the order of dependencies: what stands later may name what stands earlier.
ENTITIES = tuple(entity.code for entity in FLAT_ENTITIES)

_OTHER_NAMES = {"options": "attribute_options", "models": "product_models"}
_PRODUCT_COLUMNS = frozenset({"family", "categories", "enabled", "parent", "groups"})


def entity_named(word: str) -> str | None:
    """Return the entity that a word means, in singular or plural: Product-Models, attribute."""
    wanted = re.sub(r"[\s\-]+", "_", word.strip().casefold())
    return _NAMES.get(wanted)


def entity_asked(word: str) -> str:
    """Return the entity that a person asked for; raises Refused listing what there is."""
    found = entity_named(word)
    if found is None:
        raise Refused(f'There is no entity "{word}"; name one of: {", ".join(ENTITIES)}.')
    return found


def entity_of_name(stem: str) -> str | None:
    """Return the entity that a file's name begins with: products, 03-families, models_2026-05."""
    words = re.sub(r"^[\d\s._\-]+", "", stem)
    parts = re.split(r"[\s._\-]+", words.casefold())
    for length in range(len(parts), 0, -1):
        found = entity_named("_".join(parts[:length]))
        if found:
            return found
    return None


def entity_of_header(header: Iterable[str]) -> str | None:
    """Return the entity whose columns these are."""
    names = {name.casefold() for name in header}
    prefixes = {name.split("-", 1)[0] for name in names if "-" in name}
    if "code" in names:
        return _structure_of(names, prefixes)
    if names & {"sku", "identifier", "uuid"} or len(names & _PRODUCT_COLUMNS) > 1:
        return "products"
    return None


def _structure_of(names: Collection[str], prefixes: Collection[str]) -> str | None:
    """Return the entity of a header with a code: the most telling column decides."""
    telling = (
        ("family_variant" in names or "_resolve" in names, "product_models"),
        ("variant" in prefixes, "family_variants"),
        ("attribute" in names, "attribute_options"),
        ("requirements" in prefixes or "attribute_as_label" in names, "families"),
        ("tree" in names, "channels"),
        ("units" in names or "standard_unit_code" in names, "measurement_families"),
        ("type" in names and "group" in names, "attributes"),
        ("is_two_way" in names or "is_quantified" in names, "association_types"),
        ("activated" in names, "currencies"),
        ("type" in names, "groups"),
        ("parent" in names, "categories"),
        ("attributes" in names, "attribute_groups"),
    )
    return next((entity for tells, entity in telling if tells), None)


def _singular(entity: str) -> str:
    return entity[:-3] + "y" if entity.endswith("ies") else entity[:-1]


_NAMES = {
    **{entity: entity for entity in ENTITIES},
    **{_singular(entity): entity for entity in ENTITIES},
    **_OTHER_NAMES,
}
