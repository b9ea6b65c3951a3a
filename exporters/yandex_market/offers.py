"""Offers, built in columns: one `<offer>` per item."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import polars as pl

from exporters.contract.options import option_problem
from exporters.contract.writing import is_list, joined, present, present_list
from exporters.yandex_market.categories import NAME
from exporters.yandex_market.markup import quoted, text
from pim.errors import Refused

#: Targets that are attributes of the offer, in the order in which they are written.
ATTRIBUTES = ("id", "type", "available", "group_id", "bid")

#: Parts of one element: `condition.type` is an attribute of it, the others lie within.
CONDITION = ("condition.type", "condition.quality", "condition.reason")

PARAM = "param."
_ELEMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


class Offers:
    """Render frames as offers. `currency` stands where an item names none."""

    def __init__(self, schema: pl.Schema, *, kind: str | None, currency: str | None) -> None:
        self._schema = schema
        self._kind = kind
        self._currency = currency
        self._elements = [name for name in schema if name not in (*ATTRIBUTES, NAME)]
        for name in self._elements:
            _check(name)

    def render(self, frame: pl.DataFrame) -> memoryview:
        """Return one `<offer>` per row; absent values have no element."""
        parts = [pl.lit("<offer"), *self._attributes(), pl.lit(">"), *self._inner()]
        return joined(frame, [*parts, pl.lit("\n</offer>\n")])

    def removed(self, ids: pl.Series) -> memoryview:
        """Return offers that nobody can buy any more."""
        attribute = quoted("id", pl.col("id"))
        rest = pl.lit(' available="false">\n<disabled>true</disabled>\n</offer>\n')
        return joined(ids.alias("id").to_frame(), [pl.lit("<offer"), attribute, rest])

    def _attributes(self) -> Iterator[pl.Expr]:
        for name in ATTRIBUTES:
            if name in self._schema:
                yield quoted(name, present(name))
            elif name == "type" and self._kind:
                yield pl.lit(f' type="{self._kind}"')

    def _inner(self) -> Iterator[pl.Expr]:
        conditions = [name for name in CONDITION if name in self._schema]
        if "currencyId" not in self._schema and self._currency:
            yield pl.lit(f"\n<currencyId>{self._currency}</currencyId>")
        for name in self._elements:
            if name not in CONDITION:
                yield self._element(name)
            elif name == conditions[0]:
                yield _condition(conditions)

    def _element(self, name: str) -> pl.Expr:
        if name.startswith(PARAM):
            return self._leaf(name, *_param(name))
        return self._leaf(name, pl.lit(f"\n<{name}>"), f"</{name}>")

    def _leaf(self, name: str, before: pl.Expr, after: str) -> pl.Expr:
        """Return one element, or one per value of a list."""
        if not is_list(self._schema, name):
            return pl.concat_str([before, text(present(name)), pl.lit(after)])
        each = pl.concat_str([before, text(pl.element()), pl.lit(after)])
        return present_list(name).list.eval(each).list.join("").replace("", None)


def _param(name: str) -> tuple[pl.Expr, str]:
    """Return the tags of `param.NAME` or `param.NAME@UNIT`."""
    shown, _, unit = name.removeprefix(PARAM).partition("@")
    named = [quoted("name", pl.lit(shown)), *([quoted("unit", pl.lit(unit))] if unit else [])]
    return pl.concat_str([pl.lit("\n<param"), *named, pl.lit(">")]), "</param>"


def _condition(names: list[str]) -> pl.Expr:
    """Return the element of used goods, null where none of its parts is present."""
    kind = quoted("type", present("condition.type")) if "condition.type" in names else pl.lit("")
    inner = [
        pl.concat_str([pl.lit(f"\n<{part}>"), text(present(name)), pl.lit(f"</{part}>")])
        for name in names
        if (part := name.partition(".")[2]) != "type"
    ]
    whole = [pl.lit("\n<condition"), kind, pl.lit(">"), *inner, pl.lit("</condition>")]
    filled = pl.any_horizontal(present(name).is_not_null() for name in names)
    return pl.when(filled).then(pl.concat_str(whole, ignore_nulls=True))


def _check(name: str) -> None:
    if name.startswith(PARAM) or name in CONDITION or _ELEMENT.fullmatch(name):
        return
    mend = "Use the name of an element, or param.NAME for a characteristic"
    raise Refused(f"{name} is not the name of an element", [option_problem(name, name, mend)])


def currencies(frame: pl.DataFrame) -> Iterable[str]:
    """Return the currencies that items name, in their order."""
    if "currencyId" not in frame.columns:
        return ()
    found: list[str] = frame["currencyId"].drop_nulls().unique(maintain_order=True).to_list()
    return [each for each in found if each]
