"""Read a field in other locales where it is empty."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from channels.steps.contract import EVERY_KIND, Cell, Context, FieldRef, Step, step
from channels.steps.parameters import param
from pim.domain.violations import Violation


@step("locale_fallback")
@dataclass(frozen=True, kw_only=True)
class LocaleFallback(Step):
    """Read the field in these locales, in order, where it is empty in the feed's.

    They stand in place of the feed's own `fallback_locales`; an empty list means none at all.
    The step belongs first, directly behind one field.
    """

    accepts = EVERY_KIND

    locales: tuple[str, ...] = param("Codes of locales, the preferred one first")

    def problems(self, cell: Cell, context: Context) -> Iterator[Violation]:
        """Yield a place where there is no field to read again, and unknown locales."""
        if cell.source is None:
            yield Violation(
                code="mapping.not_first",
                path="type",
                message="The step locale_fallback has no field to read in another locale here",
                mend='Put it first in "steps", behind a single field',
            )
            return
        for number, locale in enumerate(self.locales):
            for found in context.fields.problems(replace(cell.source, locale=locale)):
                yield replace(found, path=f"locales[{number}]")

    def rereads(self, ref: FieldRef) -> FieldRef:
        """Return the field with these fallbacks."""
        return replace(ref, fallbacks=self.locales)

    def compile(self, cell: Cell, context: Context) -> Cell:
        """Return the field read with these fallbacks."""
        return context.fields.resolve(self.rereads(cell.source)) if cell.source else cell
