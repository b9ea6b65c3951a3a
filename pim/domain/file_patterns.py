"""Patterns of file names: which product a picture belongs to, without regular expressions.

    {sku}_{n}.jpg      {style}_{colour}_{n}.jpg      {colourway}-{n}

A placeholder in braces is an attribute (one value for all channels and locales), `identifier`,
`colourway` (the code of the model right above a product), `style` (that of the model at the top),
or `n`, the number that orders files. Everything else stands for itself. Case does not count, and
separators may be others or missing. An ending limits the files; without one any will do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pim.domain.attribute_types.problems import listed, problem
from pim.domain.structure import Attribute, Structure
from pim.domain.violations import Violation

#: What stands for codes of models and products where no attribute bears the name.
NAMES: Final = ("identifier", "colourway", "style")
NUMBER: Final = "n"

#: Attribute types whose value can stand in a file's name.
USABLE: Final = frozenset(
    {
        "pim_catalog_text",
        "pim_catalog_simpleselect",
        "pim_reference_data_simpleselect",
        "pim_catalog_number",
    }
)
_PART: Final = re.compile(r"\{([^{}]*)\}|([^{}]+)|([{}])")
_ENDING: Final = re.compile(r"\.([A-Za-z0-9]{1,8}|\*)$")
#: Endings that mean the same kind of file.
_SAME: Final = ({"jpg", "jpeg", "jfif", "jpe"}, {"tif", "tiff"}, {"htm", "html"})


@dataclass(frozen=True)
class Literal_:  # noqa: N801 - typing.Literal has the name already
    """Text that stands for itself."""

    text: str


@dataclass(frozen=True)
class Placeholder:
    """A column of the row that a file belongs to: an attribute's code, or one of NAMES."""

    name: str


@dataclass(frozen=True)
class Number:
    """The digits that order the files of one row."""


Part = Literal_ | Placeholder | Number


@dataclass(frozen=True, kw_only=True)
class FilePattern:
    """A pattern, parsed; `endings` are in lower case, empty for any."""

    text: str
    parts: tuple[Part, ...]
    endings: frozenset[str] = frozenset()

    @property
    def placeholders(self) -> tuple[str, ...]:
        """Return the columns that tell rows apart, each once."""
        names = [part.name for part in self.parts if isinstance(part, Placeholder)]
        return tuple(dict.fromkeys(names))

    @property
    def numbered(self) -> bool:
        """Tell whether files are ordered by a number."""
        return any(isinstance(part, Number) for part in self.parts)

    def stem(self, name: str) -> str | None:
        """Return a file's name without its ending, None if the pattern means other files."""
        stem, dot, ending = name.rpartition(".")
        if not dot:
            stem, ending = name, ""
        return stem if not self.endings or ending.lower() in self.endings else None


def parse_pattern(
    text: str, structure: Structure, path: str
) -> tuple[FilePattern | None, list[Violation]]:
    """Return a pattern, or what is wrong with it."""
    ending = _ENDING.search(text)
    body = text[: ending.start()] if ending else text
    given = ending[1].lower() if ending else "*"
    violations: list[Violation] = []
    parts = list(_parts(body, structure, path, violations))
    if not violations and not any(isinstance(part, Placeholder) for part in parts):
        message = '"{value}" names no product: a placeholder is missing.'
        mend = "Write {{identifier}}, {{style}} or an attribute's code in braces."
        violations.append(problem("bad_file_pattern", path, message, text, mend=mend))
    if parts.count(Number()) > 1:
        message = '"{value}" has the number twice.'
        violations.append(problem("bad_file_pattern", path, message, text, mend="Keep one {{n}}."))
    if violations:
        return None, violations
    endings = frozenset() if given == "*" else _alike(given)
    return FilePattern(text=text, parts=tuple(parts), endings=endings), []


def _parts(
    body: str, structure: Structure, path: str, violations: list[Violation]
) -> Iterator[Part]:
    for found in _PART.finditer(body):
        name, literal, brace = found.groups()
        if literal is not None:
            yield Literal_(literal)
        elif brace is not None:
            message = '"{value}" has a brace that is not closed or not opened.'
            mend = "Write each placeholder as {{name}}."
            violations.append(problem("bad_file_pattern", path, message, body, mend=mend))
        elif name.strip().lower() == NUMBER:
            yield Number()
        elif placeholder := _placeholder(name.strip(), structure, path, violations):
            yield placeholder


def _placeholder(
    name: str, structure: Structure, path: str, violations: list[Violation]
) -> Placeholder | None:
    attribute = structure.attributes.get(name)
    if attribute is not None and attribute is structure.identifier:
        return Placeholder("identifier")
    if attribute is None and name.lower() in NAMES:
        return Placeholder(name.lower())
    if attribute is None:
        message = '"{value}" is neither an attribute nor one of {known}.'
        mend = "Correct the name in braces."
        known = listed((*NAMES, NUMBER))
        violations.append(
            problem("unknown_placeholder", path, message, name, known=known, mend=mend)
        )
        return None
    if attribute.type not in USABLE or attribute.localizable or attribute.scopable:
        violations.append(_unusable(attribute, path))
        return None
    return Placeholder(attribute.code)


def _unusable(attribute: Attribute, path: str) -> Violation:
    return problem(
        "unusable_placeholder",
        path,
        "{value} cannot stand in a file's name: it varies by channel or language, or is no text, "
        "option or number.",
        attribute.code,
        mend="Choose an attribute with one plain value.",
    )


def _alike(ending: str) -> frozenset[str]:
    return frozenset(next((same for same in _SAME if ending in same), {ending}))
