"""The page of violations has every code that the code can give, and no other."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "violations.md").read_text(encoding="utf-8")
ROWS = [line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| `")]
DOCUMENTED = {code for row in ROWS for code in re.findall(r"`([a-z_.]+)`", row)}
ROOMS = ("pim", "importers", "exporters", "channels")
TREES = {
    path: ast.parse(path.read_text(encoding="utf-8"))
    for room in ROOMS
    for path in sorted((ROOT / room).rglob("*.py"))
    if "web" not in path.parts
}

#: Rules of destinations; the pages of the exporters list them.
OF_EXPORTERS = {"*.*", "*.unmapped"}

#: A maker of violations: its name, and for a private one its file; the places of its code.
Makers = dict[tuple[str, Path | None], set[int | None]]


def key(name: str, path: Path) -> tuple[str, Path | None]:
    return name, path if name.startswith("_") else None


def nodes(kind: type[ast.AST], path: Path) -> Iterator[ast.AST]:
    return (node for node in ast.walk(TREES[path]) if isinstance(node, kind))


def called(call: ast.Call) -> str:
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def given(call: ast.Call, places: set[int | None]) -> list[ast.expr]:
    """Return what a call may give as code: by name, else at one of the places."""
    named = [each.value for each in call.keywords if each.arg == "code"]
    return named or [call.args[p] for p in places if p is not None and p < len(call.args)]


def hands_on(function: ast.FunctionDef, path: Path, makers: Makers) -> bool:
    """Tell whether a function gives its own parameter `code` to a maker."""
    return any(
        isinstance(each, ast.Name) and each.id == "code"
        for call in ast.walk(function)
        if isinstance(call, ast.Call)
        if (places := makers.get(key(called(call), path))) is not None
        for each in given(call, places)
    )


def all_makers() -> Makers:
    makers: Makers = {("Violation", None): {None}}
    while True:
        before = sum(map(len, makers.values()))
        for path in TREES:
            for function in nodes(ast.FunctionDef, path):
                arguments = [*function.args.posonlyargs, *function.args.args]
                names = [each.arg for each in arguments if each.arg not in ("self", "cls")]
                if "code" in names and hands_on(function, path, makers):
                    places = makers.setdefault(key(function.name, path), set())
                    places.add(names.index("code"))
        if sum(map(len, makers.values())) == before:
            return makers


def texts(expression: ast.expr) -> Iterator[str]:
    """Yield the texts that an expression may be, with `*` for what is put in."""
    if isinstance(expression, ast.JoinedStr):
        parts = expression.values
        yield "".join(str(p.value) if isinstance(p, ast.Constant) else "*" for p in parts)
    elif isinstance(expression, ast.IfExp):
        yield from texts(expression.body)
        yield from texts(expression.orelse)
    elif isinstance(expression, ast.Constant) and isinstance(expression.value, str):
        yield expression.value


def calls() -> Iterator[set[str]]:
    """Yield for each call that makes a violation what its code may be."""
    makers = all_makers()
    for path in TREES:
        for call in nodes(ast.Call, path):
            places = makers.get(key(called(call), path))
            if places is None:
                continue
            worded = len(call.args) + len(call.keywords) > 2  # to add to a set makes none
            codes = {text for each in given(call, places) for text in texts(each)}
            if worded and codes - OF_EXPORTERS:
                yield codes


CALLS = list(calls())


def matches(pattern: str) -> set[str]:
    return {code for code in DOCUMENTED if re.fullmatch(pattern.replace("*", "[a-z_]+"), code)}


def test_every_code_stands_in_the_page():
    assert len(CALLS) > 150
    assert [codes for codes in CALLS if not any(matches(code) for code in codes)] == []


def test_every_code_of_the_page_exists():
    literals = {
        node.value
        for path in TREES
        for node in nodes(ast.Constant, path)
        if isinstance(node.value, str)
    }
    made = {code for codes in CALLS for pattern in codes for code in matches(pattern)}
    assert DOCUMENTED - literals - made == set()
