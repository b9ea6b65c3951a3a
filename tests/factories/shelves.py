"""A projection of hand-made documents, without a database: what readings do with segments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson

from pim.domain import inheritance
from pim.domain.completeness import completeness
from pim.domain.conditions import ProductView
from pim.domain.structure import (
    Attribute,
    AttributeOption,
    Category,
    Channel,
    Codes,
    Currency,
    Family,
    FamilyVariant,
    Group,
    Locale,
    MeasurementFamily,
    Structure,
    Unit,
    VariantLevel,
)
from pim.projection import extract, lowered, manifest, resolve, segments, writing
from pim.projection.catalogue import Catalogue
from pim.projection.decode import Decoder
from pim.projection.manifest import Manifest
from pim.projection.reading import Reading

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def attribute(number: int, code: str, kind: str, **more: Any) -> Attribute:
    """Return an attribute of the type pim_catalog_<kind>; selects get the options a to d."""
    options = [
        AttributeOption(id=number * 10 + i, attribute=code, code=c) for i, c in enumerate("abcd")
    ]
    chosen = Codes(options) if kind.endswith("select") else Codes[AttributeOption](())
    return Attribute(
        id=number, code=code, type=f"pim_catalog_{kind}", group="all", options=chosen, **more
    )


SHOES = Structure(
    version=1,
    attributes=Codes(
        [
            attribute(1, "sku", "identifier", unique=True),
            attribute(2, "name", "text", localizable=True),
            attribute(3, "title", "text", localizable=True, scopable=True),
            attribute(4, "colour", "simpleselect"),
            attribute(5, "material", "multiselect"),
            attribute(6, "stock", "number"),
            attribute(7, "weight", "metric", properties={"metric_family": "Weight"}),
            attribute(8, "price", "price_collection", scopable=True),
            attribute(9, "launch", "date"),
            attribute(10, "vegan", "boolean"),
            attribute(11, "image", "image"),
            attribute(12, "gallery", "asset_collection"),
            attribute(13, "spare", "product_link"),
            attribute(14, "legal", "text", available_locales=("de_DE",), localizable=True),
        ]
    ),
    families=Codes(
        [
            Family(
                id=1,
                code="shoes",
                attributes=("sku", "name", "title", "colour", "price", "weight", "legal"),
                attribute_as_label="name",
                requirements={
                    "web": frozenset({"sku", "name", "title", "price", "weight", "legal"}),
                    "print": frozenset({"sku", "title", "price"}),
                },
            ),
            Family(id=2, code="care"),
        ]
    ),
    family_variants=Codes(
        [
            FamilyVariant(
                id=1,
                code="by_colour_size",
                family="shoes",
                levels=(
                    VariantLevel(axes=("colour",), attributes=frozenset({"colour", "image"})),
                    VariantLevel(axes=("stock",), attributes=frozenset({"stock", "sku"})),
                ),
                overridable=frozenset({"price", "name", "weight"}),
            ),
            FamilyVariant(
                id=2,
                code="by_size",
                family="shoes",
                levels=(
                    VariantLevel(axes=("stock",), attributes=frozenset({"stock", "sku", "image"})),
                ),
                overridable=frozenset({"price"}),
            ),
        ]
    ),
    channels=Codes(
        [
            Channel(id=1, code="web", locales=("en_GB", "de_DE"), currencies=("EUR", "GBP")),
            Channel(id=2, code="print", locales=("en_GB",), currencies=("EUR",)),
        ]
    ),
    categories=Codes(
        [
            Category(id=1, code="all", parent=None, root="all", path=(1,)),
            Category(id=2, code="women", parent="all", root="all", path=(1, 2)),
            Category(id=3, code="boots", parent="women", root="all", path=(1, 2, 3)),
            Category(id=4, code="men", parent="all", root="all", path=(1, 4)),
        ]
    ),
    groups=Codes([Group(id=1, code="sale", type="x"), Group(id=2, code="new", type="x")]),
    measurement_families=Codes(
        [
            MeasurementFamily(
                id=1,
                code="Weight",
                standard_unit="GRAM",
                units=Codes(
                    [
                        Unit(code="GRAM", to_standard=(("mul", Decimal(1)),)),
                        Unit(code="OUNCE", to_standard=(("mul", Decimal("28.349523125")),)),
                    ]
                ),
            )
        ]
    ),
    locales=Codes([Locale(id=1, code="en_GB"), Locale(id=2, code="de_DE")]),
    currencies=Codes(
        [Currency(id=1, code="EUR", active=True), Currency(id=2, code="GBP", active=True)]
    ),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Thing:
    """A product, or a model when it has a family variant (`family` is then of no matter)."""

    id: int
    identifier: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    parent: int | None = None
    family: int | None = None
    family_variant: int | None = None
    categories: tuple[int, ...] = ()
    groups: tuple[int, ...] = ()
    enabled: bool = True
    created: datetime = EPOCH
    updated: datetime = EPOCH

    @property
    def uuid(self) -> str:
        """Return a uuid that follows from the id."""
        return f"00000000-0000-4000-8000-{self.id:012}"

    def line(self) -> bytes:
        """Return the thing as PostgreSQL gives it."""
        document = {
            "id": self.id,
            "uuid": self.uuid,
            "identifier": self.identifier,
            "parent": self.parent,
            "categories": self.categories,
            "version": 1,
            "created": _microseconds(self.created),
            "updated": _microseconds(self.updated),
            "values": self.values,
        }
        if self.family_variant is not None:
            document["family_variant"] = self.family_variant
        else:
            document |= {"family": self.family, "enabled": self.enabled, "groups": self.groups}
        return orjson.dumps(document) + b"\n"


@dataclass(frozen=True, kw_only=True)
class Layer:
    """The content of one segment."""

    things: Sequence[Thing] = ()
    gone: Sequence[int] = ()


@contextmanager
def reading(
    folder: Path, *layers: Layer, structure: Structure = SHOES, **more: Any
) -> Iterator[Reading]:
    """Give a reading of segments with these contents, oldest first."""
    written = [_segment(folder, layer, structure) for layer in layers]
    state = Manifest(
        number=manifest.next_number(folder),
        system="1", database=1, snapshot="1:1:", at="", segments=tuple(written),
    )  # fmt: skip
    manifest.publish(folder, state)
    lease = manifest.lease(folder)
    assert lease is not None
    try:
        yield Reading(Catalogue(folder, lease), structure, **more)
    finally:
        lease.release()


def _segment(folder: Path, layer: Layer, structure: Structure) -> segments.Segment:
    ordered = sorted(layer.things, key=lambda thing: thing.id)
    models = [thing.line() for thing in ordered if thing.family_variant is not None]
    products = [thing.line() for thing in ordered if thing.family_variant is None]
    owners = resolve.owners(Decoder(structure, extract.MODELS).frame(models), structure)
    decoder = Decoder(structure, extract.PRODUCTS)
    middle = len(products) // 2
    items = [
        lowered.added(resolve.items(decoder.frame(part), owners, structure), structure)
        for part in (products[:middle], products[middle:])
    ]
    owners = lowered.added(owners, structure)
    return writing.write(folder / manifest.SEGMENTS, items=items, owners=owners, gone=layer.gone)


def view(thing: Thing, things: Mapping[int, Thing], structure: Structure = SHOES) -> ProductView:
    """Return a thing as the domain's rules see it, inherited values included."""
    chain = [thing]
    while (above := chain[-1].parent) is not None:
        chain.append(things[above])
    variant = structure.family_variants.by_id.get(chain[-1].family_variant or -1)
    family = structure.families.by_id.get(thing.family or -1)
    code = variant.family if thing.family_variant and variant else family and family.code
    model = thing.family_variant is not None
    own = None if model else family
    document = inheritance.resolve([m.values for m in reversed(chain)], variant).document()
    level = "model" if model else "variant" if thing.parent else "simple"
    return ProductView(
        level=level,  # type: ignore[arg-type]
        values=document,
        completeness={
            (channel.code, locale): done.ratio
            for channel in structure.channels
            for locale in channel.locales
            if (
                done := completeness(
                    document, thing.identifier, own, channel.code, locale, structure
                )
            )
        },
        identifier=thing.identifier,
        uuid=thing.uuid,
        family=code,
        family_variant=variant.code if variant else None,
        parent=chain[1].identifier if len(chain) > 1 else None,
        categories=frozenset(
            structure.categories.by_id[number].code for m in chain for number in m.categories
        ),
        groups=frozenset(structure.groups.by_id[number].code for number in thing.groups),
        enabled=None if model else thing.enabled,
        created=thing.created,
        updated=thing.updated,
    )


def _microseconds(moment: datetime) -> int:
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
