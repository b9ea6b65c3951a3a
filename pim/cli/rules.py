"""`pim rule`: conditions and operations that the catalogue keeps carrying out by itself."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from pim.cli.context import Cli, counts_line, parse_json, pass_cli
from pim.db.unit_of_work import unit_of_work
from pim.editing.interruptions import settle
from pim.editing.rules.describing import acting_on, standing, summary, traced
from pim.editing.rules.running import RuleRun, ask
from pim.editing.rules.service import Written, apply_documents, delete_rule, set_enabled
from pim.jobs.context import JobContext
from pim.jobs.tasks import go_on
from pim.jobs.watch import Watch
from pim.rules import queries
from pim.structure.queries import current

Answer = Mapping[str, Any]

as_user = click.option("--user", help="Who does this: an e-mail address; else the system.")
FIGURES = ("selected", "changed", "unchanged", "invalid")


def register(group: click.Group) -> None:
    """Add the commands of this noun."""
    group.add_command(rule)


@click.group()
def rule() -> None:
    """Work with rules: which products, what is done to them, and when."""


@rule.command("list")
@click.option("--attribute", help="Only rules that write or read this attribute, and how.")
@pass_cli
def list_(cli: Cli, attribute: str | None) -> None:
    """List the rules in the order in which they act."""
    with cli.work() as work:
        structure = current(work.session)
        versions = queries.list_rules(work.session)
        answers = [summary(version, structure) for version in versions]
        if attribute:
            answers = acting_on(answers, attribute, structure)
    cli.answer_lines(answers, _line)


def _line(answer: Answer) -> str:
    state = "broken" if answer["problems"] else "enabled" if answer["enabled"] else "disabled"
    triggers = ", ".join(answer["triggers"]) or "on demand"
    held = ", read-only" if answer["read_only"] else ""
    return (
        f"{answer['code']}: {answer['label']}, {state}, priority {answer['priority']}, {triggers},"
        f" writes {', '.join(answer['writes'])}{held}"
    )


@rule.command()
@click.argument("code")
@click.option("--version", "number", type=int, help="As it was in this version.")
@pass_cli
def show(cli: Cli, code: str, number: int | None) -> None:
    """Show a rule's document, which can be changed and applied again."""
    with cli.work() as work:
        document = queries.find_version(work.session, code, number).document
    cli.json = True
    cli.answer(document, lambda: None)


@rule.command()
@click.argument("code")
@pass_cli
def history(cli: Cli, code: str) -> None:
    """Show every version of a rule: who saved it when, and what was changed."""
    with cli.work() as work:
        entries = traced(work.session, queries.versions_of(work.session, code))
    cli.answer_lines(entries, lambda entry: "\n".join(_told(entry)))


def _told(entry: Answer) -> list[str]:
    head = f"{entry['version']}: {entry['action']} {entry['at']:%Y-%m-%d %H:%M} by "
    changes = [f"  {c['field']}: {c['before']} -> {c['after']}" for c in entry["changes"]]
    return [head + (entry["author"] or "the system"), *changes]


@rule.command()
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@as_user
@pass_cli
def apply(cli: Cli, file: Path, user: str | None) -> None:
    """Create or change a rule, or a list of rules, from FILE; all of them or none."""
    given = parse_json(file.read_text(encoding="utf-8"), file.name)
    documents = given if isinstance(given, list) else [given]
    with cli.acting(user) as work:
        written = apply_documents(work, documents, current(work.session))
    _answer(cli, written, several=isinstance(given, list))


@rule.command()
@click.argument("code")
@as_user
@pass_cli
def delete(cli: Cli, code: str, user: str | None) -> None:
    """Delete a rule; what it has written stays."""
    with cli.acting(user) as work:
        written = delete_rule(work, code)
    _answer(cli, written)


@rule.command()
@click.argument("code")
@as_user
@pass_cli
def enable(cli: Cli, code: str, user: str | None) -> None:
    """Let a rule act, and protect what it sets if it is read-only."""
    with cli.acting(user) as work:
        written = set_enabled(work, code, current(work.session), enabled=True)
    _answer(cli, written)


@rule.command()
@click.argument("code")
@as_user
@pass_cli
def disable(cli: Cli, code: str, user: str | None) -> None:
    """Keep a rule, and let it do nothing."""
    with cli.acting(user) as work:
        written = set_enabled(work, code, current(work.session), enabled=False)
    _answer(cli, written)


