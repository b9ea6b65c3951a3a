"""The lowest price that applied in the days before a reduction, from history."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from channels.steps.contract import DECIMAL, Cell, Context, FieldRef, Step, step
from channels.steps.parameters import param
from channels.steps.past_price import PastPrice, Place
from pim.domain.violations import Violation


@step("lowest_price")
@dataclass(frozen=True, kw_only=True)
class LowestPrice(Step):
    """Give the lowest price that applied in the 30 days before a price was reduced.

    What the European Union's Price Indication Directive (98/6/EC, article 6a) wants beside every
    reduced price. The price that applied is `sale` where it is filled, else the field; both in the
    feed's channel and currency, own or inherited, as history tells them. A reduction began when
    `sale` was filled and has been since (steps of a progressive reduction count as one), or
    without `sale` when the price last fell. Where nothing is reduced now, the days before the
    publication count. Empty where no price applied before, as for a product that was new with its
    sale. Must be the first step; a feed with it looks at all products in each delta, since time
    alone moves the result.
    """

    accepts = frozenset({"money"})
    follows_time = True

    days: int = param("How many days before the reduction count", 30, at_least=1, at_most=365)
    sale: FieldRef | None = param(
        "The field with the reduced price, if it has one of its own", None
    )
    before: Literal["reduction", "now"] = param(
        "The end of the days: the reduction, or the publication", "reduction"
    )
    young: Literal["shorter", "empty"] = param(
        "A product younger than the days: the days that there are, or nothing", "shorter"
    )
    look_back: int = param(
        "Reductions that began more days ago are no longer looked for", 365, at_least=1
    )

    def problems(self, cell: Cell, context: Context) -> Iterator[Violation]:
        """Yield a place behind other steps, and a sale that is no price."""
        if cell.source is None:
            yield Violation(
                code="mapping.not_first",
                path="type",
                message="The lowest price is read from the history of a field: put it first",
                mend="Move the step to the front, and name a field in from",
            )
        if self.sale and context.fields.resolve(self.sale).kind != "money":
            yield Violation(
                code="mapping.wrong_kind",
                path="sale",
                message='"{field}" holds no prices',
                parameters={"field": self.sale.field},
                value=self.sale.field,
                mend="Name an attribute of prices",
            )

    def compile(self, cell: Cell, context: Context) -> Cell:
        """Return the price, in the currency of the field."""
        if cell.source is None:
            return cell
        sale = self.sale and context.fields.resolve(self.sale)
        request = PastPrice(
            price=_place(cell.source, cell, context),
            sale=_place(self.sale, sale, context) if self.sale and sale else None,
            days=self.days,
            before=self.before,
            young=self.young,
            look_back=self.look_back,
        )
        return replace(cell, expr=context.stages.derive(request).cast(DECIMAL))


def _place(ref: FieldRef, cell: Cell, context: Context) -> Place:
    column, address = next(iter(context.fields.addresses(ref)))
    path = () if address is None else (address.attribute, address.channel, address.locale)
    return Place(column=column, path=path, currency=cell.currency or "")
