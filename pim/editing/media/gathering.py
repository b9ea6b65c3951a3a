"""Files of a folder, checked and stored, ready to be attached."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pim.assets.renderer import Renderer
from pim.assets.storage import Storage
from pim.domain.attribute_types import type_of
from pim.domain.attribute_types.media import Media
from pim.domain.operations.attach import file_document
from pim.domain.structure import Attribute
from pim.errors import Refused

#: Endings of pictures that are tried out: one that cannot be drawn is not attached.
DRAWN: Final = frozenset({".jpg", ".jpeg", ".jfif", ".png", ".webp", ".gif"})
TRIED: Final = 64  # pixels
#: What systems leave in folders and archives.
_LITTER: Final = frozenset({"__macosx", "thumbs.db", "desktop.ini"})


@dataclass
class Gathered:
    """Files that may be attached, as an operation lists them, and those that may not."""

    files: list[str | dict[str, str]] = field(default_factory=list)
    refused: list[dict[str, str]] = field(default_factory=list)


def gather(
    folder: Path,
    storage: Storage,
    attribute: Attribute,
    *,
    renderer: Renderer | None,
    store: bool = True,
    progress: Callable[[int, int, str], None] = lambda _done, _total, _stage: None,
) -> Gathered:
    """Return the files below a folder by name, each stored once; subfolders do not count.

    Files that break the attribute's rules, or are damaged pictures, are refused with the reason;
    pictures are tried in the renderer's child process, without one they are taken as they are. In
    a dry run (`store` false) a file counts as stored without being copied.
    """
    gathered = Gathered()
    paths = sorted(_files(folder), key=lambda path: (path.name, path))
    for done, path in enumerate(paths):
        if reason := _fault(path, attribute, renderer):
            gathered.refused.append({"file": path.name, "reason": reason})
        else:
            key = storage.put(path) if store else storage.key_for(path)
            gathered.files.append(file_document(path.name, key))
        progress(done + 1, len(paths), "files")
    return gathered


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        names = [part.lower() for part in path.relative_to(folder).parts]
        hidden = any(name.startswith(".") or name in _LITTER for name in names)
        if path.is_file() and not path.is_symlink() and not hidden:
            yield path


def _fault(path: Path, attribute: Attribute, renderer: Renderer | None) -> str | None:
    """Return why a file may not be attached, in a sentence."""
    kind: Any = type_of(attribute)
    faults = (
        kind.file_faults(path.name, attribute, path.stat().st_size)
        if isinstance(kind, Media)
        else []
    )
    if faults:
        return f"{faults[0].text} {faults[0].mend_text}".strip()
    if renderer is None or path.suffix.lower() not in DRAWN:
        return None
    try:
        renderer.render(path.read_bytes(), TRIED)
    except Refused as refusal:
        return str(refusal)
    return None
