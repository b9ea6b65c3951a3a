"""The document of an import profile: its shape, its names, and the profile that it describes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from pim.domain.violations import Violation
from pim.errors import Refused
from pim.staging.profiles.profile import Column, Format, Models, Profile

ENTITIES = ("products", "product_models")
MODES = ("create_or_update", "create", "update")
BLANKS = ("keep", "clear", "refuse")
ONE_SIGN = validate.Length(equal=1, error="One character is needed.")


class _Strict(Schema):
    """Refuse what is not named."""

    class Meta:
        """Unknown names are mistakes."""

        unknown = RAISE


class FormatSchema(_Strict):
    """How the sheet is written; what is left out is found out, and shown."""

    encoding = fields.String(load_default=None, allow_none=True)
    separator = fields.String(load_default=None, allow_none=True, validate=ONE_SIGN)
    quote = fields.String(load_default='"', allow_none=True, validate=ONE_SIGN)
    sheet = fields.String(load_default=None, allow_none=True)
    decimal = fields.String(load_default=".", validate=validate.OneOf([".", ","]))
    dates = fields.String(load_default="yyyy-MM-dd", validate=validate.Length(1))
    true = fields.List(fields.String(), load_default=None, allow_none=True)
    false = fields.List(fields.String(), load_default=None, allow_none=True)


class ColumnSchema(_Strict):
    """What a column of the sheet becomes."""

    field = fields.String(required=True, validate=validate.Length(1))
    scope = fields.String(load_default=None, allow_none=True)
    locale = fields.String(load_default=None, allow_none=True)
    currency = fields.String(load_default=None, allow_none=True)
    unit = fields.String(load_default=None, allow_none=True)
    split = fields.String(load_default=None, allow_none=True, validate=validate.Length(1))
    values = fields.Dict(keys=fields.String(), values=fields.String(), load_default=dict)
    create_options = fields.Boolean(load_default=False)
    remove_prefix = fields.String(load_default=None, allow_none=True)


class ModelsSchema(_Strict):
    """How rows that share a key become a model and its variants."""

    key = fields.String(required=True)
    family_variant = fields.String(required=True)
    axes = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        validate=validate.Length(1, error="Name the column of every axis."),
    )


class ProfileSchema(_Strict):
    """An import profile."""

    code = fields.String(
        required=True,
        validate=validate.Regexp(
            r"^[A-Za-z0-9_]{1,100}$", error="Letters, digits and underscores only."
        ),
    )
    label = fields.String(load_default="")
    entity = fields.String(load_default="products")
    format = fields.Nested(FormatSchema, load_default=lambda: FormatSchema().load({}))
    mode = fields.String(load_default="create_or_update", validate=validate.OneOf(MODES))
    blank = fields.String(load_default="keep", validate=validate.OneOf(BLANKS))
    columns = fields.Dict(
        keys=fields.String(),
        values=fields.Nested(ColumnSchema, allow_none=True),
        load_default=dict,
    )
    constants = fields.Dict(keys=fields.String(), values=fields.String(), load_default=dict)
    models = fields.Nested(ModelsSchema, load_default=None, allow_none=True)


def read_profile(document: Mapping[str, Any]) -> Profile:
    """Return the profile that a document describes.

    Raises Refused with every violation of its shape, each at its path in the document.
    """
    try:
        given = ProfileSchema().load(dict(document))
    except ValidationError as error:
        violations = list(_violations(error.messages))
        reasons = " ".join(f"{each.path}: {each.text}" for each in violations)
        raise Refused(f"This is no import profile. {reasons}", violations) from error
    models = given["models"]
    return Profile(
        code=given["code"],
        label=given["label"],
        entity=_entity(given["entity"]),
        format=Format(**given["format"]),
        mode=given["mode"],
        blank=given["blank"],
        columns={
            header.strip(): Column(**column) if column else None
            for header, column in given["columns"].items()
        },
        constants=given["constants"],
        models=Models(**models) if models else None,
        document=document,
    )


def _entity(word: str) -> str:
    """Return products or product_models; raises Refused for anything else."""
    wanted = word.strip().casefold().replace("-", "_")
    found = next((entity for entity in ENTITIES if wanted in (entity, entity[:-1])), None)
    if found is None:
        violation = Violation(
            code="profile_entity",
            path="entity",
            message='A profile translates products or product models, not "{entity}".',
            mend="Name products; structure is imported from files in the flat format.",
            parameters={"entity": word},
            value=word,
        )
        raise Refused(f"entity: {violation.text} {violation.mend_text}", [violation])
    return found


def _violations(messages: Any, path: str = "") -> Iterator[Violation]:
    """Yield one violation per message of marshmallow's nested answer."""
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            step = "" if name in ("key", "value", "_schema") else str(name)
            yield from _violations(inner, f"{path}.{step}".strip("."))
        return
    for message in messages:
        yield Violation(
            code="profile_invalid",
            path=path,
            message="{reason}",
            mend="See the import profile's page in the manual.",
            parameters={"reason": str(message)},
        )
