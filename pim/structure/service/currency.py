"""Currencies: by ISO 4217, with their decimals."""

from __future__ import annotations

from sqlalchemy.orm import Session

from pim.domain import structure as domain
from pim.domain.codes import CURRENCY_CODE
from pim.domain.structure import Codes, Structure
from pim.structure import models
from pim.structure.schemas import CurrencySchema
from pim.structure.service import usage
from pim.structure.service.findings import Findings
from pim.structure.service.noun import Document, Draft, Noun, table_of


class Currencies(Noun):
    """Currencies; a channel that uses one makes it active."""

    code = "currency"
    name = "currency"
    schema = CurrencySchema
    table = table_of(models.Currency)
    defaults = {"decimals": 2, "active": False}  # noqa: RUF012 - a constant of the noun

    def stored(self, structure: Structure) -> Codes[domain.Currency]:
        """Return all currencies."""
        return structure.currencies

    def check(self, draft: Draft, old: Document | None, new: Document) -> Findings:
        """Check the spelling, and that no channel loses its currency."""
        findings = Findings()
        if old is None:
            findings.check_code(new["code"], CURRENCY_CODE, allowed="three capital letters: GBP")
        users = [c.code for c in draft.structure.channels if new["code"] in c.currencies]
        if users and not new["active"]:
            findings.add(
                "in_use",
                "active",
                "{value} cannot be switched off: the channels {names} use it.",
                value=new["code"],
                mend="Take it out of these channels first.",
                names=", ".join(users),
            )
        return findings

    def columns(self, draft: Draft, new: Document) -> Document:
        """Return the columns."""
        return {name: new[name] for name in ("code", "decimals", "active")}

    def uses(self, session: Session, structure: Structure, thing: domain.Currency) -> Findings:
        """Refuse while a channel or a price is in this currency."""
        findings = Findings()
        users = [c.code for c in structure.channels if thing.code in c.currencies]
        usage.note_names(findings, "channels", users)
        usage.note_values(findings, session, "$.*.*.*", thing.code)
        return findings
