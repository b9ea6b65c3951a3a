"""Many products are found at once, as columns, and held while a chunk decides about them."""

from __future__ import annotations

import polars as pl
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from pim.db.copy import fetch, text_array
from pim.domain.values import Cell
from pim.products.frames import find_entities, folded
from pim.products.models import PRODUCT
from tests.factories.catalogue import Catalogue

HOLD = text("SELECT id FROM product WHERE id = :id FOR NO KEY UPDATE NOWAIT")


def test_entities_come_with_the_cells_asked_for(catalogue: Catalogue) -> None:
    cells = [Cell("ean"), Cell("name", locale="en_GB"), Cell("price")]
    with Session(catalogue.engine) as session:
        found = find_entities(session, PRODUCT, pl.Series(["wax", "none", ""]), cells)

    row = found.row(0, named=True)
    assert found.height == 1
    assert (row["key"], row["stored_enabled"], len(row["stored_groups"])) == ("wax", True, 2)
    assert (row["0"], row["1"]) == ('"4006381333962"', '"Wax"')
    assert row["2"] == '{"EUR": "9.95"}'


def test_entities_are_held_until_the_transaction_ends(catalogue: Catalogue) -> None:
    with Session(catalogue.engine) as session, Session(catalogue.engine) as other:
        held = find_entities(session, PRODUCT, pl.Series(["wax"]))["id"][0]
        with pytest.raises(OperationalError):
            other.execute(HOLD, {"id": held})
        other.rollback()
        session.rollback()

        assert other.execute(HOLD, {"id": held}).scalar() == held


def test_letters_of_other_scripts_are_not_folded() -> None:
    assert folded(pl.Series(["ABC", "Ёлка-X", "ÄB"])).to_list() == ["abc", "Ёлка-x", "Äb"]


@pytest.mark.parametrize("given", ['a"b', "a\\b", "{a,b}", "NULL", "тест", "a\nb"])
def test_any_text_survives_the_way_there_and_back(session: Session, given: str) -> None:
    schema = pl.Schema({"n": pl.Int64, "t": pl.String})
    query = "SELECT 1, unnest(CAST(:texts AS text[]))"

    found = fetch(session, query, schema, {"texts": text_array(pl.Series([given, None]))})

    assert found.rows() == [(1, given)]
