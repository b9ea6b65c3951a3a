"""The JSON schema of mappings, made from the steps: for forms, editors and the API's docs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from channels.steps.contract import Step
from channels.steps.parameters import json_schema
from channels.steps.registry import load_steps

DRAFT = "https://json-schema.org/draft/2020-12/schema"

_FIELD = {
    "description": "A field: its code, code@locale, or an address",
    "anyOf": [
        {"type": "string", "minLength": 1},
        {
            "type": "object",
            "properties": {n: {"type": "string"} for n in ("field", "scope", "locale", "currency")},
            "required": ["field"],
            "additionalProperties": False,
        },
    ],
}
_CONSTANT = {
    "type": "object",
    "properties": {"value": {}},
    "required": ["value"],
    "additionalProperties": False,
}
_CONDITION = {
    "type": "object",
    "anyOf": [
        {"required": ["field", "operator"]},
        {"required": ["all"]},
        {"required": ["any"]},
        {"required": ["not"]},
    ],
}


def mapping_schema(steps: Mapping[str, type[Step]] | None = None) -> dict[str, Any]:
    """Return the JSON schema (draft 2020-12) of a feed's mapping."""
    known = load_steps() if steps is None else steps
    start = {
        "anyOf": [
            {"$ref": "#/$defs/field"},
            {"$ref": "#/$defs/constant"},
            {"type": "array", "items": {"$ref": "#/$defs/field"}},
        ]
    }
    steered = {
        "type": "object",
        "properties": {
            "from": start,
            "steps": {"type": "array", "items": {"$ref": "#/$defs/step"}},
        },
        "additionalProperties": False,
        "anyOf": [{"required": ["from"]}, {"required": ["steps"]}],
    }
    return {
        "$schema": DRAFT,
        "type": "object",
        "additionalProperties": {"$ref": "#/$defs/source"},
        "$defs": {
            "field": _FIELD,
            "constant": _CONSTANT,
            "condition": _CONDITION,
            "source": {"anyOf": [*start["anyOf"], steered]},
            "step": {"oneOf": [{"$ref": f"#/$defs/step_{name}"} for name in sorted(known)]},
            **{f"step_{name}": json_schema(known[name]) for name in sorted(known)},
        },
    }
