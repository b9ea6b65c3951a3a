"""A workbook is a zip of XML parts: checked before anything is unpacked, then looked up by role."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from importers.xlsx_file.markup import elements
from pim.errors import Refused

OLE = b"\xd0\xcf\x11\xe0"
# Deflate reaches 1,032 : 1 on nothing but zeros; real sheets stay far below.
SUSPICIOUS_RATIO = 300
SUSPICIOUS_SIZE = 64 * 1024**2
WORKBOOK = "xl/workbook.xml"


class Bounds(NamedTuple):
    """How many entries a workbook may have and how many bytes they may unpack to."""

    entries: int
    unpacked: int


class Workbook(NamedTuple):
    """The parts of an open workbook that reading a sheet needs; sheets by name, in order."""

    archive: zipfile.ZipFile
    sheets: Mapping[str, str]
    strings: str | None
    styles: str | None
    from_1904: bool


def open_archive(path: Path, bounds: Bounds) -> zipfile.ZipFile:
    """Open a workbook's zip; raises Refused if it is none or promises too much."""
    with path.open("rb") as file:
        if file.read(4) == OLE:
            raise Refused("it is protected by a password or an old .xls; save it as .xlsx.")
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise Refused("it is no workbook (.xlsx), or damaged; save it anew.") from error
    reason = _reason_against(archive.infolist(), bounds)
    if reason:
        archive.close()
        raise Refused(reason)
    return archive


def workbook(archive: zipfile.ZipFile) -> Workbook:
    """Look up the parts of a workbook."""
    main = _main_part(archive)
    links = _links(archive, main)
    sheets: dict[str, str] = {}
    from_1904 = False
    for tag, attributes in elements(archive, main):
        if tag == "workbookPr":
            from_1904 = attributes.get("date1904") in ("1", "true")
        elif tag == "sheet":
            link = next((v for k, v in attributes.items() if k.endswith(":id")), "")
            if link in links:
                sheets[attributes.get("name", "")] = links[link][1]
    by_kind = {kind: part for kind, part in links.values() if part in archive.NameToInfo}
    return Workbook(archive, sheets, by_kind.get("sharedStrings"), by_kind.get("styles"), from_1904)


def _reason_against(entries: list[zipfile.ZipInfo], bounds: Bounds) -> str | None:
    if len(entries) > bounds.entries:
        return f"it packs {len(entries)} files, more than {bounds.entries}."
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > bounds.unpacked:
        return f"it unpacks to {unpacked:,} bytes, more than {bounds.unpacked:,}."
    for entry in entries:
        swollen = entry.file_size > SUSPICIOUS_RATIO * max(entry.compress_size, 1)
        if swollen and entry.file_size > SUSPICIOUS_SIZE:
            return f"its part {entry.filename} unpacks to {entry.file_size:,} bytes: a zip bomb?"
    return None


def _main_part(archive: zipfile.ZipFile) -> str:
    for kind, part in _links(archive, "").values():
        if kind == "officeDocument":
            return part
    if WORKBOOK in archive.NameToInfo:
        return WORKBOOK
    raise Refused("it holds no workbook; save it as .xlsx.")


def _links(archive: zipfile.ZipFile, part: str) -> dict[str, tuple[str, str]]:
    """Map a part's relationship ids to the kind and name of the parts they lead to."""
    folder, name = posixpath.split(part)
    found: dict[str, tuple[str, str]] = {}
    with suppress(KeyError):
        for tag, attributes in elements(archive, posixpath.join(folder, f"_rels/{name}.rels")):
            if tag == "Relationship" and attributes.get("TargetMode") != "External":
                target = posixpath.join("/", folder, attributes.get("Target", ""))
                kind = attributes.get("Type", "").rpartition("/")[2]
                found[attributes.get("Id", "")] = (kind, posixpath.normpath(target).lstrip("/"))
    return found
