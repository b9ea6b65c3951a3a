"""Channels: market contexts with locales, currencies and a category tree."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import update
from sqlalchemy.orm import Session

from pim.domain import structure as domain
from pim.domain.codes import CODE
from pim.domain.structure import Codes, Structure
from pim.structure import models
from pim.structure.schemas import ChannelSchema
from pim.structure.service import usage
from pim.structure.service.findings import Findings
from pim.structure.service.noun import Document, Draft, Noun, Planned, check_labels, table_of

METRIC = "pim_catalog_metric"


class Channels(Noun):
    """Channels; the currencies of one become active with it."""

    code = "channel"
    name = "channel"
    schema = ChannelSchema
    table = table_of(models.Channel)
    defaults = {  # noqa: RUF012 - a constant of the noun
        "labels": {},
        "tree": None,
        "locales": [],
        "currencies": [],
        "conversion_units": {},
    }
    whole = frozenset({"conversion_units"})

    def stored(self, structure: Structure) -> Codes[domain.Channel]:
        """Return all channels."""
        return structure.channels

    def check(self, draft: Draft, old: Document | None, new: Document) -> Findings:
        """Check code, labels, and that it has a tree, a locale and a currency."""
        findings = Findings()
        structure = draft.structure
        if old is None:
            findings.check_code(new["code"], CODE)
        check_labels(findings, draft, new)
        findings.require(new, "tree")
        _check_tree(findings, structure, new)
        for field, codes, what in (
            ("locales", structure.locales, "locale"),
            ("currencies", structure.currencies, "currency"),
        ):
            if not new[field]:
                findings.add(
                    "required",
                    field,
                    "A channel needs at least one {what}.",
                    mend="Name one or more, separated by commas.",
                    what=what,
                )
            new[field] = findings.refer_all(codes, new[field], path=field, what=what)
        _check_units(findings, structure, new)
        return findings

    def columns(self, draft: Draft, new: Document) -> Document:
        """Return the columns."""
        names = ("code", "labels", "locales", "currencies", "conversion_units")
        tree_id = draft.structure.categories[new["tree"]].id
        return {**{name: new[name] for name in names}, "tree_id": tree_id}

    def after(self, session: Session, draft: Draft, written: Sequence[Planned]) -> None:
        """Make the currencies of the channels active."""
        used = {currency for planned in written for currency in planned.new["currencies"]}
        currency = table_of(models.Currency)
        session.execute(
            update(currency)
            .where(currency.c.code.in_(used), currency.c.active.is_(False))
            .values(active=True)
        )

    def touched(self, written: Sequence[Planned]) -> Iterable[str]:
        """Return that any attribute may be concerned."""
        return ("*",)

    def uses(self, session: Session, structure: Structure, thing: domain.Channel) -> Findings:
        """Refuse while families require something for it or values are scoped to it."""
        findings = Findings()
        if len(structure.channels) == 1:
            findings.add(
                "last_channel",
                "code",
                'The channel "{value}" is the only one, and products need one.',
                value=thing.code,
                mend="Create another channel first.",
            )
        families = [f.code for f in structure.families if f.requirements.get(thing.code)]
        usage.note_names(findings, "families (in their requirements)", families)
        usage.note_values(findings, session, "$.*", thing.code)
        return findings


def _check_tree(findings: Findings, structure: Structure, new: Document) -> None:
    new["tree"] = findings.refer(
        structure.categories, new["tree"], path="tree", what="category tree"
    )
    if new["tree"] is not None and structure.categories[new["tree"]].parent is not None:
        findings.add(
            "not_a_root",
            "tree",
            'The category "{value}" is not the root of a tree.',
            value=new["tree"],
            mend='Its tree is "{root}".',
            root=structure.categories[new["tree"]].root,
        )


def _check_units(findings: Findings, structure: Structure, new: Document) -> None:
    """Bring conversion units to stored spelling; note attributes or units that do not fit."""
    resolved: dict[str, str] = {}
    path = "conversion_units"
    for name, unit in new[path].items():
        code = findings.refer(structure.attributes, name, path=path, what="attribute")
        if code is None:
            continue
        attribute = structure.attributes[code]
        family = structure.measurement_families.get(attribute.properties.get("metric_family"))
        if attribute.type != METRIC or family is None:
            findings.add(
                "not_a_metric",
                path,
                'The attribute "{value}" is not a measurement, so it has no units.',
                value=code,
                mend="Take it out of the conversion units.",
            )
            continue
        found = findings.refer(
            family.units, unit, path=path, what=f"unit of the measurement family {family.code}"
        )
        if found is not None:
            resolved[code] = found
    new[path] = dict(sorted(resolved.items()))
