"""An exporter's options: a frozen dataclass that gives the check, the schema and the docs."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from pim.domain.violations import Violation
from pim.errors import Refused


def option(default: Any, doc: str, *, length: int | None = None) -> Any:
    """Declare one option: its default, one line for people, and the exact length of a text."""
    return dataclasses.field(default=default, metadata={"doc": doc, "length": length})


@dataclass(frozen=True, kw_only=True)
class Options:
    """Base of every exporter's options; fields are made with `option(default, doc)`.

    Fields may be `str`, `int`, `bool`, `Literal[...]` of strings, or `tuple[str, ...]`.
    """

    name: str = option("products", "Name of the file, without its suffix")

    def problems(self) -> Iterable[Violation]:
        """Return what is wrong between the options; paths are option names."""
        if not re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]*", self.name):
            yield option_problem("name", self.name, "Use letters, digits, dot, - and _ only")


SomeOptions = TypeVar("SomeOptions", bound=Options)


def describe_options(options: type[Options]) -> dict[str, Any]:
    """Return a JSON schema of the options, for forms, documents and docs."""
    hints = get_type_hints(options)
    properties = {
        field.name: {
            **_schema(hints[field.name], field.metadata.get("length")),
            "default": list(field.default) if isinstance(field.default, tuple) else field.default,
            "description": field.metadata["doc"],
        }
        for field in dataclasses.fields(options)
    }
    return {"type": "object", "properties": properties, "additionalProperties": False}


def parse_options(options: type[SomeOptions], document: Mapping[str, Any]) -> SomeOptions:
    """Return options from a feed's document; raise `Refused` with every problem at once."""
    schema = describe_options(options)["properties"]
    violations = [v for name, value in document.items() for v in _check(schema, name, value)]
    if violations:
        raise Refused("The exporter's options are not valid", violations)
    frozen: dict[str, Any] = {
        n: tuple(v) if isinstance(v, list) else v for n, v in document.items()
    }
    parsed = options(**frozen)
    if problems := tuple(parsed.problems()):
        raise Refused("The exporter's options do not go together", problems)
    return parsed


_JSON_TYPES: dict[type, str] = {str: "string", int: "integer", bool: "boolean"}


def _schema(hint: Any, length: int | None) -> dict[str, Any]:
    if get_origin(hint) is Literal:
        return {"type": "string", "enum": list(get_args(hint))}
    if get_origin(hint) is tuple:
        return {"type": "array", "items": {"type": "string"}}
    limits = {} if length is None else {"minLength": length, "maxLength": length}
    return {"type": _JSON_TYPES[hint], **limits}


def _check(schema: Mapping[str, Any], name: str, value: Any) -> Iterator[Violation]:
    if name not in schema:
        known = ", ".join(sorted(schema)) or "none"
        yield option_problem(name, value, f"Choose from: {known}", unknown=True)
    elif not _fits(schema[name], value):
        yield option_problem(name, value, f"Give {_wanted(schema[name])}")


def _fits(schema: Mapping[str, Any], value: Any) -> bool:
    match schema["type"]:
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "array":
            return isinstance(value, list | tuple) and all(isinstance(v, str) for v in value)
        case _:
            size = schema.get("minLength")
            chosen = value in schema.get("enum", [value])
            return isinstance(value, str) and chosen and size in (None, len(value))


def _wanted(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return "one of: " + ", ".join(schema["enum"])
    if "minLength" in schema:
        return f"a text of {schema['minLength']} character(s)"
    return {"array": "a list of texts", "boolean": "true or false"}.get(
        schema["type"], f"a value of type {schema['type']}"
    )


def option_problem(name: str, value: Any, mend: str, *, unknown: bool = False) -> Violation:
    """Return a violation about one option: `option.unknown` or `option.value`."""
    return Violation(
        code="option.unknown" if unknown else "option.value",
        path=name,
        message="There is no option {path}" if unknown else 'Option {path} cannot be "{value}"',
        parameters={"path": name, "value": str(value)},
        value=str(value),
        mend=mend.replace("{", "{{").replace("}", "}}"),
    )
