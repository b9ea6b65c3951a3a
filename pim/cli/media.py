"""`pim media`: pictures attached by the names of files, and who has none."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, get_args

import click
import polars as pl

from channels.facts import projection_of
from pim.assets.renderer import Renderer
from pim.assets.storage import Storage
from pim.cli.context import Advance, Cli, pass_cli
from pim.cli.edits import NAMED, show_result
from pim.cli.selecting import chosen_by
from pim.db.unit_of_work import unit_of_work
from pim.domain import addresses
from pim.domain.operations import AttachMedia
from pim.domain.operations.attach import MODES
from pim.domain.structure import Attribute, Structure
from pim.editing.bulk import BulkEdit
from pim.editing.media import Gathered, Lacking, gather, lacking
from pim.editing.result import BulkResult
from pim.editing.selections import parse, resolve
from pim.editing.selections.document import Level
from pim.errors import NotFound, Refused
from pim.staging.archives import unpack
from pim.structure.queries import current

#: What is asked of every command here: which products, which attribute.
_FIELD = click.option("--field", required=True, help="An image, file or asset collection.")
_SCOPE = click.option("--scope", help="The channel of a value that varies by channel; * for all.")
_LOCALE = click.option("--locale", help="The language of a value that varies by it; * for all.")
_WHERE = click.option("--where", help="A condition (JSON); without it all products.")
_IDS = click.option("--ids", help="A file of identifiers in any separators; - is standard input.")
_LEVEL = click.option("--level", type=click.Choice(get_args(Level)), help="What the rows are.")

EVERYTHING: Final = "{}"


def register(group: click.Group) -> None:
    """Add the commands of this noun."""
    group.add_command(media)


@click.group()
def media() -> None:
    """Attach pictures by the names of files, and find products without pictures."""


@media.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--pattern", required=True, help="Such as {sku}_{n}.jpg: docs/guides/pictures.md.")
@_FIELD
@_SCOPE
@_LOCALE
@_WHERE
@_IDS
@_LEVEL
@click.option(
    "--mode",
    type=click.Choice(MODES),
    default="replace",
    help="Whether a collection is replaced, or files join behind what it has.",
)
@click.option("--no-check", is_flag=True, help="Do not try whether pictures can be drawn.")
@click.option("--dry-run", is_flag=True, help="Match and count; store and write nothing.")
@click.option("--label", default="", help="What people will see in the history.")
@pass_cli
def attach(
    cli: Cli, /, path: Path, dry_run: bool, no_check: bool, label: str, **asked: Any
) -> None:
    """Attach the files of a folder or zip to the products that their names mean."""
    chosen = {key: asked.pop(key) for key in ("where", "ids", "level")}
    if chosen["where"] is None and chosen["ids"] is None:
        chosen["where"] = EVERYTHING
    where, selection = chosen_by(**chosen)
    with (
        cli.engine() as engine,
        unit_of_work(engine, dry_run=dry_run) as work,
        cli.progress("Attaching") as advance,
    ):
        structure = current(work.session)
        gathered = _gathered(
            cli, path, _attribute(structure, asked["field"]), advance,
            store=not dry_run, check=not no_check,
        )  # fmt: skip
        given = {key: value for key, value in asked.items() if value is not None}
        edit = BulkEdit(
            work=work,
            projection=projection_of(cli.settings, engine),
            structure=structure,
            where=where,
            do=[{"type": AttachMedia.type, "files": gathered.files, **given}],
            label=label,
            progress=advance,
            runs_folder=cli.settings.runs,
            settings=cli.settings,
            selection=selection,
        )
        result = edit.run()
    document = {**result.document(), "refused": gathered.refused}
    cli.answer(document, lambda: _show(cli, result, gathered))
    counts = (result.media or {}).get("counts", {})
    missed = counts.get("unmatched") or counts.get("ambiguous") or gathered.refused
    sys.exit(1 if missed else result.exit_code)


@media.command()
@_FIELD
@_SCOPE
@_LOCALE
@_WHERE
@_IDS
@_LEVEL
@pass_cli
def missing(cli: Cli, /, field: str, scope: str | None, locale: str | None, **chosen: Any) -> None:
    """List who has nothing in an attribute: products, or the colourways or styles that own it."""
    if chosen["where"] is None and chosen["ids"] is None:
        chosen["where"] = EVERYTHING
    where, selection = chosen_by(**chosen)
    with cli.engine() as engine:
        projection = projection_of(cli.settings, engine)
        with projection.read_covering() as reading:
            attribute = _attribute(reading.structure, field)
            address, faults = addresses.read(
                attribute, {"scope": scope, "locale": locale}, reading.structure, ""
            )
            if faults:
                raise Refused("The attribute cannot be asked like this.", faults)
            document = selection if selection is not None else {"where": where}
            rows = resolve(reading, parse(document, reading.structure)).rows
            nobody = pl.Series("id", [], dtype=pl.Int64)
            found = lacking(
                reading, attribute.code, addresses.cells(attribute, address, reading.structure),
                rows["id"], except_for=nobody,
            )  # fmt: skip
        projection.close()
    answer = {"field": attribute.code, "count": found.count, "missing": list(found.shown)}
    cli.answer(answer, lambda: _show_lacking(cli, found))


def _attribute(structure: Structure, code: str) -> Attribute:
    attribute = structure.attributes.get(code)
    if attribute is None:
        raise NotFound(f'There is no attribute "{code}".')
    return attribute


def _gathered(
    cli: Cli, path: Path, attribute: Attribute, advance: Advance, *, store: bool, check: bool
) -> Gathered:
    storage, renderer = Storage.from_settings(cli.settings), Renderer() if check else None
    try:
        with _folder(path) as folder:
            return gather(
                folder, storage, attribute, renderer=renderer, store=store, progress=advance
            )
    finally:
        if renderer:
            renderer.close()


@contextmanager
def _folder(path: Path) -> Iterator[Path]:
    """Give a folder's files, of a zip in a folder of their own that goes afterwards."""
    if path.is_dir():
        yield path
        return
    if path.suffix.lower() != ".zip":
        raise click.UsageError(f"{path} is neither a folder nor a zip.")
    target = Path(tempfile.mkdtemp(prefix="polka-media-"))
    try:
        yield unpack(path, target)
    finally:
        shutil.rmtree(target, ignore_errors=True)


def _show(cli: Cli, result: BulkResult, gathered: Gathered) -> None:
    report: Mapping[str, Any] = result.media or {}
    counts = report.get("counts", {})
    cli.out.print(", ".join(f"{count:,} {name}" for name, count in counts.items()))
    show_result(cli, result)
    for name in report.get("unmatched", [])[:NAMED]:
        cli.out.print(f"  {name}: fits nothing", markup=False)
    for each in report.get("ambiguous", [])[:NAMED]:
        told = ", ".join(each["candidates"])
        cli.out.print(f"  {each['file']}: {told}? {each['reason']}", markup=False)
    for each in gathered.refused[:NAMED]:
        cli.out.print(f"  {each['file']}: {each['reason']}", markup=False)
    for each in report.get("without", [])[:NAMED]:
        cli.out.print(f"  {each['level']} {each['identifier']}: no picture", markup=False)


def _show_lacking(cli: Cli, found: Lacking) -> None:
    cli.out.print(f"{found.count:,} without")
    for each in found.shown:
        cli.out.print(
            f"  {each['level']} {each['identifier']} ({each['products']:,} products)", markup=False
        )
