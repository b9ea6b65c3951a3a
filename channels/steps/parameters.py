"""Parameters of steps: declared once in the dataclass, checked, described and offered as schema."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping
from dataclasses import MISSING
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin, get_type_hints

import polars as pl

from channels.steps.contract import FieldRef, Step
from channels.steps.sources import Source, When

if TYPE_CHECKING:
    from channels.steps.reading import Reader

REQUIRED: Any = object()


def param(
    doc: str,
    default: Any = REQUIRED,
    *,
    at_least: int | None = None,
    at_most: int | None = None,
    regex: bool = False,
    alias: str | None = None,
) -> Any:
    """Declare one parameter: a line for people, its default, its range.

    `regex` wants a pattern of Rust's engine (linear time, no look-around). `alias` is the name in
    JSON where Python reserves it.
    """
    metadata = {
        "doc": doc,
        "at_least": at_least,
        "at_most": at_most,
        "regex": regex,
        "alias": alias,
    }
    if default is REQUIRED:
        return dataclasses.field(metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Parameter:
    """One parameter as declared."""

    name: str
    field: str
    hint: Any
    required: bool
    default: Any
    rules: Mapping[str, Any]


@cache
def parameters_of(cls: type[Step]) -> dict[str, Parameter]:
    """Return the parameters of a step by their names in JSON, in order of declaration."""
    hints = get_type_hints(cls)
    found = {}
    for field in dataclasses.fields(cls):  # type: ignore[arg-type]  # steps are dataclasses
        name = field.metadata.get("alias") or field.name
        missing = field.default is MISSING
        found[name] = Parameter(
            name=name,
            field=field.name,
            hint=hints[field.name],
            required=missing,
            default=None if missing else field.default,
            rules=field.metadata,
        )
    return found


def read_value(reader: Reader, value: Any, hint: Any, path: str) -> Any:
    """Return a JSON value as its parameter's type; problems go to the reader."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _read_union(reader, value, get_args(hint), path)
    if origin is Literal:
        return reader.one_of(value, get_args(hint), path)
    if origin is tuple:
        return _read_list(reader, value, get_args(hint)[0], path)
    if origin is not None:
        return _read_table(reader, value, path)
    return READERS[hint](reader, value, path)


def _read_union(reader: Reader, value: Any, hints: tuple[Any, ...], path: str) -> Any:
    if value is None and type(None) in hints:
        return None
    chosen = [hint for hint in hints if hint is not type(None)]
    tables = [hint for hint in chosen if get_origin(hint) is not None]
    if isinstance(value, dict | list) and tables:
        return read_value(reader, value, tables[0], path)
    return read_value(reader, value, chosen[-1], path)


def _read_list(reader: Reader, value: Any, hint: Any, path: str) -> Any:
    if not isinstance(value, list):
        return reader.wrong_type(value, "a list", path)
    return tuple(read_value(reader, v, hint, f"{path}[{n}]") for n, v in enumerate(value))


def _read_table(reader: Reader, value: Any, path: str) -> Any:
    if not isinstance(value, dict):
        return reader.wrong_type(value, "a table of texts", path)
    return {key: _read_text(reader, v, f"{path}.{key}") for key, v in value.items()}


def _read_text(reader: Reader, value: Any, path: str) -> Any:
    if not isinstance(value, str):
        return reader.wrong_type(value, "text", path)
    return value


def _read_whole(reader: Reader, value: Any, path: str) -> Any:
    if not isinstance(value, int) or isinstance(value, bool):
        return reader.wrong_type(value, "a whole number", path)
    return value


def _read_flag(reader: Reader, value: Any, path: str) -> Any:
    if not isinstance(value, bool):
        return reader.wrong_type(value, "true or false", path)
    return value


def _read_decimal(reader: Reader, value: Any, path: str) -> Any:
    try:
        number = None if isinstance(value, bool) else Decimal(str(value))
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite():
        return reader.wrong_type(value, "a number", path)
    return number


READERS: dict[Any, Any] = {
    str: _read_text,
    int: _read_whole,
    bool: _read_flag,
    Decimal: _read_decimal,
    FieldRef: lambda reader, value, path: reader.field(value, path),
    Source: lambda reader, value, path: reader.source(value, path),
    When: lambda reader, value, path: reader.when(value, path),
}


def regex_fault(pattern: str) -> str | None:
    """Return why the linear-time engine cannot use a pattern, or None."""
    try:
        pl.Series([""]).str.contains(pattern)
    except pl.exceptions.ComputeError as error:
        return str(error).rpartition("error:")[2].strip().partition("\n")[0]
    return None


SCHEMAS: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    Decimal: {"type": ["string", "number"], "format": "decimal"},
    FieldRef: {"$ref": "#/$defs/field"},
    Source: {"$ref": "#/$defs/source"},
    When: {"$ref": "#/$defs/condition"},
}


def json_schema(cls: type[Step]) -> dict[str, Any]:
    """Return the JSON schema of a step, its docstring as the description."""
    declared = parameters_of(cls)
    properties = {name: _described(each) for name, each in declared.items()}
    return {
        "type": "object",
        "description": doc_line(cls),
        "properties": {"type": {"const": cls.name}, **properties},
        "required": ["type", *(name for name, each in declared.items() if each.required)],
        "additionalProperties": False,
    }


def doc_line(cls: type[Step]) -> str:
    """Return the first line of a step's help."""
    return (cls.__doc__ or "").strip().split("\n")[0]


def _described(parameter: Parameter) -> dict[str, Any]:
    schema = {**_schema(parameter.hint), "description": parameter.rules["doc"]}
    for rule, keyword in (("at_least", "minimum"), ("at_most", "maximum")):
        if parameter.rules[rule] is not None:
            schema[keyword] = parameter.rules[rule]
    if parameter.rules["regex"]:
        schema["format"] = "regex"
    if not parameter.required and isinstance(parameter.default, str | int):
        schema["default"] = parameter.default
    return schema


def _schema(hint: Any) -> dict[str, Any]:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        chosen = [_schema(each) for each in arguments if each is not type(None)]
        return chosen[0] if len(chosen) == 1 else {"anyOf": chosen}
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin is tuple:
        return {"type": "array", "items": _schema(arguments[0])}
    if origin is not None:
        return {"type": "object", "additionalProperties": {"type": "string"}}
    return SCHEMAS[hint]
