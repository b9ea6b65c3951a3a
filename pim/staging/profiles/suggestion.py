"""Suggest an import profile for a sheet, for a person to correct."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rapidfuzz import fuzz, process

from importers.contract import ReadOptions, importer_for
from pim.domain.structure import Attribute, FamilyVariant, Structure
from pim.errors import Refused
from pim.staging.profiles.options import option_code
from pim.staging.profiles.shapes import (
    NUMERIC_TYPES,
    choices,
    date_pattern,
    decimal_sign,
    fitness,
    is_cyrillic,
    is_gtin,
    share,
)
from pim.staging.profiles.words import Heading, bare, heading_of, lexicon, spoken

SAMPLE_ROWS = 500
SHOWN = 3
SURE_ENOUGH = 0.72
SYSTEM = ("family", "categories", "enabled", "groups")


@dataclass(frozen=True, kw_only=True)
class Guess:
    """What a column was taken for: None where nothing fits; confidence from 0 to 1."""

    header: str
    target: str | None
    confidence: float
    samples: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """A document to correct and apply, and how sure each of its columns is."""

    document: dict[str, Any]
    guesses: tuple[Guess, ...]


@dataclass(frozen=True, kw_only=True)
class _Sample:
    header: str
    heading: Heading
    values: list[str]


@dataclass(frozen=True, kw_only=True)
class _Match:
    sample: _Sample
    field: str
    attribute: Attribute | None
    score: float


def suggest(path: Path, structure: Structure, *, code: str | None = None) -> Suggestion:
    """Return a profile guessed from a sheet's headers and first rows.

    An encoding that only looks right is written into the document, where a person sees it.
    """
    samples, written = _samples(path)
    samples = list(_named_options(samples))
    matches = _assigned(samples, structure)
    columns = {
        sample.header: _column(matches[sample.header], structure)
        if sample.header in matches
        else None
        for sample in samples
    }
    document: dict[str, Any] = {
        "code": code or option_code(path.stem),
        "entity": "products",
        "format": {**written, **_format(matches.values())},
        "mode": "create_or_update",
        "blank": "keep",
        "columns": columns,
    }
    models = _models(samples, matches, structure)
    if models:
        document["models"] = models
    elif len(structure.families) == 1 and "family" not in {m.field for m in matches.values()}:
        document["constants"] = {"family": next(iter(structure.families)).code}
    return Suggestion(document=document, guesses=tuple(_guesses(samples, matches)))


def _samples(path: Path) -> tuple[list[_Sample], dict[str, str]]:
    """Return the columns with their first values, and how the sheet was read."""
    options = ReadOptions(batch_rows=SAMPLE_ROWS)
    try:
        return _read(path, options)
    except Refused as refusal:
        guesses = [g for v in refusal.violations for g in v.parameters.get("encodings", ())]
        if not guesses:
            raise
        return _read(path, replace(options, encoding=guesses[0]))


def _read(path: Path, options: ReadOptions) -> tuple[list[_Sample], dict[str, str]]:
    with importer_for(path).open(path, options) as sheet:
        batch = next(sheet.batches, None)
        samples = []
        for header in sheet.header:
            cells = batch.frame[header].to_list() if batch else []
            values = [cell for cell in cells if cell and cell.strip()]
            samples.append(_Sample(header=header, heading=heading_of(header), values=values))
        return samples, {
            name: {"tab": "\t"}.get(value, value) for name, value in sheet.dialect.items() if value
        }


def _named_options(samples: Sequence[_Sample]) -> Iterator[_Sample]:
    """Yield columns; one like "Option1 Value" is called what stands under "Option1 Name"."""
    by_header = {bare(sample.header): sample for sample in samples}
    for sample in samples:
        other = by_header.get(bare(sample.header).replace("value", "name"))
        if other and other is not sample and other.values:
            [(most, _)] = Counter(other.values).most_common(1)
            yield replace(sample, heading=heading_of(most))
        else:
            yield sample


def _assigned(samples: Sequence[_Sample], structure: Structure) -> dict[str, _Match]:
    """Return the best match of each column, no two for the same place."""
    names = _names(structure)
    matches = [match for sample in samples for match in _matches(sample, names, structure)]
    chosen: dict[str, _Match] = {}
    taken: set[str] = set()
    for match in sorted(matches, key=lambda each: -each.score):
        header = match.sample.header
        target = _target(match, structure)
        if match.score >= SURE_ENOUGH and header not in chosen and target not in taken:
            chosen[header] = match
            taken.add(target)
    return chosen


def _names(structure: Structure) -> Mapping[str, set[str]]:
    """Map fields to all that they may be called: code, labels, and words of the same meaning."""
    names = {field: {field} for field in SYSTEM}
    for attribute in structure.attributes:
        names[attribute.code] = {spoken(attribute.code), *map(spoken, attribute.labels.values())}
    if structure.identifier:
        names[structure.identifier.code].add("identifier")
    for words in lexicon()["concepts"].values():
        for called in names.values():
            if not called.isdisjoint(words):
                called.update(words)
    return names


def _matches(
    sample: _Sample, names: Mapping[str, set[str]], structure: Structure
) -> Iterator[_Match]:
    barcodes = bool(sample.values) and share(sample.values, is_gtin) > 0.8
    for field, called in names.items():
        attribute = structure.attributes.get(field)
        likeness = max(_likeness(sample.heading.words, name) for name in called)
        if barcodes and "ean" in called:
            likeness = max(likeness, 0.9)
        fit = fitness(attribute, sample.values) if attribute else 1.0
        if likeness * fit > 0:
            yield _Match(sample=sample, field=field, attribute=attribute, score=likeness * fit)


def _likeness(words: str, name: str) -> float:
    """Return how alike two names are; short ones are the same or not at all."""
    if words == name:
        return 1.0
    if min(len(words), len(name)) < 4:
        return 0.0
    return fuzz.token_sort_ratio(words, name) / 100 * 0.98


def _target(match: _Match, structure: Structure) -> str:
    column = _column(match, structure)
    return "-".join(str(column.get(key, "")) for key in ("field", "locale", "scope", "currency"))


def _column(match: _Match, structure: Structure) -> dict[str, Any]:
    """Return the document of a column: where it leads, and how its values become ours."""
    column: dict[str, Any] = {"field": match.field}
    attribute, sample = match.attribute, match.sample
    if sample.values and share(sample.values, lambda text: text.startswith("'")) > 0.5:
        column["remove_prefix"] = "'"
    if match.field == "categories":
        column["split"] = _split(sample.values)
    if attribute is None:
        return column
    if attribute.localizable:
        column["locale"] = _locale(sample, structure)
    if attribute.scopable:
        column["scope"] = next((channel.code for channel in structure.channels), None)
    if attribute.type == "pim_catalog_price_collection":
        column["currency"] = sample.heading.currency or _currency(structure)
    if attribute.type == "pim_catalog_metric":
        column["unit"] = _unit(sample.heading.unit, attribute, structure)
    if "multi" in attribute.type:
        column["split"] = _split(sample.values)
    if "select" in attribute.type:
        column["values"] = _no_choice(sample.values) | _values(
            sample.values, attribute, column.get("split")
        )
    return {key: value for key, value in column.items() if value}


def _locale(sample: _Sample, structure: Structure) -> str | None:
    language = sample.heading.language or ("ru" if is_cyrillic(sample.values) else None)
    locales = structure.active_locales
    wanted = [code for code in locales if language and code.lower().startswith(language)]
    return next(iter([*wanted, *locales]), None)


def _currency(structure: Structure) -> str | None:
    return next((code for channel in structure.channels for code in channel.currencies), None)


def _unit(named: str | None, attribute: Attribute, structure: Structure) -> str | None:
    family = structure.measurement_families.get(attribute.properties.get("metric_family"))
    if named and (family is None or named in family.units):
        return named
    default: str | None = attribute.properties.get("default_metric_unit")
    return default


def _split(values: Sequence[str]) -> str:
    return max((",", ";", "|", "/"), key=lambda sign: sum(sign in value for value in values))


def _values(values: Sequence[str], attribute: Attribute, split: str | None) -> dict[str, str]:
    """Map words that are nearly an option's code or label to its code; the rest is the person's."""
    known = choices(attribute)
    words = {
        part.strip() for value in values for part in (value.split(split) if split else [value])
    }
    found = {}
    for word in sorted(words):
        if bare(word) not in known:
            near = process.extractOne(bare(word), known.keys(), scorer=fuzz.ratio, score_cutoff=88)
            # "36" and "38" are alike and yet two sizes.
            if near and not any(letter.isdigit() for letter in word):
                found[word] = known[near[0]]
    return found


def _no_choice(values: Sequence[str]) -> dict[str, str]:
    """Map the words for having no choice to nothing."""
    words = lexicon()["models"]["no_choice"]
    return {value: "" for value in values if bare(value) in words}


def _format(matches: Iterable[_Match]) -> dict[str, Any]:
    """Return the signs that the values use: decimals, dates, words for yes and no."""
    found: dict[str, Any] = {}
    for match in matches:
        type_ = match.attribute.type if match.attribute else ""
        if type_ in NUMERIC_TYPES and decimal_sign(match.sample.values) == ",":
            found["decimal"] = ","
        if type_ == "pim_catalog_date" and (pattern := date_pattern(match.sample.values)):
            found["dates"] = pattern
        if type_ == "pim_catalog_boolean" or match.field == "enabled":
            used = {bare(value) for value in match.sample.values}
            truth = lexicon()["truth"]
            if not used <= {"0", "1", "true", "false", "yes", "no"}:
                found["true"], found["false"] = list(truth["yes"]), list(truth["no"])
    return found


def _models(
    samples: Sequence[_Sample], matches: Mapping[str, _Match], structure: Structure
) -> dict[str, Any] | None:
    """Return the models that rows seem to share: a key that repeats and a variant that fits."""
    keys = lexicon()["models"]["key"]
    key = next(
        (
            s.header
            for s in samples
            if s.heading.words in keys and len(set(s.values)) < len(s.values)
        ),
        None,
    )
    headers = {match.field: header for header, match in matches.items()}
    fitting = [v for v in structure.family_variants if set(_axes(v)) <= headers.keys()]
    if key is None or not fitting:
        return None
    best = max(fitting, key=lambda variant: len(_axes(variant)))
    axes = {axis: headers[axis] for axis in _axes(best)}
    return {"key": key, "family_variant": best.code, "axes": axes}


def _axes(variant: FamilyVariant) -> list[str]:
    return [axis for level in variant.levels for axis in level.axes]


def _guesses(samples: Sequence[_Sample], matches: Mapping[str, _Match]) -> Iterator[Guess]:
    for sample in samples:
        match = matches.get(sample.header)
        yield Guess(
            header=sample.header,
            target=match.field if match else None,
            confidence=round(match.score, 2) if match else 0.0,
            samples=tuple(dict.fromkeys(sample.values))[:SHOWN],
        )
