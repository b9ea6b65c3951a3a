"""A small catalogue in a real database, and a projection of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from pim.projection.projection import Projection
from pim.structure import models as structure


@dataclass(frozen=True)
class Shop:
    """Writes products and the change log as the products' room does, in one transaction."""

    engine: sa.Engine
    family: int
    variant: int

    def product(self, identifier: str, values: dict[str, Any], **more: Any) -> int:
        with self.engine.begin() as connection:
            return self.insert(connection, "product", identifier, values, **more)

    def model(self, code: str, values: dict[str, Any], parent: int | None = None) -> int:
        with self.engine.begin() as connection:
            return self.insert(connection, "product_model", code, values, parent=parent)

    def insert(
        self,
        connection: sa.Connection,
        table: str,
        code: str,
        values: dict[str, Any],
        parent: int | None = None,
    ) -> int:
        code_column, kind = (
            ("identifier", "family_id") if table == "product" else ("code", "family_variant_id")
        )
        kind_id = self.family if table == "product" else self.variant
        statement = sa.text(
            f'INSERT INTO {table} ({code_column}, {kind}, parent_id, "values")'
            " VALUES (:code, :kind, :parent, CAST(:values AS jsonb)) RETURNING id"
        )
        given = {"code": code, "kind": kind_id, "parent": parent, "values": json.dumps(values)}
        number: int = connection.execute(statement, given).scalar_one()
        self.log(connection, table, [number])
        return number

    def set(self, table: str, number: int, values: dict[str, Any]) -> None:
        with self.engine.begin() as connection:
            self.write(connection, table, number, values)

    def write(
        self, connection: sa.Connection, table: str, number: int, values: dict[str, Any]
    ) -> None:
        statement = sa.text(f'UPDATE {table} SET "values" = CAST(:values AS jsonb) WHERE id = :id')
        connection.execute(statement, {"id": number, "values": json.dumps(values)})
        self.log(connection, table, [number])

    def delete(self, number: int) -> None:
        with self.engine.begin() as connection:
            connection.execute(sa.text("DELETE FROM product WHERE id = :id"), {"id": number})
            self.log(connection, "product", [number])

    def many(self, count: int, prefix: str = "bulk") -> list[int]:
        with self.engine.begin() as connection:
            statement = sa.text(
                """INSERT INTO product (identifier, family_id, "values")
                SELECT :prefix || n, :family, jsonb_build_object('stock', jsonb_build_object(
                    '<all>', jsonb_build_object('<all>', n::text)))
                FROM generate_series(1, :count) n RETURNING id"""
            )
            given = {"prefix": prefix, "family": self.family, "count": count}
            numbers = list(connection.execute(statement, given).scalars())
            self.log(connection, "product", numbers)
            return numbers

    def log(self, connection: sa.Connection, subject: str, ids: Sequence[int]) -> None:
        statement = sa.text("INSERT INTO change_log (subject, ids) VALUES (:subject, :ids)")
        connection.execute(statement, {"subject": subject, "ids": list(ids)})


@pytest.fixture
def shop(engine: sa.Engine) -> Shop:
    """Return a shop with one family, one family variant of two levels, and a few attributes."""
    with Session(engine) as session:
        group = structure.AttributeGroup(code="all")
        session.add_all([group, structure.StructureVersion(version=1)])
        session.flush()
        for code, kind in (("name", "text"), ("stock", "number"), ("colour", "simpleselect")):
            session.add(
                structure.Attribute(code=code, type=f"pim_catalog_{kind}", group_id=group.id)
            )
        session.flush()
        colour = session.scalars(sa.select(structure.Attribute).filter_by(code="colour")).one()
        session.add(structure.AttributeOption(attribute_id=colour.id, code="red"))
        family = structure.Family(code="shoes")
        session.add(family)
        session.flush()
        variant = structure.FamilyVariant(code="by_colour", family_id=family.id, levels=2)
        session.add(variant)
        session.flush()
        for code, level in (("colour", 1), ("stock", 2)):
            attribute = session.scalars(sa.select(structure.Attribute).filter_by(code=code)).one()
            session.add(
                structure.FamilyVariantAttribute(
                    family_variant_id=variant.id, attribute_id=attribute.id, level=level
                )
            )
        made = Shop(engine, family.id, variant.id)
        session.commit()
    return made


@pytest.fixture
def projection(engine: sa.Engine, tmp_path: Path) -> Iterator[Projection]:
    """Return the projection of the test's database."""
    made = Projection(tmp_path / "projection", engine)
    yield made
    made.close()
