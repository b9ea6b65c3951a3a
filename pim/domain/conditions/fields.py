"""Which fields conditions may ask about, and which operators each kind of field knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from pim.domain.attribute_types import ATTRIBUTE_TYPES
from pim.domain.structure import Attribute, Structure

FieldKind = Literal[
    "text", "number", "metric", "price", "date", "boolean", "options", "media", "keys", "link",
    "uuid", "family", "family_variant", "parent", "level", "categories", "groups", "enabled",
    "completeness", "moment", "change_set", "feeds",
]  # fmt: skip

#: Fields that are not attributes, with their kind.
FIELDS: Final[Mapping[str, FieldKind]] = {
    "identifier": "text",
    "uuid": "uuid",
    "family": "family",
    "family_variant": "family_variant",
    "parent": "parent",
    "level": "level",
    "categories": "categories",
    "groups": "groups",
    "enabled": "enabled",
    "completeness": "completeness",
    "created": "moment",
    "updated": "moment",
    "change_set": "change_set",
    "published_in": "feeds",
    "rejected_by": "feeds",
}

LEVELS: Final = ("simple", "variant", "model")

_PRESENCE = ("EMPTY", "NOT EMPTY")
_ORDER = ("<", "<=", "=", "!=", ">=", ">")
_RANGE = ("BETWEEN", "NOT BETWEEN")
_RECENT = "SINCE LAST N DAYS"
_CODES = ("IN", "NOT IN", *_PRESENCE)
_WORDS = ("=", "!=", "STARTS WITH", "CONTAINS", "DOES NOT CONTAIN", *_PRESENCE)
_TREE = ("IN", "NOT IN", "IN CHILDREN", "NOT IN CHILDREN", "UNCLASSIFIED", "IN OR UNCLASSIFIED")

#: What compilers meet after parsing, by kind of field.
KERNEL: Final[Mapping[FieldKind, tuple[str, ...]]] = {
    "text": (*_WORDS, "IN", "NOT IN"),
    "media": _WORDS,
    "number": (*_ORDER, *_PRESENCE),
    "metric": (*_ORDER, *_PRESENCE),
    "price": (*_ORDER, *_PRESENCE),
    "date": (*_ORDER, *_PRESENCE),
    "boolean": ("=", "!=", *_PRESENCE),
    "options": _CODES,
    "keys": _CODES,
    "link": _CODES,
    "uuid": ("IN", "NOT IN"),
    "family": _CODES,
    "family_variant": _CODES,
    "parent": _CODES,
    "level": ("IN", "NOT IN"),
    "categories": _TREE,
    "groups": _CODES,
    "enabled": ("=", "!="),
    "completeness": _ORDER,
    "moment": _ORDER,
    "change_set": ("IN",),
    "feeds": _CODES,
}

_SHORTHAND: Final[Mapping[FieldKind, tuple[str, ...]]] = {
    "number": _RANGE,
    "metric": _RANGE,
    "price": _RANGE,
    "date": (*_RANGE, _RECENT),
    "moment": (*_RANGE, _RECENT),
    **dict.fromkeys(("options", "keys", "link", "uuid"), ("=", "!=")),
    **dict.fromkeys(("family", "family_variant", "parent", "level", "groups"), ("=", "!=")),
    "feeds": ("=", "!="),
    "change_set": ("=",),
}

#: What documents may say, by kind of field: the kernel and the shorthands that parsing resolves.
OPERATORS: Final[Mapping[FieldKind, tuple[str, ...]]] = {
    kind: (*operators, *_SHORTHAND.get(kind, ())) for kind, operators in KERNEL.items()
}

WITHOUT_VALUE: Final = frozenset({*_PRESENCE, "UNCLASSIFIED"})
WITH_LIST: Final = frozenset(
    {"IN", "NOT IN", "IN CHILDREN", "NOT IN CHILDREN", "IN OR UNCLASSIFIED"}
)


def attribute_of(field: str, structure: Structure) -> Attribute | None:
    """Return the attribute that a field names; system fields and the main identifier are none."""
    return None if field in FIELDS else structure.attributes.get(field)


def kind_of(field: str, structure: Structure) -> FieldKind | None:
    """Return the kind of a field as parsing leaves it, or None if there is no such field."""
    if field in FIELDS:
        return FIELDS[field]
    attribute = structure.attributes.get(field)
    return ATTRIBUTE_TYPES[attribute.type].kind if attribute else None


def fold(text: str) -> str:
    """Return text as comparisons see it: in lower case, nothing else changed."""
    return text.lower()
