"""A feed's files for many machines: built on one, kept in the storage, cached where they are read.

    feeds/<feed>/publications/<id>/   a publication's files; its manifest.json comes last
    feeds/<feed>/current              a small JSON object that names the whole publication
    feeds/<feed>/delta                the same for the newest delta
    feeds/<feed>/latest/<file>        copies of what `current` names, under names that stay
    feeds/<feed>/latest-delta/<file>  copies of what `delta` names
    feeds/<feed>/as-of/<time>/        publications for another moment

A pointer is replaced on condition that it is the one that was read: that commits. Copies follow;
those that a kill has kept from following are made up for by whoever looks next.
"""

from __future__ import annotations

import logging
import shutil
from collections import defaultdict
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import orjson

from channels.publication.files import ANY, CURRENT, DELTA, MANIFEST, FeedFolder, outrun
from pim.errors import NotFound, Retryable
from pim.settings import Settings
from pim.storage import Bucket, Listed, bucket_of, together
from pim.storage.bucket import LARGEST_COPY

logger = logging.getLogger(__name__)

ROOT: Final = "feeds"
#: A local folder with this file is a whole copy of what the storage has, or can be completed.
MARK: Final = ".shared"
LATEST: Final = {CURRENT: "latest", DELTA: "latest-delta"}
#: How long a publication without a manifest stays: another machine may still be sending it.
GRACE: Final = timedelta(hours=6)


def feed_folder(settings: Settings, code: str) -> FeedFolder:
    """Return a feed's folder, shared with other machines if the settings name a storage."""
    path = settings.feeds / code
    bucket = bucket_of(settings)
    return SharedFolder(path, bucket, f"{ROOT}/{code}") if bucket else FeedFolder(path)


