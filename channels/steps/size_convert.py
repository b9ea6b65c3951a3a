"""Say a shoe size in another country's system."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from channels.steps.contract import Cell, Context, Step, step
from channels.steps.parameters import param
from channels.steps.reading import unknown_name
from channels.steps.render import as_text_cell
from channels.steps.size_table import conversion, systems
from channels.steps.sources import Source
from channels.steps.tables import keys, looked_up, table_of, table_problems
from pim.domain.violations import Violation

#: Spellings of one size: option codes, decimal commas, halves.
_SPELLED = {"_": ".", ",": ".", " 1/2": ".5", "½": ".5"}


@step("size_convert")
@dataclass(frozen=True, kw_only=True)
class SizeConvert(Step):
    """Say a shoe size in another system: EU 39 of a woman's shoe is UK 5.5, US 7.5, JP 24.5.

    Systems are EU (FR, IT, DE count alike), UK, US, JP (cm) and MONDO (mm; CN). The built-in table
    follows the lengths of ISO/TS 19407. `table` goes before it, with sizes of the system `to` by
    brand, audience and size, the most particular first: `nordvik/women/39`, `nordvik/39`,
    `women/39`, `39`. What neither knows is empty and reported as `TARGET.unmapped`.
    """

    to: str = param("The system to convert to: EU, UK, US, JP, MONDO, FR, IT, DE, CN")
    origin: str = param("The system of the value", "EU", alias="from")
    audience: Source = param("A source that gives women, men or kids")
    brand: Source | None = param("A source that gives the brand, for the table's keys", None)
    table: Mapping[str, str] | str | None = param(
        "Sizes that go before the built-in ones, or the name of a table", None
    )

    def problems(self, cell: Cell, context: Context) -> Iterator[Violation]:
        """Yield systems that nobody knows, and a table that does not exist."""
        for path, system in (("to", self.to), ("from", self.origin)):
            if system.upper() not in systems():
                yield unknown_name("size_system", system, systems(), path)
        yield from table_problems(self.table, context, "table")

    def compile(self, cell: Cell, context: Context) -> Cell:
        """Return the size as text; of a list, nothing but a single size can be converted."""
        text = cell.expr.list.first() if cell.kind == "list" else cell.expr
        size = context.stages.hold(spelled(text))
        audience = context.stages.hold(self._text(self.audience, context))
        brand = self._text(self.brand, context) if self.brand else None
        parts = [audience] if brand is None else [context.stages.hold(brand), audience]
        own = looked_up(keys(parts, size), table_of(self.table or {}, context), pl.String)
        built_in = conversion(self.origin.upper(), self.to.upper())
        general = looked_up(keys([audience], size)[:1], built_in, pl.String)
        found = context.stages.hold(pl.coalesce(own, general))
        context.stages.lack(pl.when(found.is_null() & text.is_not_null()).then(text))
        return cell.text(found)

    def _text(self, source: Source, context: Context) -> pl.Expr:
        return as_text_cell(source.compile(context), context).expr


def spelled(size: pl.Expr) -> pl.Expr:
    """Return a size in the one spelling of tables: 39_5, 39,5 and 39½ are 39.5, 39.0 is 39."""
    plain = size.str.strip_chars().str.replace_many(_SPELLED).str.to_lowercase()
    return plain.str.replace(r"^(\d+)\.0+$", "$1").str.replace(r"(\.\d*[1-9])0+$", "$1")