def _answer(cli: Cli, written: Written, *, several: bool = False) -> None:
    answers = written.documents()

    def show_lines() -> None:
        for each in answers:
            cli.out.print(
                f"{each['rule']}: {each['status']} (version {each['version']})", markup=False
            )
        for warning in written.warnings:
            cli.out.print(f"  {warning.text} {warning.mend_text}", markup=False)

    cli.answer(answers if several else answers[0], show_lines)


@rule.command()
@click.argument("codes", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Every enabled rule, in order.")
@click.option("--dry-run", is_flag=True, help="Count and show what would change; write nothing.")
@as_user
@pass_cli
def run(cli: Cli, codes: tuple[str, ...], user: str | None, *, every: bool, dry_run: bool) -> None:
    """Carry rules out on the whole catalogue, the higher priority first."""
    if bool(codes) == every:
        raise click.UsageError("Name rules, or say --all.")
    found = _foretold(cli, codes) if dry_run else _carried_out(cli, codes, user)
    cli.answer(found, lambda: _show_run(cli, found))
    figures = ("invalid", "not_permitted", "left_out")
    undone = any(each[name] for each in found["rules"] for name in figures)
    sys.exit(1 if undone or found["unsettled"] else 0)


def _foretold(cli: Cli, codes: Sequence[str]) -> dict[str, Any]:
    with cli.engine() as engine, unit_of_work(engine, dry_run=True) as work:
        rules = RuleRun(
            work=work,
            projection=cli.projection(engine),
            structure=current(work.session),
            codes=codes,
        )
        return {"dry_run": True, "run": None, **rules.carry_out()}


def _carried_out(cli: Cli, codes: Sequence[str], user: str | None) -> dict[str, Any]:
    with cli.acting(user) as work:
        settle(work)
        number = ask(work, codes).id
    return {"dry_run": False, "run": number, **carry_out(cli, number)}


def carry_out(cli: Cli, number: int) -> dict[str, Any]:
    """Carry out a run of rules here and now, and return its result."""
    with cli.engine() as engine, cli.progress("Rules") as advance:
        context = JobContext(cli.settings, engine.url.render_as_string(hide_password=False))
        try:
            ended = go_on(context, number, Watch(engine, number, show=advance))
        finally:
            context.engine.dispose()
        return dict(ended.result or {})


def _show_run(cli: Cli, found: Answer) -> None:
    for each in found["rules"]:
        undo = f" (pim undo {each['change_set']})" if each["change_set"] else ""
        cli.out.print(f"{each['rule']}: {counts_line(each, *FIGURES)}{undo}", markup=False)
        for cell in each.get("cells", ()):
            cli.out.print(
                f"  {cell['identifier']} {cell['field']}: {cell['before']} -> {cell['after']}",
                markup=False,
            )
        for v in each["violations"]:
            place = f"{v['identifier']}, {v['field']}"
            cli.out.print(f"  {place}: {v['message']} {v['mend']}", markup=False)
    if not found["rules"]:
        cli.out.print("No product meets the condition of a rule, so nothing was changed.")
    for violation in found["violations"]:
        cli.out.print(f"{violation['message']} {violation['mend']}", markup=False)
    if found["dry_run"]:
        cli.out.print("This was a dry run: nothing was written.")


@rule.command()
@pass_cli
def check(cli: Cli) -> None:
    """List circles, contradictions with their winners, and rules that the structure left behind."""
    with cli.work() as work:
        found = standing(work.session, current(work.session))
    cli.answer(found, lambda: _show_check(cli, found))
    sys.exit(1 if found["cycles"] or found["broken"] else 0)


def _show_check(cli: Cli, found: Answer) -> None:
    for cycle in found["cycles"]:
        cli.out.print(f"{cycle['message']} {cycle['mend']}", markup=False)
    for clash in found["clashes"]:
        cli.out.print(f"{clash['message']} {clash['mend']}", markup=False)
    for each in found["broken"]:
        cli.out.print(f"{each['rule']} cannot run, and was left out:", markup=False)
        for violation in each["violations"]:
            text = f"  {violation['path']}: {violation['message']} {violation['mend']}"
            cli.out.print(text, markup=False)
    if not any(found.values()):
        cli.out.print("The rules agree with each other.")
