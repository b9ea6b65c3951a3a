"""Take files in: structure is applied at once, rows of products and models are staged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from importers.contract import ROW, Batch, ReadOptions, RowProblem, Sheet, importer_for
from pim.db.copy import copy_in
from pim.db.unit_of_work import Work
from pim.domain.violations import Violation
from pim.errors import Refused
from pim.staging.counts import Blank, Counts
from pim.staging.findings import violation_frame
from pim.staging.formulas import unguarded
from pim.staging.profiles import Profile
from pim.staging.round_trip.resolutions import Resolutions, is_resolution
from pim.staging.sources import Source, plan
from pim.staging.staged import Stage, StagedFile, StagePlan, unreadable
from pim.structure.flat import Row, RowOutcome, apply_rows
from pim.structure.queries import current

PRODUCT_ENTITIES = ("product_models", "products")

#: The column that error files add, and characters shown of a row that cannot be read.
ERRORS = "errors"
SHOWN = 1_000


@dataclass(frozen=True, kw_only=True)
class Intake:
    """Reads the files of one run."""

    work: Work
    run_id: int
    change_set_id: int
    stage: Stage
    profile: Profile | None = None
    blank: Blank = "keep"

    def take(
        self, paths: Sequence[Path], *, base: Path, entity: str, taken: int
    ) -> Iterator[tuple[str, Counts]]:
        """Yield each file's name and the counts that are known after reading it.

        Paths are relative to `base`, where the person stood who named them.
        The first `taken` files were read and committed by an earlier process.
        """
        planned = plan(
            paths,
            entity=entity,
            profile=self.profile,
            workdir=self.stage.folder / "files",
            base=base,
        )
        kept = StagePlan(sources=self.stage.load().sources[:taken], notes=list(planned.notes))
        for source in planned.sources[taken:]:
            read = self._stage if source.entity in PRODUCT_ENTITIES else self._structure
            files, counts = read(source)
            kept.sources.append(files)
            kept.complete = len(kept.sources) == len(planned.sources)
            self.stage.save(kept)
            yield source.name, counts
        kept.complete = True
        self.stage.save(kept)

    def _structure(self, source: Source) -> tuple[list[StagedFile], Counts]:
        """Apply a file of structure; its rows are kept for the error file only."""
        with importer_for(source.path).open(source.path, ReadOptions()) as sheet:
            kept = self._file(source, source.entity, sheet.header, sheet)
            unread: list[RowProblem] = []
            outcomes = list(
                apply_rows(
                    self.work,
                    source.entity,
                    self._rows(kept, source, sheet, unread),
                    change_set_id=self.change_set_id,
                    blank=self.blank,
                )
            )
        self._note_problems(source.name, unread)
        self._note(source.name, [(o.number, v) for o in outcomes for v in o.violations])
        counts = _counts(outcomes)
        counts.add(_counts_of(unread))
        return [kept], counts

    def _rows(
        self, kept: StagedFile, source: Source, sheet: Sheet, unread: list[RowProblem]
    ) -> Iterator[Row]:
        for batch in _meant(sheet.batches, source):
            self._keep_raw(kept, batch, sheet)
            unread.extend(batch.problems)
            for row in batch.frame.iter_rows(named=True):
                number = row.pop(ROW)
                cells = {k: v for k, v in row.items() if v is not None and k.casefold() != ERRORS}
                yield Row(number=number, cells=cells)

    def _stage(self, source: Source) -> tuple[list[StagedFile], Counts]:
        options = self.profile.read_options if self.profile else ReadOptions()
        files: dict[str, StagedFile] = {}
        counts = Counts()
        with importer_for(source.path).open(source.path, options) as sheet:
            if is_resolution(sheet.header):
                return self._resolutions(source, sheet)
            batches = _meant(sheet.batches, source)
            batches = self.profile.batches(batches) if self.profile else batches
            for batch in batches:
                self._batch(source, sheet, batch, files)
                self._note_problems(source.name, batch.problems)
                counts.add(_counts_of(batch.problems))
                counts.add(self._lost(source))
            if not files:
                files[source.entity] = self._file(source, source.entity, sheet.header, sheet)
        return sorted(files.values(), key=lambda f: PRODUCT_ENTITIES.index(f.entity)), counts

    def _resolutions(self, source: Source, sheet: Sheet) -> tuple[list[StagedFile], Counts]:
        """Stage the choices of a file of conflicts: one cell a row."""
        batches = list(_meant(sheet.batches, source))
        nothing = pl.DataFrame(schema={**dict.fromkeys(sheet.header, pl.String), ROW: pl.UInt32})
        lines = pl.concat([nothing, *(batch.frame for batch in batches)])
        read = Resolutions.of(lines, current(self.work.session))
        problems = [*(p for batch in batches for p in batch.problems), *read.problems]
        staged = self._file(source, source.entity, read.header, sheet)
        staged.translated = staged.resolves = True
        for rows in read.rounds:
            self.stage.add(staged, rows)
        self.stage.add_raw(staged, lines)
        self._keep_unreadable(staged, [p for b in batches for p in b.problems], sheet)
        self._note_problems(source.name, problems)
        return [staged], _counts_of(problems)

    def _lost(self, source: Source) -> Counts:
        """Note what rows lost in translation by the profile."""
        lost = self.profile.take_warnings() if self.profile else []
        self._note(source.name, lost)
        return Counts(warnings=len(lost))

    def _batch(
        self, source: Source, sheet: Sheet, batch: Batch, files: dict[str, StagedFile]
    ) -> None:
        profile = self.profile
        parts = [(source.entity, batch)]
        if profile:
            parts = profile.apply(batch, current(self.work.session))
            self._create_options(profile)
        for entity, part in parts:
            header = [c for c in part.frame.columns if c != ROW]
            staged = files.get(entity)
            if staged is None:
                staged = files[entity] = self._file(source, entity, header, sheet)
                staged.translated = profile is not None
                staged.format = dict(profile.cell_format) if profile else {}
            self.stage.add(staged, part.frame)
        carrier = files[max(files, key=PRODUCT_ENTITIES.index)]
        if profile:
            self._keep_raw(carrier, batch, sheet)
        else:
            self._keep_unreadable(carrier, batch.problems, sheet)

    def _create_options(self, profile: Profile) -> None:
        """Create the options that the profile lets a sheet bring with it."""
        new = profile.take_options()
        locales = current(self.work.session).active_locales
        labels = [f"label-{locale}" for locale in locales]
        rows = (
            Row(
                number=number,
                cells={"attribute": o.attribute, "code": o.code, **dict.fromkeys(labels, o.label)},
            )
            for number, o in enumerate(new, start=1)
        )
        for outcome in apply_rows(
            self.work, "attribute_options", rows, change_set_id=self.change_set_id
        ):
            if outcome.violations:
                raise Refused("An option of the sheet cannot be created.", outcome.violations)

    def _keep_raw(self, staged: StagedFile, batch: Batch, sheet: Sheet) -> None:
        self.stage.add_raw(staged, batch.frame)
        self._keep_unreadable(staged, batch.problems, sheet)

    def _keep_unreadable(
        self, staged: StagedFile, problems: Sequence[RowProblem], sheet: Sheet
    ) -> None:
        lost = [p for p in problems if p.violation.severity == "error"]
        if lost:
            self.stage.add_raw(staged, unreadable(lost, sheet.header))

    def _file(self, source: Source, entity: str, header: Sequence[str], sheet: Sheet) -> StagedFile:
        return StagedFile(
            entity=entity,
            name=source.name,
            header=list(header),
            original=list(sheet.header),
            media_root=str(source.media_root) if source.media_root else None,
            dialect=self._dialect(sheet),
            guessed=sorted(sheet.guessed),
        )

    def _dialect(self, sheet: Sheet) -> dict[str, str]:
        """Return how a sheet is written; a workbook's error file follows the profile."""
        options = self.profile.read_options if self.profile else ReadOptions()
        named = {"separator": options.separator, "encoding": options.encoding}
        return {k: v for k, v in named.items() if v} | dict(sheet.dialect)

    def _note_problems(self, file: str, problems: Sequence[RowProblem]) -> None:
        self._note(
            file,
            [
                (p.row, replace(p.violation, value=p.violation.value or " | ".join(p.raw)[:SHOWN]))
                for p in problems
            ],
        )

    def _note(self, file: str, found: Sequence[tuple[int, Violation]]) -> None:
        frame = violation_frame(found, run_id=self.run_id, file=file)
        copy_in(self.work.session, "import_violation", frame)


def _meant(batches: Iterable[Batch], source: Source) -> Iterator[Batch]:
    """Yield the cells of a file as they are meant: in CSV without the guards of formulas."""
    guards = importer_for(source.path).code == "csv"
    for batch in batches:
        yield replace(batch, frame=unguarded(batch.frame)) if guards else batch


def _counts(outcomes: Sequence[RowOutcome]) -> Counts:
    statuses: Mapping[str, int] = Counter(o.status for o in outcomes)
    return Counts(
        rows=len(outcomes),
        created=statuses.get("created", 0),
        updated=statuses.get("updated", 0),
        unchanged=statuses.get("unchanged", 0),
        rejected=statuses.get("rejected", 0),
        warnings=sum(v.severity == "warning" for o in outcomes for v in o.violations),
    )


def _counts_of(problems: Sequence[RowProblem]) -> Counts:
    """Return the counts of what could not be read; warned rows are counted where they are read."""
    lost = sum(p.violation.severity == "error" for p in problems)
    return Counts(rows=lost, rejected=lost, warnings=len(problems) - lost)
