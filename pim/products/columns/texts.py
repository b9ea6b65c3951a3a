"""Text, identifiers and keys of files, a whole column at once."""

from __future__ import annotations

import re
from typing import Final

import polars as pl

from pim.domain.attribute_types import properties, type_of
from pim.domain.attribute_types.media import Media
from pim.domain.attribute_types.text import Text
from pim.domain.structure import Attribute

#: As pim.domain.attribute_types.characters.ILLEGAL; halves of surrogate pairs never get this far.
ILLEGAL: Final = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x{9f}]"

SEPARATORS: Final = r"[,;\t\r\n]"


def text(cells: pl.Series, attribute: Attribute) -> pl.Series:
    """Return the JSON of text that breaks no rule, null for every other cell."""
    kind = type_of(attribute)
    if not isinstance(kind, Text) or properties.text(attribute, "validation_rule"):
        return as_json(cells, pl.repeat(value=False, n=cells.len(), eager=True))
    good = (cells.str.len_chars() <= kind.limit(attribute)) & ~cells.str.contains(ILLEGAL)
    return as_json(cells, good)


def identifier(cells: pl.Series, attribute: Attribute) -> pl.Series:
    """Return the JSON of identifiers that break no rule, without blanks around them."""
    stripped = cells.str.strip_chars()
    whole = ~stripped.str.contains(SEPARATORS)
    return text(pl.select(pl.when(whole).then(stripped)).to_series(), attribute)


def media(cells: pl.Series, attribute: Attribute) -> pl.Series:
    """Return the JSON of keys of files whose extension is allowed."""
    kind = type_of(attribute)
    stripped = cells.str.strip_chars()
    good = ~stripped.str.contains(ILLEGAL)
    allowed = properties.words(attribute, "allowed_extensions")
    if isinstance(kind, Media) and not allowed:
        allowed = kind.extensions
    if allowed:
        good &= stripped.str.to_lowercase().str.contains(_ending(allowed))
    return as_json(stripped, good)


def as_json(texts: pl.Series, good: pl.Series) -> pl.Series:
    """Return the good texts as JSON strings, null for the others."""
    encoded = texts.alias("t").to_frame().to_struct().struct.json_encode()
    bare = encoded.str.strip_prefix('{"t":').str.strip_suffix("}")
    return pl.select(pl.when(good & texts.is_not_null()).then(bare)).to_series()


def _ending(extensions: tuple[str, ...]) -> str:
    """Return the pattern of a file name with one of the extensions, in lower case."""
    return rf"[^/.][^/]*\.(?:{'|'.join(map(re.escape, extensions))})$"
