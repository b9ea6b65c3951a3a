"""Check a profile against the structure: every name in it must mean something there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pim.domain.structure import Structure
from pim.domain.violations import Violation
from pim.products.models import MODEL, PRODUCT
from pim.staging.header import read_header
from pim.staging.profiles.profile import Column, Models, Profile


def faults(profile: Profile, structure: Structure) -> list[Violation]:
    """Return what is wrong with a profile, each at its path in the document."""
    return [
        *_targets(profile, structure),
        *_options(profile, structure),
        *(_models(profile.models, structure) if profile.models else ()),
    ]


def _targets(profile: Profile, structure: Structure) -> Iterator[Violation]:
    """Yield columns and constants that lead nowhere, or two of them to the same place."""
    kind = MODEL if profile.entity == "product_models" else PRODUCT
    seen: dict[str, str] = {}
    names: dict[str, str] = {}
    for path, target in _named(profile):
        earlier = seen.setdefault(target.casefold(), path)
        if earlier == path:
            names[target] = path
        else:
            yield _fault(
                "profile_target_repeated",
                path,
                "{target} is filled by {earlier} already.",
                "Fill it once.",
                target=target,
                earlier=earlier,
            )
    plan = read_header(list(names), kind, structure)
    for violation in plan.ignored:
        if profile.models is None or violation.path not in ("code", "family_variant"):
            yield replace(
                violation,
                code="profile_target_unknown",
                path=names[violation.path],
                message=violation.message.replace("Column {column} is ignored.", "{column}:"),
                mend="Name a field, with the locale, scope or currency that it needs.",
                severity="error",
            )


def _named(profile: Profile) -> Iterator[tuple[str, str]]:
    for header, column in profile.columns.items():
        if column is not None:
            yield f"columns.{header}.field", column.target
            if column.unit:
                yield f"columns.{header}.unit", column.unit_target
    for axis, header in (profile.models.axes if profile.models else {}).items():
        under = profile.columns.get(header.strip())
        if under is None or under.field != axis:
            yield f"models.axes.{axis}", axis
    for field in profile.constants:
        yield f"constants.{field}", field


def _options(profile: Profile, structure: Structure) -> Iterator[Violation]:
    for header, column in profile.columns.items():
        if column is not None and column.create_options and not _is_select(column, structure):
            yield _fault(
                "profile_no_options",
                f"columns.{header}.create_options",
                "{field} has no options to create.",
                "Leave create_options out, or name a select attribute.",
                field=column.field,
            )


def _is_select(column: Column, structure: Structure) -> bool:
    attribute = structure.attributes.get(column.field)
    return attribute is not None and "select" in attribute.type


def _models(models: Models, structure: Structure) -> Iterator[Violation]:
    variant = structure.family_variants.get(models.family_variant)
    if variant is None:
        yield _fault(
            "profile_family_variant",
            "models.family_variant",
            'There is no family variant "{code}".',
            "Name one of: {known}.",
            code=models.family_variant,
            known=", ".join(each.code for each in structure.family_variants) or "none yet",
        )
        return
    axes = [axis for level in variant.levels for axis in level.axes]
    for axis in axes:
        if axis not in models.axes:
            yield _fault(
                "profile_axis_missing",
                "models.axes",
                "{variant} varies by {axis}, and no column is named for it.",
                "Name the column that holds {axis}.",
                variant=variant.code,
                axis=axis,
            )
    for axis in models.axes:
        if axis not in axes:
            yield _fault(
                "profile_axis_unknown",
                f"models.axes.{axis}",
                "{variant} does not vary by {axis}.",
                "Its axes are {axes}.",
                variant=variant.code,
                axis=axis,
                axes=", ".join(axes),
            )


def _fault(code: str, path: str, message: str, mend: str, /, **parameters: str) -> Violation:
    return Violation(code=code, path=path, message=message, mend=mend, parameters=parameters)
