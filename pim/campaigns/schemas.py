"""The shape of a campaign's document; what its names and times mean is checked afterwards."""

from __future__ import annotations

from marshmallow import RAISE, Schema, fields, validate

CODE = validate.Regexp(r"^[A-Za-z0-9_]{1,100}$", error="Letters, digits and underscores only.")
COLOR = validate.Regexp(r"^#[0-9A-Fa-f]{6}$", error="Write a color as #d62828.")
#: What fits the column, with room for a priority above and below any other.
PRIORITIES = validate.Range(-1_000_000, 1_000_000)

WHEN = ("starts_at", "ends_at")


class CampaignSchema(Schema):
    """A campaign. `starts_at` and `ends_at` are what the clocks of `time_zone` show."""

    class Meta:
        """Refuse what is not named."""

        unknown = RAISE

    code = fields.String(required=True, validate=CODE)
    label = fields.String(load_default="", validate=validate.Length(max=255))
    color = fields.String(load_default=None, allow_none=True, validate=COLOR)
    starts_at = fields.String(required=True)
    ends_at = fields.String(required=True)
    time_zone = fields.String(required=True, validate=validate.Length(min=1))
    fold = fields.Raw(load_default=None, allow_none=True)
    channels = fields.List(fields.String(), load_default=list)
    locales = fields.List(fields.String(), load_default=list)
    where = fields.Dict(load_default=dict)
    live = fields.Boolean(load_default=True, truthy={True}, falsy={False})
    do = fields.List(fields.Dict(), required=True)
    priority = fields.Integer(load_default=10, strict=True, validate=PRIORITIES)
