"""The shape of a rule's document; what its names mean is checked afterwards."""

from __future__ import annotations

from typing import Final

from marshmallow import RAISE, Schema, fields, validate

CODE = validate.Regexp(r"^[A-Za-z0-9_]{1,100}$", error="Letters, digits and underscores only.")
PRIORITIES = validate.Range(-1_000_000, 1_000_000)

SAVE: Final = "save"
IMPORT: Final = "import"
SCHEDULE: Final = "schedule"
TRIGGERS: Final = (SAVE, IMPORT, SCHEDULE)


class RuleSchema(Schema):
    """A rule; the higher priority comes first and wins."""

    class Meta:
        """Refuse what is not named."""

        unknown = RAISE

    code = fields.String(required=True, validate=CODE)
    label = fields.String(load_default="", validate=validate.Length(max=255))
    where = fields.Dict(load_default=dict)
    do = fields.List(fields.Dict(), required=True)
    priority = fields.Integer(load_default=10, strict=True, validate=PRIORITIES)
    triggers = fields.List(fields.String(validate=validate.OneOf(TRIGGERS)), load_default=list)
    schedule = fields.Dict(load_default=None, allow_none=True)
    enabled = fields.Boolean(load_default=True, truthy={True}, falsy={False})
    read_only = fields.Boolean(load_default=False, truthy={True}, falsy={False})
