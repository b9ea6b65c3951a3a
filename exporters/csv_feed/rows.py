"""Rows of separated text, built in columns."""

from __future__ import annotations

import polars as pl

from exporters.contract.writing import is_list, present, present_list, table
from exporters.csv_feed.options import CsvOptions

NUMBER = r"^[+-]?[0-9]+(?:[.,][0-9]+)?$"
FORMULA = r"^[=+\-@\t\r]"


class Rows:
    """Render the header, items and removals of one file."""

    def __init__(self, schema: pl.Schema, options: CsvOptions, *, delta: bool) -> None:
        self._schema = schema
        self._options = options
        self._delta = delta
        self._lists = [name for name in schema if is_list(schema, name)]

    def head(self) -> bytes:
        """Return the row of names, if there is one."""
        names = [*self._schema, *([self._options.action_column] if self._delta else [])]
        if not self._options.header or not self._schema:
            return b""
        return self._table(pl.DataFrame({str(i): [name] for i, name in enumerate(names)}))

    def render(self, frame: pl.DataFrame) -> bytes:
        """Return one row per item; absent values are empty."""
        cells = [self._cell(name).alias(name) for name in self._schema]
        return self._table(frame.select(*cells, *self._action(self._options.upsert_value)))

    def removed(self, ids: pl.Series) -> bytes:
        """Return one row per removed item: its id and the word for it."""
        key = self._options.item_id
        if key not in self._schema:
            raise ValueError(f"a removal needs the column {key}, which is not mapped")
        absent = [pl.lit(None, pl.String).alias(name) for name in self._schema if name != key]
        frame = pl.DataFrame({key: ids}).with_columns(absent)
        return self._table(frame.select(*self._schema, *self._action(self._options.delete_value)))

    def ambiguous_lists(self, frame: pl.DataFrame) -> int:
        """Count lists with a value that holds the list separator: nobody can take them apart."""
        separator = self._options.list_separator
        holds = pl.element().str.contains(separator, literal=True).any()
        found = [pl.col(name).list.eval(holds).list.first().sum() for name in self._lists]
        return sum(frame.select(found).row(0)) if found else 0

    def _action(self, word: str) -> list[pl.Expr]:
        return [pl.lit(word).alias(self._options.action_column)] if self._delta else []

    def _cell(self, column: str) -> pl.Expr:
        if column in self._lists:
            text = present_list(column).list.join(self._options.list_separator).replace("", None)
        else:
            text = present(column)
        return guarded(text) if self._options.formula_guard else text

    def _table(self, frame: pl.DataFrame) -> bytes:
        # A row of one absent value would be a blank line, which readers skip.
        alone = self._options.quote * 2 if frame.width == 1 else ""
        return table(
            frame,
            null_value=alone,
            separator=self._options.separator,
            quote_char=self._options.quote,
            quote_style="always" if self._options.quoting == "all" else "necessary",
            line_terminator=self._options.line_terminator,
        )


def guarded(text: pl.Expr) -> pl.Expr:
    """Return text that no spreadsheet runs; numbers stay numbers."""
    risky = text.str.contains(FORMULA) & ~text.str.contains(NUMBER)
    return pl.when(risky).then(pl.concat_str([pl.lit("'"), text])).otherwise(text)
