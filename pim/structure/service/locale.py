"""Locales: a language in a country; a channel that uses one makes it active."""

from __future__ import annotations

from sqlalchemy.orm import Session

from pim.domain import structure as domain
from pim.domain.codes import LOCALE_CODE
from pim.domain.structure import Codes, Structure
from pim.structure import models
from pim.structure.schemas import LocaleSchema
from pim.structure.service import usage
from pim.structure.service.findings import Findings
from pim.structure.service.noun import Document, Draft, Noun, table_of


class Locales(Noun):
    """Locales; the common ones of the world are there from the start."""

    code = "locale"
    name = "locale"
    schema = LocaleSchema
    table = table_of(models.Locale)
    defaults = {}  # noqa: RUF012 - a constant of the noun

    def stored(self, structure: Structure) -> Codes[domain.Locale]:
        """Return all locales."""
        return structure.locales

    def check(self, draft: Draft, old: Document | None, new: Document) -> Findings:
        """Check the spelling."""
        findings = Findings()
        if old is None:
            findings.check_code(new["code"], LOCALE_CODE, allowed="a language and a country: en_GB")
        return findings

    def columns(self, draft: Draft, new: Document) -> Document:
        """Return the columns."""
        return {"code": new["code"]}

    def uses(self, session: Session, structure: Structure, thing: domain.Locale) -> Findings:
        """Refuse while a channel, an attribute or a value is in this locale."""
        findings = Findings()
        channels = [c.code for c in structure.channels if thing.code in c.locales]
        limited = [a.code for a in structure.attributes if thing.code in a.available_locales]
        usage.note_names(findings, "channels", channels)
        usage.note_names(findings, "attributes", limited)
        usage.note_values(findings, session, "$.*.*", thing.code)
        return findings
