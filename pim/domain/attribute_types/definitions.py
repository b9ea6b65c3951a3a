"""Whether an attribute is well defined: what the types allow, and what their settings may say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pim.domain.attribute_types.contract import AttributeType
from pim.domain.attribute_types.problems import listed, problem
from pim.domain.attribute_types.properties import as_flag
from pim.domain.structure import Attribute, Structure
from pim.domain.violations import Violation


def definition_faults(
    kind: AttributeType, attribute: Attribute, structure: Structure
) -> list[Violation]:
    """Return everything wrong with an attribute's definition; paths are names of the flat format.

    A setting that the type does not know is a warning when it says anything: files of the field
    carry the columns of all types for every attribute.
    """
    known = list(_property_faults(kind, attribute))
    deeper = (
        []
        if any(v.severity == "error" for v in known)
        else kind.check_definition(attribute, structure)
    )
    return [*_scope_faults(kind, attribute), *_locale_faults(attribute, structure), *known, *deeper]


def _scope_faults(kind: AttributeType, attribute: Attribute) -> Iterator[Violation]:
    if attribute.unique and not kind.unique_allowed:
        yield _refused("unique", kind, attribute, "Set unique to 0.")
    if attribute.localizable and not kind.localizable_allowed:
        yield _refused("localizable", kind, attribute, "Set localizable to 0.")
    if attribute.scopable and not kind.scopable_allowed:
        yield _refused("scopable", kind, attribute, "Set scopable to 0.")
    if attribute.unique and (attribute.localizable or attribute.scopable):
        yield problem(
            "unique_not_global",
            "unique",
            'The attribute "{value}" is unique, so it can be neither localizable nor scopable.',
            attribute.code,
            mend="Give up unique, or set localizable and scopable to 0.",
        )


def _refused(name: str, kind: AttributeType, attribute: Attribute, mend: str) -> Violation:
    return problem(
        f"{name}_not_allowed",
        name,
        'The attribute "{value}" cannot be {name}: the type {type} does not allow it.',
        attribute.code,
        name=name,
        type=kind.code,
        mend=mend,
    )


def _locale_faults(attribute: Attribute, structure: Structure) -> Iterator[Violation]:
    for code in attribute.available_locales:
        if code not in structure.locales:
            yield problem(
                "unknown_locale",
                "available_locales",
                '"{value}" is not a locale.',
                code,
                mend="Write a code such as en_GB that is in the list of locales.",
            )


def _property_faults(kind: AttributeType, attribute: Attribute) -> Iterator[Violation]:
    for name, value in attribute.properties.items():
        if value is None or value == "":
            continue
        known = kind.settings.get(name)
        if known is None:
            if as_flag(value) is not False:
                yield _unknown(name, value, kind)
        elif not known.accepts(value):
            yield problem(
                "bad_property",
                name,
                '"{value}" is not right for {name}: {expects} is expected.',
                value,
                name=name,
                expects=known.expects,
                mend="Write {expects}, or leave it empty.",
            )


def _unknown(name: str, value: object, kind: AttributeType) -> Violation:
    found = problem(
        "unknown_property",
        name,
        'The type {type} does not know the setting {name} ("{value}"); it is ignored.',
        value,
        name=name,
        type=kind.code,
        known=listed(kind.settings, most=20),
        mend="Leave it empty; the settings of this type are {known}.",
    )
    return replace(found, severity="warning")
