"""Write the tables of an exporter's page from its own data: `python -m exporters.documentation`.

A page holds the tables between two marks; everything else in it is written by people.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from exporters.contract import (
    Exporter,
    Requirement,
    Requirements,
    Rule,
    describe_options,
    load_exporters,
)

BEGIN, END = "<!-- tables: begin -->", "<!-- tables: end -->"
SHOWN = ("limit", "unit", "values", "lengths", "expected", "reason", "targets")


def tables(exporter: Exporter) -> str:
    """Return capabilities, options and requirements as Markdown."""
    requirements = exporter.requirements(exporter.options())
    parts = [_capabilities(exporter), _options(exporter), _requirements(requirements)]
    return "\n\n".join([*parts, _relations(requirements)] if requirements.relations else parts)


def refreshed(page: str, exporter: Exporter) -> str:
    """Return a page with its tables made anew; ValueError if the marks are missing."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page of {exporter.code} needs the marks {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{tables(exporter)}\n\n{END}{after}"


def _capabilities(exporter: Exporter) -> str:
    found = exporter.capabilities
    rows = [
        ("Items absent from a whole file", found.absent),
        ("A delta can say", found.delta or "nothing: whole files only"),
        ("Variants are grouped by", _code(found.groups) if found.groups else "nothing"),
        ("Locales in one file", found.locales_per_file or "any number"),
        ("Largest file, bytes", f"{found.max_bytes:,}" if found.max_bytes else "no known limit"),
        ("Most items", f"{found.max_items:,}" if found.max_items else "no known limit"),
        ("Removals reach the destination", "yes" if found.deletes else "no"),
    ]
    return _table("## Capabilities", ("Question", "Answer"), rows)


def _options(exporter: Exporter) -> str:
    properties = describe_options(exporter.options)["properties"]
    rows = [
        (_code(name), _choices(each), _code(each["default"]), each["description"])
        for name, each in properties.items()
    ]
    return _table("## Options", ("Option", "Values", "Default", "Meaning"), rows)


def _choices(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(_code(value) for value in schema["enum"])
    if "minLength" in schema:
        return f"text of {schema['minLength']} character"
    plain = {"string": "text", "array": "list of texts", "boolean": "`true`, `false`"}
    return plain.get(schema["type"], "whole number")


def _requirements(requirements: Requirements) -> str:
    rows = [
        (_code(each.target), each.label, each.need, _form(each), _rules(each), _link(each.source))
        for each in requirements.targets
    ]
    heads = ("Target", "What", "Need", "Form", "Rules", "Source")
    return _table("## Requirements", heads, rows)


def _form(requirement: Requirement) -> str:
    return f"list of {requirement.kind}" if requirement.repeated else requirement.kind


def _rules(requirement: Requirement) -> str:
    return "<br>".join(_rule(rule) for rule in requirement.rules())


def _rule(rule: Rule) -> str:
    details = " ".join(_words(rule.parameters.get(name)) for name in SHOWN)
    mild = "(warning)" if rule.severity == "warning" else ""
    return " ".join(f"{_code(rule.code)} {details} {mild}".split())


def _words(value: Any) -> str:
    return "" if value is None else str(value)


def _relations(requirements: Requirements) -> str:
    rows = [
        (_rule(each.rule()).split()[0], each.severity, each.description, _link(each.source))
        for each in requirements.relations
    ]
    heads = ("Rule", "Severity", "What it says", "Source")
    return _table("## Rules between targets", heads, rows)


def _link(source: str) -> str:
    return f"[source]({source})" if source else ""


def _code(value: Any) -> str:
    text = ", ".join(value) if isinstance(value, list) else str(value)
    if isinstance(value, bool):
        text = text.lower()
    return f"`` {text} ``" if "`" in text else f"`{text}`" if text else ""


def _table(title: str, heads: tuple[str, ...], rows: list[tuple[Any, ...]]) -> str:
    return "\n".join([title, "", *_lines(heads, rows)])


def _lines(heads: tuple[str, ...], rows: list[tuple[Any, ...]]) -> Iterator[str]:
    for cells in (heads, tuple("---" for _ in heads), *rows):
        escaped = (re.sub(r"\|", r"\\|", str(cell)) for cell in cells)
        yield f"| {' | '.join(escaped)} |"


def main(folder: Path = Path("docs/formats")) -> None:
    """Refresh the page of every installed exporter that has one in the folder."""
    for code, exporter in load_exporters().items():
        path = folder / f"{code}.md"
        if path.exists():
            page = path.read_text(encoding="utf-8")
            path.write_text(refreshed(page, exporter), encoding="utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
