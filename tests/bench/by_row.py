"""The other end: the same work as plain Python does it, a row at a time, on a few rows.

An object per row with SQLAlchemy's ORM for writing; json and a function call per cell for reading.
Everything written here is rolled back.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, Final

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from pim.generate.plan import attributes
from pim.products.models import PRODUCT, ChangeSet, History, Product, ProductModel, UniqueValue
from pim.structure.models import Family
from tests.bench.place import Place

WRITTEN: Final = 2_000
READ: Final = 5_000
FLUSHED: Final = 100


def import_by_orm(place: Place) -> float:
    """Return how many products a second a loop over the file's rows creates."""
    with (place.files / "products.csv").open(encoding="utf-8", newline="") as file:
        rows = list(islice(csv.DictReader(file, delimiter=";"), WRITTEN))
    with _rolled_back(place) as (session, change_set):
        began = time.perf_counter()
        for number, row in enumerate(rows, start=1):
            product = _created(session, row)
            session.add(product)
            session.flush()
            session.add(_history(product, change_set, {}))
            if number % FLUSHED == 0:
                session.commit()
        session.commit()
        return len(rows) / (time.perf_counter() - began)


def _created(session: Session, row: dict[str, str]) -> Product:
    """Return a product with what its row says, its family and parent looked up."""
    family = session.scalar(sa.select(Family).where(Family.code == row["family"]))
    parent = session.scalar(sa.select(ProductModel).where(ProductModel.code == row["parent"]))
    taken = session.scalar(sa.select(UniqueValue).where(UniqueValue.value == f"row {row['ean']}"))
    assert taken is None
    return Product(
        identifier=f"row-{row['sku']}",
        family_id=family.id if family else None,
        parent_id=parent.id if parent else None,
        enabled=row["enabled"] == "1",
        values=_document(row),
    )


def _document(row: dict[str, str]) -> dict[str, Any]:
    """Return the values of a row: {attribute: {channel: {locale: data}}}."""
    document: dict[str, Any] = {}
    for attribute in attributes():
        for header, cell in row.items():
            code, *address = header.split("-")
            if code == attribute.code and cell:
                channel = address[-1] if attribute.scopable and address else "<all>"
                locale = address[0] if attribute.localizable and address else "<all>"
                document.setdefault(code, {}).setdefault(channel, {})[locale] = cell
    return document


def update_by_orm(place: Place) -> float:
    """Return how many products a second a loop changes, with history."""
    with _rolled_back(place) as (session, change_set):
        ids = list(session.scalars(sa.select(Product.id).order_by(Product.id).limit(WRITTEN)))
        began = time.perf_counter()
        for number, each in enumerate(ids, start=1):
            product = session.get(Product, each)
            assert product is not None
            badges = {**product.values.get("badge", {}), "web": {"<all>": "badge_03"}}
            before = product.values.get("badge")
            product.values = {**product.values, "badge": badges}
            session.add(_history(product, change_set, {"values": {"badge": before}}))
            if number % FLUSHED == 0:
                session.commit()
        session.commit()
        return len(ids) / (time.perf_counter() - began)


def _history(product: Product, change_set: int, before: dict[str, Any]) -> History:
    return History(
        entity_id=product.id, change_set_id=change_set, kind=PRODUCT, action=0,
        before=before, after={"values": product.values},
    )  # fmt: skip


@contextmanager
def _rolled_back(place: Place) -> Iterator[tuple[Session, int]]:
    """Yield a session and a change set; commits cost no write to disk, and nothing stays."""
    with place.engine() as engine, engine.connect() as connection, connection.begin() as outer:
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            change_set = ChangeSet(kind="bulk", label="benchmark")
            session.add(change_set)
            session.commit()
            yield session, change_set.id
        outer.rollback()


def filter_by_row(place: Place) -> float:
    """Return how many lists a second a loop over all documents would give."""
    with place.engine() as engine, engine.connect() as connection:
        query = sa.text(f'SELECT "values"::text FROM product_model LIMIT {READ}')
        began = time.perf_counter()
        found = sum(_named(orjson.loads(text)) for text in connection.scalars(query))
        seconds = time.perf_counter() - began
    assert found >= 0
    looked_at = min(READ, int(place.scalar("SELECT count(*) FROM product_model")))
    return looked_at / seconds / place.size


def _named(document: dict[str, Any]) -> bool:
    name = document.get("name", {}).get("<all>", {}).get("en_GB") or ""
    return "boot" in name.lower()
