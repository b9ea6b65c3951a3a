"""Which files there are, in the order in which they depend on each other, and their columns."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from pim.structure.flat.columns import (
    CODE,
    FLAG,
    JSON,
    LIST,
    PAIRS,
    TEXT,
    WHOLE,
    Column,
    Form,
    Layout,
)
from pim.structure.service import NOUNS, Noun


class Entity(NamedTuple):
    """One kind of flat file: the code of its entity and its usual name without extension."""

    code: str
    file_name: str


#: In the order in which a folder of files is imported. Channels follow attributes, whose units
#: they convert, and come before families, whose requirements name them.
ENTITIES: Final = tuple(
    Entity(code, code)
    for code in (
        "locales",
        "currencies",
        "measurement_families",
        "attribute_groups",
        "association_types",
        "group_types",
        "groups",
        "categories",
        "attributes",
        "attribute_options",
        "channels",
        "families",
        "family_variants",
        "product_models",
        "products",
    )
)

LABELS = Column(header="label-", path=("labels", "*"), form=TEXT)


def _of(header: str, form: Form = CODE, *path: str) -> Column:
    return Column(header=header, path=path or (header,), form=form)


def _property(name: str, form: Form = CODE) -> Column:
    return Column(header=name, path=("properties", name), form=form)


def _layout(*columns: Column, patterns: tuple[Column, ...] = (LABELS,)) -> Layout:
    return Layout(columns=columns, patterns=patterns)


_ATTRIBUTES = Layout(
    columns=(
        _of("code"),
        _of("type"),
        _of("group"),
        _of("unique", FLAG),
        _of("useable_as_grid_filter", FLAG, "usable_in_grid"),
        _of("localizable", FLAG),
        _of("scopable", FLAG),
        _of("available_locales", LIST),
        _of("sort_order", WHOLE),
        _property("max_characters", WHOLE),
        _property("minimum_input_length", WHOLE),
        _property("validation_rule"),
        _property("validation_regexp", TEXT),
        _property("wysiwyg_enabled", FLAG),
        _property("number_min"),
        _property("number_max"),
        _property("decimals_allowed", FLAG),
        _property("negative_allowed", FLAG),
        _property("date_min"),
        _property("date_max"),
        _property("max_file_size"),
        _property("allowed_extensions", LIST),
        _property("metric_family"),
        _property("default_metric_unit"),
        _property("auto_option_sorting", FLAG),
        _property("reference_data_name"),
    ),
    patterns=(LABELS,),
    # A requirement belongs to families; old files of the field still say it here.
    ignored=frozenset({"required"}),
    aliases={"usable_as_grid_filter": "useable_as_grid_filter"},
)

_FAMILIES = _layout(
    _of("code"),
    _of("attributes", LIST),
    _of("attribute_as_label"),
    _of("attribute_as_image"),
    patterns=(
        LABELS,
        Column(header="requirements-", path=("requirements", "*"), form=LIST),
    ),
)

_FAMILY_VARIANTS = _layout(
    _of("code"),
    _of("family"),
    _of("overridable", LIST),
    patterns=(
        LABELS,
        Column(header="variant-axes_", path=("levels", "*", "axes"), form=LIST),
        Column(header="variant-attributes_", path=("levels", "*", "attributes"), form=LIST),
    ),
)

LAYOUTS: Final[Mapping[str, Layout]] = MappingProxyType(
    {
        # Whether a locale is active follows from the channels.
        "locales": Layout(columns=(_of("code"),), ignored=frozenset({"activated"})),
        "currencies": _layout(
            _of("code"), _of("activated", FLAG, "active"), _of("decimals", WHOLE), patterns=()
        ),
        "measurement_families": _layout(_of("code"), _of("standard_unit"), _of("units", JSON)),
        "attribute_groups": _layout(_of("code"), _of("sort_order", WHOLE)),
        "association_types": _layout(
            _of("code"),
            _of("is_two_way", FLAG, "two_way"),
            _of("is_quantified", FLAG, "quantified"),
        ),
        "group_types": _layout(_of("code")),
        "groups": _layout(_of("code"), _of("type")),
        "categories": _layout(_of("code"), _of("parent")),
        "attributes": _ATTRIBUTES,
        "attribute_options": _layout(_of("attribute"), _of("code"), _of("sort_order", WHOLE)),
        "channels": _layout(
            _of("code"),
            _of("tree"),
            _of("locales", LIST),
            _of("currencies", LIST),
            _of("conversion_units", PAIRS),
        ),
        "families": _FAMILIES,
        "family_variants": _FAMILY_VARIANTS,
    }
)

_NOUN_OF: Final = {
    "locales": "locale",
    "currencies": "currency",
    "measurement_families": "measurement_family",
    "attribute_groups": "attribute_group",
    "association_types": "association_type",
    "group_types": "group_type",
    "groups": "group",
    "categories": "category",
    "attributes": "attribute",
    "attribute_options": "option",
    "channels": "channel",
    "families": "family",
    "family_variants": "family_variant",
}


def noun_of(entity: str) -> Noun:
    """Return the noun of a structure entity; KeyError for any other."""
    return NOUNS[_NOUN_OF[entity]]
