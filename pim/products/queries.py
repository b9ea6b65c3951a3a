"""Read one product or model as people look at it: with what stands above, beside and below it."""

from __future__ import annotations

import uuid as uuids
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from pim.domain.inheritance import Resolved, resolve
from pim.domain.structure import Family, FamilyVariant, Structure
from pim.errors import NotFound
from pim.products.models import MODEL, PRODUCT, Product, ProductModel

TABLES: tuple[type[ProductModel | Product], ...] = (ProductModel, Product)

#: Children and siblings that one page shows.
SHOWN = 500


@dataclass(frozen=True, kw_only=True)
class Entity:
    """A product or a model as it is stored; `values` are those of its own level."""

    id: int
    uuid: uuids.UUID
    kind: int
    name: str
    parent_id: int | None
    family_id: int | None
    family_variant_id: int | None
    enabled: bool
    categories: tuple[int, ...]
    groups: tuple[int, ...]
    associations: Mapping[str, Any]
    values: Mapping[str, Any]
    created: datetime
    updated: datetime
    version: int

    @property
    def is_model(self) -> bool:
        """Tell whether this is a product model."""
        return self.kind == MODEL


@dataclass(frozen=True, kw_only=True)
class Detail:
    """An entity with its models (root first), its children, and its siblings (itself included)."""

    entity: Entity
    ancestors: tuple[Entity, ...]
    children: tuple[Entity, ...]
    siblings: tuple[Entity, ...]
    family: Family | None
    variant: FamilyVariant | None

    @property
    def chain(self) -> tuple[Entity, ...]:
        """Return the levels from the root model to the entity."""
        return (*self.ancestors, self.entity)

    @property
    def level(self) -> int:
        """Return the entity's level in its family variant: 0 for a root or a simple product."""
        return len(self.ancestors)

    @cached_property
    def resolved(self) -> Resolved:
        """Return the values that count, with where each comes from."""
        return resolve([each.values for each in self.chain], self.variant)

    @property
    def categories(self) -> Mapping[int, Entity]:
        """Map each category to the highest level that is in it."""
        return {number: each for each in reversed(self.chain) for number in each.categories}

    def axes_below(self) -> tuple[str, ...]:
        """Return the axes in which the children differ."""
        levels = self.variant.levels if self.variant else ()
        return levels[self.level].axes if self.level < len(levels) else ()

    def axes_here(self) -> tuple[str, ...]:
        """Return the axes in which the entity differs from its siblings."""
        return self.variant.levels[self.level - 1].axes if self.variant and self.level else ()


def find_detail(session: Session, uuid: uuids.UUID, kind: int, structure: Structure) -> Detail:
    """Return a product or model with its family tree, or raise NotFound."""
    table = ProductModel if kind == MODEL else Product
    entity = _one(session, select(table).where(table.uuid == uuid))
    if entity is None:
        what = "product model" if kind == MODEL else "product"
        raise NotFound(f"There is no {what} {uuid}.")
    ancestors = _ancestors(session, entity)
    chain = (*ancestors, entity)
    variant = _variant(chain, structure)
    family = (
        structure.families.get(variant.family)
        if variant
        else structure.families.by_id.get(entity.family_id or 0)
    )
    return Detail(
        entity=entity,
        ancestors=ancestors,
        children=_below(session, entity.id) if entity.is_model else (),
        siblings=_siblings(session, entity),
        family=family,
        variant=variant,
    )


def names_of(session: Session, ids: Iterable[int]) -> dict[int, Entity]:
    """Return products and models by id."""
    wanted = list(set(ids))
    found: dict[int, Entity] = {}
    for table in TABLES:
        query: Select[Any] = select(table).where(table.id.in_(wanted))
        found.update((row.id, _entity(row)) for row in session.scalars(query))
    return found


def _ancestors(session: Session, entity: Entity) -> tuple[Entity, ...]:
    above: list[Entity] = []
    parent = entity.parent_id
    while parent is not None:
        model = _one(session, select(ProductModel).where(ProductModel.id == parent))
        if model is None:
            break
        above.insert(0, model)
        parent = model.parent_id
    return tuple(above)


def _below(session: Session, parent: int) -> tuple[Entity, ...]:
    children: list[Entity] = []
    for table in TABLES:
        query: Select[Any] = select(table).where(table.parent_id == parent).order_by(table.id)
        children += [_entity(row) for row in session.scalars(query.limit(SHOWN))]
    return tuple(children)


def _siblings(session: Session, entity: Entity) -> tuple[Entity, ...]:
    return _below(session, entity.parent_id) if entity.parent_id is not None else ()


def _variant(chain: Sequence[Entity], structure: Structure) -> FamilyVariant | None:
    models = [each for each in chain if each.is_model]
    return structure.family_variants.by_id.get(models[0].family_variant_id or 0) if models else None


def _one(session: Session, query: Select[Any]) -> Entity | None:
    row = session.scalars(query).one_or_none()
    return None if row is None else _entity(row)


def _entity(row: Product | ProductModel) -> Entity:
    product, model = _split(row)
    return Entity(
        id=row.id,
        uuid=row.uuid,
        kind=MODEL if model else PRODUCT,
        name=model.code if model else (product and product.identifier) or str(row.uuid),
        parent_id=row.parent_id,
        family_id=product.family_id if product else None,
        family_variant_id=model.family_variant_id if model else None,
        enabled=product.enabled if product else True,
        categories=tuple(row.categories),
        groups=tuple(product.groups) if product else (),
        associations=row.associations,
        values=row.values,
        created=row.created,
        updated=row.updated,
        version=row.version,
    )


def _split(row: Product | ProductModel) -> tuple[Product | None, ProductModel | None]:
    return (row, None) if isinstance(row, Product) else (None, row)
