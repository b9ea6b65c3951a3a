"""Write the page of all steps from the steps: `python -m channels.steps.documentation`."""

from __future__ import annotations

import inspect
import sys
import types
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from channels.steps.contract import FieldRef, Step
from channels.steps.parameters import Parameter, parameters_of
from channels.steps.registry import load_steps
from channels.steps.sources import Source, When

INTRODUCTION = """\
# Steps of mappings

A target of a feed takes its value `from` a field, a list of fields or a constant, and sends it
through `steps`, one after another. A step is `{"type": NAME}` with its parameters; what is empty
stays empty unless the step says otherwise. [mapping.md](mapping.md) tells the rest, with an
example of each step. This page is made from the steps: `python -m channels.steps.documentation`.
"""
KINDS: Mapping[Any, str] = {
    bool: "true or false",
    int: "a whole number",
    str: "text",
    Decimal: "a number, as text",
    FieldRef: "a field",
    Source: 'a source: `{"from": FIELD, "steps": [...]}`',
    When: "a condition",
}


def page(steps: Mapping[str, type[Step]]) -> str:
    """Return the page: a section per step with its docstring and its parameters."""
    return "\n".join([INTRODUCTION, *(_section(name, steps[name]) for name in sorted(steps))])


def _section(name: str, step: type[Step]) -> str:
    lines = [f"## `{name}`", "", inspect.getdoc(step) or "", ""]
    parameters = parameters_of(step).values()
    if parameters:
        lines += ["| Parameter | Takes | Default | Meaning |", "|---|---|---|---|"]
        lines += ["| " + " | ".join(_cells(each)) + " |" for each in parameters] + [""]
    return "\n".join(lines)


def _cells(parameter: Parameter) -> Iterator[str]:
    yield f"`{parameter.name}`"
    yield _kind(parameter.hint)
    yield "required" if parameter.required else _default(parameter.default)
    yield parameter.rules["doc"].replace("|", "\\|")


def _kind(hint: Any) -> str:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return " or ".join(_kind(each) for each in arguments if each is not type(None))
    if origin is Literal:
        return ", ".join(f"`{each}`" for each in arguments)
    if origin is tuple:
        return f"a list, each {_kind(arguments[0])}"
    if origin is not None:
        return "a table of texts"
    return KINDS[hint]


def _default(value: Any) -> str:
    if value is None or value == ():
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if value == "":
        return "empty"
    return f"`{value!r}`" if isinstance(value, str) and value.isspace() else f"`{value}`"


def main(path: Path) -> None:
    """Write the page."""
    path.write_text(page(load_steps()), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/guides/steps.md"))
