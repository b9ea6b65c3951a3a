"""What every command shares: settings, a database that is ready, answers and progress."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import click
import orjson
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy import Engine

from channels.facts import projection_of
from pim.access.service import find_active
from pim.db.embedded import database_url
from pim.db.engine import create_engine
from pim.db.unit_of_work import Work, unit_of_work
from pim.projection import Projection
from pim.settings import Settings
from pim.structure.seeds import prepare

Advance = Callable[[int, int, str], None]


@dataclass
class Cli:
    """One call of `pim`; `json` asks for one JSON document on standard output."""

    settings: Settings
    json: bool = False
    out: Console = field(default_factory=lambda: Console(highlight=False, soft_wrap=True))
    notes: Console = field(default_factory=lambda: Console(stderr=True, highlight=False))

    @contextmanager
    def engine(self, *, keep: bool = False, older: bool = False) -> Iterator[Engine]:
        """Yield an engine on a database of this version, started if it is the embedded one.

        With `keep` the embedded one is started again should it die; with `older` a database of an
        older version is upgraded, otherwise it is refused.
        """
        with database_url(self.settings, keep=keep) as url:
            engine = create_engine(url)
            try:
                prepare(engine, older=older)
                yield engine
            finally:
                engine.dispose()

    @contextmanager
    def work(self, *, dry_run: bool = False) -> Iterator[Work]:
        """Yield a unit of work."""
        with self.engine() as engine, unit_of_work(engine, dry_run=dry_run) as work:
            yield work

    @contextmanager
    def acting(self, user: str | None) -> Iterator[Work]:
        """Yield a unit of work of a person, by e-mail address; of the system if none is named."""
        with self.work() as work:
            work.actor = find_active(work.session, user).id if user else None
            yield work

    def projection(self, engine: Engine) -> Projection:
        """Return the projection, brought up to date."""
        projection = projection_of(self.settings, engine)
        projection.refresh()
        return projection

    def answer(self, document: Any, show: Callable[[], None]) -> None:
        """Print the JSON document if it was asked for, else what `show` prints."""
        if self.json:
            click.echo(orjson.dumps(document, default=str, option=orjson.OPT_INDENT_2))
        else:
            show()

    def answer_lines(self, documents: Sequence[Any], line: Callable[[Any], str]) -> None:
        """Print the JSON list if it was asked for, else a line for each of its documents."""
        if self.json:
            self.answer(list(documents), lambda: None)
            return
        for document in documents:
            self.out.print(line(document), markup=False)

    @contextmanager
    def progress(self, label: str) -> Iterator[Advance]:
        """Yield a function (done, total, stage) that moves a bar on a terminal."""
        if self.json or not sys.stderr.isatty():
            yield lambda _done, _total, _stage: None
            return
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=self.notes, transient=True) as bar:
            task = bar.add_task(label, total=None)

            def advance(done: int, total: int, stage: str) -> None:
                bar.update(task, completed=done, total=total, description=f"{label}: {stage}")

            yield advance


pass_cli = click.make_pass_decorator(Cli)


def parse_json(text: str, what: str) -> Any:
    """Return a JSON argument, or say what is wrong with it."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise click.UsageError(f"{what} is not JSON: {error}") from error


def parse_moment(given: str) -> datetime:
    """Return a moment as written (ISO 8601); without a zone it is UTC."""
    try:
        moment = datetime.fromisoformat(given)
    except ValueError as error:
        raise click.BadParameter(f"{given} is no moment such as 2026-12-26T00:00+01:00") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def counts_line(counts: Mapping[str, Any], *names: str) -> str:
    """Return figures as people read them: "12 created, 3 rejected"."""
    return ", ".join(f"{counts[name]:,} {name.replace('_', ' ')}" for name in names)
