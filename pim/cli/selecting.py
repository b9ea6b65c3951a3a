"""What options of a command choose, as a condition or a selection."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from pim.cli.context import parse_json
from pim.editing.selections import read_pasted

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def chosen_by(
    *,
    where: str | None = None,
    ids: str | None = None,
    selection: str | None = None,
    exclude: Sequence[str] = (),
    level: str | None = None,
) -> tuple[Any, dict[str, Any] | None]:
    """Return a condition's document, and a selection's if more than a condition was given.

    Raises UsageError when nothing chooses.
    """
    condition = parse_json(where, "--where") if where is not None else None
    if ids is None and selection is None and not exclude and level is None:
        if condition is None:
            raise click.UsageError("Choose products: --where, --ids or --selection.")
        return condition, None
    document = _object(selection)
    if condition is not None:
        document["where"] = condition
    if ids is not None:
        document["identifiers"] = read_text(ids, "--ids")
    if exclude:
        named = [item.text for text in exclude for item in read_pasted(text)]
        document["excluded"] = [*document.get("excluded", []), *named]
    if level is not None:
        document["level"] = level
    return {}, document


def read_text(path: str, option: str) -> str:
    """Return the text of a file, or of standard input for -; UTF-8, or UTF-16 with its mark."""
    try:
        content = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise click.UsageError(f"{option}: {path} cannot be read: {error.strerror}.") from error
    try:
        return content.decode("utf-16" if content.startswith(_UTF16) else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise click.UsageError(
            f"{option}: {path} is not text in UTF-8. Save it as UTF-8, or paste it to -."
        ) from error


def _object(selection: str | None) -> dict[str, Any]:
    document = {} if selection is None else parse_json(selection, "--selection")
    if not isinstance(document, dict):
        raise click.UsageError("--selection is no JSON object.")
    return dict(document)