@dataclass(frozen=True)
class SharedFolder(FeedFolder):
    """The files of one feed in the storage; `path` holds this machine's copies."""

    bucket: Bucket
    root: str

    def file(self, number: int, name: str) -> Path:
        """Return a publication's file, fetched if it is not here; missing if it is kept nowhere."""
        path = self.publication(number) / name
        if self._begin_copy(number) and not path.exists():
            with suppress(NotFound):
                self.bucket.fetch(self._key(number, name), path)
        return path

    def manifest(self, number: int) -> dict[str, Any] | None:
        """Return the manifest of a publication, None if it was never sent whole."""
        return super().manifest(number) if self._begin_copy(number) else None

    def shown(self, number: int) -> Path:
        """Return where this machine has what it published; what readers see lies in the storage."""
        return self.publication(number)

    def share(self, folder: Path) -> None:
        """Send the files of a finished folder, the manifest last."""
        place = f"{self.root}/{folder.relative_to(self.path).as_posix()}"
        names = [path.name for path in folder.iterdir() if path.name not in (MARK, MANIFEST)]
        together(lambda name: self.bucket.put_file(folder / name, f"{place}/{name}"), names)
        self.bucket.put_file(folder / MANIFEST, f"{place}/{MANIFEST}")
        (folder / MARK).touch()

    def switch(self, number: int, pointer: str = CURRENT, *, told: int | None = ANY) -> None:
        """Point readers to a publication, if the pointer still names what was compared with.

        Raises Conflict when another machine was quicker.
        """
        before = self.bucket.read(f"{self.root}/{pointer}")
        if told != ANY and self.newest() != told:
            raise outrun(self.path.name)
        manifest = self.manifest(number) or {}
        said = {"publication": number, "folder": f"publications/{number}/"}
        content = orjson.dumps({**said, "manifest": manifest}, option=orjson.OPT_INDENT_2)
        self.bucket.write(f"{self.root}/{pointer}", content, before=before)
        try:
            self._copy_latest(number, pointer)
        except Retryable:
            logger.exception("The copies of %s follow later: it is published", self.root)

    def pointed(self, pointer: str = CURRENT) -> int | None:
        """Return the publication that a pointer names, on whichever machine it was switched."""
        found = self.bucket.read(f"{self.root}/{pointer}")
        return int(orjson.loads(found.content)["publication"]) if found else None

    def unpoint(self, pointer: str) -> None:
        """Take a pointer away with its copies; harmless when there is none."""
        self.bucket.delete([f"{self.root}/{pointer}"])
        self.bucket.delete_folder(f"{self.root}/{LATEST[pointer]}")

    def adopt(self) -> list[int]:
        """Send what this machine published while it was alone, unless the feed is shared already.

        Returns the publications, the oldest first.
        """
        own = FeedFolder(self.path)
        if any(self.pointed(pointer) for pointer in LATEST):
            return []
        sent = sorted(own.finished())
        for number in sent:
            self.share(self.publication(number))
        for pointer in LATEST:
            if (named := own.pointed(pointer)) is not None:
                self.switch(named, pointer)
                own.unpoint(pointer)
        return sent

    def retire(self, *, retention: int, held: Collection[int] = ()) -> None:
        """Remove old files; those that the storage does not let go now go after the next one."""
        try:
            super().retire(retention=retention, held=held)
        except Retryable:
            logger.exception("Old publications of %s stay: the new one stands", self.root)

    def settle(self) -> None:
        """Make copies that are not those of the pointer's publication."""
        for pointer, latest in LATEST.items():
            number = self.pointed(pointer)
            copied = self.bucket.read(f"{self.root}/{latest}/{MANIFEST}")
            known = orjson.loads(copied.content)["publication"] if copied else None
            if number is not None and number != known:
                self._copy_latest(number, pointer)

    def kept(self, name: str = MANIFEST) -> list[int]:
        """Return the finished publications whose file of this name is kept, the newest first."""
        return sorted(
            (n for n, files in self._stored().items() if {MANIFEST, name} <= files.keys()),
            reverse=True,
        )

    def highest(self) -> int:
        """Return the highest number that a publication's folder has, here or in the storage."""
        return max(super().highest(), max(self._stored(), default=0))

    def remove(self) -> None:
        """Remove the feed's files everywhere, its pointers first."""
        self.bucket.delete([f"{self.root}/{pointer}" for pointer in LATEST])
        self.bucket.delete_folder(self.root)
        super().remove()

    def _retire(self, keep: Collection[int], *, aside: int) -> None:
        """Remove other publications, manifests first, and what killed publishers have left."""
        before = datetime.now(UTC) - GRACE
        for number, files in self._stored().items():
            if number in keep:
                continue
            sent = max(each.modified for each in files.values())
            if MANIFEST in files or sent < before:
                self.bucket.delete([self._key(number, MANIFEST)])
                self.bucket.delete([each.key for each in files.values()])
        for moment in self._moments()[aside:]:
            self.bucket.delete_folder(f"{self.root}/as-of/{moment}")
        super()._retire(keep, aside=aside)

    def _moments(self) -> list[str]:
        """Return the other moments that were published for, the last published first."""
        sent: dict[str, datetime] = {}
        for each in self.bucket.list(f"{self.root}/as-of"):
            moment = each.key.removeprefix(f"{self.root}/as-of/").split("/")[0]
            sent[moment] = max(each.modified, sent.get(moment, each.modified))
        return sorted(sent, key=lambda moment: sent[moment], reverse=True)

    def _stored(self) -> dict[int, dict[str, Listed]]:
        """Return the storage's publications with their files by name."""
        found: dict[int, dict[str, Listed]] = defaultdict(dict)
        for each in self.bucket.list(f"{self.root}/publications"):
            *_, number, name = each.key.split("/")
            if number.isdigit():
                found[int(number)][name] = each
        return found

    def _copy_latest(self, number: int, pointer: str) -> None:
        """Copy what a pointer names under names that stay, the manifest last; remove the others."""
        latest = f"{self.root}/{LATEST[pointer]}"
        files: dict[str, Any] = (self.manifest(number) or {}).get("files", {})

        def copy(name: str) -> None:
            if files[name]["bytes"] < LARGEST_COPY:
                self.bucket.copy(self._key(number, name), f"{latest}/{name}")
            else:
                self.bucket.put_file(self.file(number, name), f"{latest}/{name}")

        together(copy, list(files))
        self.bucket.copy(self._key(number, MANIFEST), f"{latest}/{MANIFEST}")
        named = {f"{latest}/{name}" for name in (*files, MANIFEST)}
        self.bucket.delete([e.key for e in self.bucket.list(latest) if e.key not in named])

    def _begin_copy(self, number: int) -> bool:
        """Open a folder for copies of a publication's files; False if the storage has none."""
        folder = self.publication(number)
        if (folder / MARK).exists():
            return True
        if self.bucket.size(self._key(number, MANIFEST)) is None:
            return False
        self._forget_retired()
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MARK).touch()
        return True

    def _forget_retired(self) -> None:
        """Remove copies of what another machine has retired."""
        copies = [each.parent for each in (self.path / "publications").glob(f"*/{MARK}")]
        stored = self._stored() if copies else {}
        for folder in copies:
            if int(folder.name) not in stored:
                shutil.rmtree(folder, ignore_errors=True)

    def _key(self, number: int, name: str) -> str:
        return f"{self.root}/publications/{number}/{name}"
