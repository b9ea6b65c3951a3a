"""What a product belongs to and is linked with, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from pim.domain.structure import Structure
from pim.domain.values import get
from pim.products.queries import Detail, Entity, names_of
from pim.web.context_bar import Chosen
from pim.web.products.labels import cell_of, label, value_of
from pim.web.products.showing import Shown, show


@dataclass(frozen=True, kw_only=True)
class Membership:
    """A category with its path, and the model that it comes from, if any."""

    code: str
    path: Sequence[str]
    source: Entity | None


@dataclass(frozen=True, kw_only=True)
class Link:
    """One end of an association."""

    name: str
    entity: Entity | None
    quantity: str
    source: Entity | None


@dataclass(frozen=True, kw_only=True)
class Association:
    """The links of one association type."""

    label: str
    links: Sequence[Link]


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A child or sibling with its axes."""

    entity: Entity
    axes: Sequence[Shown | None]
    label: str
    picture: str | None
    current: bool


def memberships(detail: Detail, structure: Structure, chosen: Chosen) -> list[Membership]:
    """Return the categories of a product, inherited ones included, by path."""
    known = structure.categories.by_id
    found = []
    for number, holder in detail.categories.items():
        if category := known.get(number):
            path = [label(known[step], chosen.locale) for step in category.path if step in known]
            source = None if holder is detail.entity else holder
            found.append(Membership(code=category.code, path=path, source=source))
    return sorted(found, key=lambda membership: list(membership.path))


def associations(
    session: Session, detail: Detail, structure: Structure, chosen: Chosen
) -> list[Association]:
    """Return the links by association type, those of the models above included."""
    held = [(each, each.associations) for each in detail.chain]
    entities = names_of(session, _ids(document for _, document in held))
    found = []
    for kind in structure.association_types:
        links = []
        for holder, document in held:
            source = None if holder is detail.entity else holder
            targets = document.get(kind.code, {})
            for what in ("products", "product_models"):
                for number, quantity in targets.get(what, {}).items():
                    entity = entities.get(int(number))
                    name = entity.name if entity else f"deleted ({number})"
                    shown = "" if quantity is True else str(quantity)
                    links.append(Link(name=name, entity=entity, quantity=shown, source=source))
            for number in targets.get("groups", {}):
                group = structure.groups.by_id.get(int(number))
                links.append(
                    Link(name=label(group, chosen.locale), entity=None, quantity="", source=source)
                )
        if links:
            found.append(Association(label=label(kind, chosen.locale), links=links))
    return found


def variants(
    detail: Detail,
    entities: Sequence[Entity],
    axes: Sequence[str],
    structure: Structure,
    chosen: Chosen,
) -> list[Variant]:
    """Return children or siblings, in the order of their axes' options."""
    attributes = [structure.attributes[code] for code in axes if code in structure.attributes]
    family = detail.family

    def variant(entity: Entity) -> Variant:
        data = [get(entity.values, cell_of(a, chosen)) for a in attributes]
        shown = [
            None if d is None else show(a, d, chosen) for a, d in zip(attributes, data, strict=True)
        ]
        name = value_of(
            family.attribute_as_label if family else None, entity.values, structure, chosen
        )
        picture = value_of(
            family.attribute_as_image if family else None, entity.values, structure, chosen
        )
        return Variant(
            entity=entity,
            axes=shown,
            label=name or "",
            picture=picture if isinstance(picture, str) else None,
            current=entity.id == detail.entity.id,
        )

    def place(entity: Entity) -> list[Any]:
        order = []
        for attribute in attributes:
            data = get(entity.values, cell_of(attribute, chosen))
            option = attribute.options.get(data) if isinstance(data, str) else None
            order.append((option.sort_order if option else 0, str(data or "")))
        return [*order, entity.id]

    return [variant(entity) for entity in sorted(entities, key=place)]


def _ids(documents: Any) -> list[int]:
    found = []
    for document in documents:
        for targets in document.values():
            for what in ("products", "product_models"):
                found += [int(number) for number in _keys(targets.get(what))]
    return found


def _keys(targets: Mapping[str, Any] | None) -> Sequence[str]:
    return list(targets or ())
