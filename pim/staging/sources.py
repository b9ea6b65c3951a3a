"""Files, folders and zips become an ordered plan: what each file holds, where its media lie."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from importers.contract import ReadOptions, importer_for, load_importers
from pim.errors import Refused
from pim.staging.archives import unpack
from pim.staging.entities import ENTITIES, entity_asked, entity_of_header, entity_of_name


class ForeignSheet(Protocol):
    """What a plan needs to know of an import profile."""

    @property
    def entity(self) -> str:
        """Return the entity that the sheet's rows become."""

    @property
    def read_options(self) -> ReadOptions:
        """Return how the sheet is read."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """A file to import: `name` is how the person named it, `media_root` where its media lie."""

    entity: str
    path: Path
    name: str
    media_root: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Sources in dependency order, and what was left out: `notes` say why, in sentences."""

    sources: tuple[Source, ...]
    notes: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Source]:
        return iter(self.sources)

    def __len__(self) -> int:
        return len(self.sources)


@dataclass
class _Findings:
    entity: str | None
    profile: ForeignSheet | None
    sources: list[Source] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, entity: str, path: Path, name: str) -> None:
        if path.stat().st_size == 0:
            self.notes.append(f"{name} is empty and was skipped.")
        else:
            self.sources.append(Source(entity=entity, path=path, name=name, media_root=path.parent))


def plan(
    paths: Sequence[Path],
    *,
    entity: str = "auto",
    profile: ForeignSheet | None = None,
    workdir: Path,
    base: Path = Path(),
) -> Plan:
    """Return what to import from paths, in dependency order; zips are unpacked into workdir.

    Paths are relative to `base` and name their files as the person gave them.

    A file that is named must be importable; in folders and zips, what holds no entity is left
    aside. Raises Refused when a path holds nothing to import or its entity cannot be told.
    """
    asked = profile.entity if profile else None if entity == "auto" else entity_asked(entity)
    found = _Findings(asked, profile)
    for number, given in enumerate(paths):
        path, name = base / given, str(given)
        if path.is_dir():
            _folder(path, name, found)
        elif not path.exists():
            raise Refused(f"{name}: there is no such file or folder.")
        elif path.suffix.lower() == ".zip":
            _folder(unpack(path, workdir / f"{number}-{path.stem}"), name, found)
        else:
            found.add(found.entity or _entity(path, name, found), path, name)
    ordered = sorted(found.sources, key=lambda source: ENTITIES.index(source.entity))
    return Plan(sources=tuple(ordered), notes=tuple(found.notes))


def _folder(folder: Path, name: str, found: _Findings) -> None:
    """Add the files of a folder: all if the entity is known, else those that tell theirs."""
    while not _files(folder) and len(inner := _folders(folder)) == 1:
        folder, name = inner[0], f"{name}/{inner[0].name}"
    readable = [path for path in _files(folder) if path.suffix.lower() in _suffixes()]
    if found.entity:
        held = [(found.entity, path) for path in readable]
    else:
        held = [(e, path) for path in readable if (e := entity_of_name(path.stem))]
        held = held or [(e, path) for path in readable if (e := _entity_by_header(path, found))]
    if not held:
        raise Refused(
            f"{name}: no file to import in it. Name the files after what they hold "
            f"({', '.join(ENTITIES)}) or say so with --entity."
        )
    for entity, path in held:
        found.add(entity, path, f"{name}/{path.name}")
    left = sorted(set(readable) - {path for _, path in held})
    found.notes.extend(f"{name}/{path.name} holds nothing known and was ignored." for path in left)


def _entity(path: Path, name: str, found: _Findings) -> str:
    """Return what a file holds; raises Refused naming what could be said with --entity."""
    entity = entity_of_name(path.stem)
    if entity is None and path.stat().st_size:
        entity = _entity_by_header(path, found)
    if entity is None:
        raise Refused(
            f"{name}: neither its name nor its header tells what it holds. "
            f"Say it with --entity: {', '.join(ENTITIES)}; or name an import profile."
        )
    return entity


def _entity_by_header(path: Path, found: _Findings) -> str | None:
    if not path.stat().st_size:
        return None
    options = found.profile.read_options if found.profile else ReadOptions()
    with importer_for(path).open(path, options) as sheet:
        return entity_of_header(sheet.header)


def _files(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.iterdir()
        if path.is_file() and not path.name.startswith((".", "~$"))
    )


def _folders(folder: Path) -> list[Path]:
    hidden = (".", "__MACOSX")
    return [p for p in folder.iterdir() if p.is_dir() and not p.name.startswith(hidden)]


def _suffixes() -> frozenset[str]:
    return frozenset(suffix for each in load_importers().values() for suffix in each.suffixes)
