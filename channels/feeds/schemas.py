"""The shape of a feed's document (CONTRACT: feed); what its names mean is checked afterwards."""

from __future__ import annotations

from marshmallow import RAISE, Schema, fields, validate

SEVERITIES = ("error", "warning", "drop_value", "hold_group", "off")
COMPRESSIONS = ("gzip",)
LEVELS = ("product", "model", "colourway")
CODE = validate.Regexp(r"^[A-Za-z0-9_]{1,100}$", error="Letters, digits and underscores only.")

NOT_YET = validate.Length(
    max=0, error="Not offered yet: call `pim feed publish` on a schedule and fetch the files."
)


class CompletenessSchema(Schema):
    """Take only products that are complete enough in these locales of the feed's channel."""

    class Meta:
        """Refuse what is not named."""

        unknown = RAISE

    locales = fields.List(fields.String(), load_default=list)
    minimum = fields.Integer(load_default=100, validate=validate.Range(0, 100))


class GuardsSchema(Schema):
    """Hold a publication that looks wrong; a value of null switches a guard off."""

    class Meta:
        """Refuse what is not named."""

        unknown = RAISE

    max_drop_percent = fields.Decimal(
        load_default=20, allow_none=True, validate=validate.Range(0, 100)
    )
    min_items = fields.Integer(load_default=1, allow_none=True, validate=validate.Range(0))
    max_zero_prices = fields.Integer(load_default=10, allow_none=True, validate=validate.Range(0))
    max_errors_percent = fields.Decimal(
        load_default=50, allow_none=True, validate=validate.Range(0, 100)
    )


class FeedSchema(Schema):
    """A feed."""

    class Meta:
        """Refuse what is not named."""

        unknown = RAISE

    code = fields.String(required=True, validate=CODE)
    label = fields.String(load_default="")
    channel = fields.String(required=True)
    locale = fields.String(load_default=None, allow_none=True)
    fallback_locales = fields.List(fields.String(), load_default=list)
    currency = fields.String(load_default=None, allow_none=True)
    country = fields.String(load_default=None, allow_none=True)
    link = fields.String(load_default="")
    media_base_url = fields.String(load_default="")
    exporter = fields.String(required=True)
    options = fields.Dict(keys=fields.String(), load_default=dict)
    compression = fields.String(
        load_default=None, allow_none=True, validate=validate.OneOf(COMPRESSIONS)
    )
    level = fields.String(load_default="product", validate=validate.OneOf(LEVELS))
    where = fields.Dict(load_default=dict)
    completeness = fields.Nested(CompletenessSchema, load_default=None, allow_none=True)
    mapping = fields.Dict(
        keys=fields.String(), required=True, validate=validate.Length(1, error="Map a target.")
    )
    lookups = fields.Dict(
        keys=fields.String(),
        values=fields.Dict(keys=fields.String(), values=fields.String()),
        load_default=dict,
    )
    severity = fields.Dict(
        keys=fields.String(),
        values=fields.String(validate=validate.OneOf(SEVERITIES)),
        load_default=dict,
    )
    guards = fields.Nested(GuardsSchema, load_default=lambda: GuardsSchema().load({}))
    schedules = fields.List(fields.Dict(), load_default=list, validate=NOT_YET)
    deliveries = fields.List(fields.Dict(), load_default=list, validate=NOT_YET)
    retention = fields.Integer(load_default=5, validate=validate.Range(1, 1000))
