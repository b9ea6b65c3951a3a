"""How complete products are per channel and locale, by bit masks over whole columns.

The rule of the field: required are the family's requirements for the channel, without attributes
that are not offered in the locale; a price counts when every currency of the channel has an
amount, a measurement when it has amount and unit; a product without family has no completeness.

Every attribute that any family requires anywhere has a bit. Most attributes do not vary by channel
or locale, so their bits are found once for all of them.
"""

from __future__ import annotations

from functools import reduce
from operator import and_, or_
from typing import Any, Final

import polars as pl

from pim.domain.structure import ALL, Attribute, Channel, Family, Structure
from pim.domain.values import Cell
from pim.projection import columns
from pim.projection.columns import SYSTEM, Column
from pim.projection.leaves import filled as holds_data
from pim.projection.piece import Piece, Side, take
from pim.projection.remembering import remember

BITS: Final = 64

#: Words of bits that stay in memory beside those that hold everywhere, 8 bytes a product each.
REMEMBERED: Final = 8


def of_piece(
    piece: Piece,
    structure: Structure,
    channel: str,
    locale: str,
    rows: pl.Series | None = None,
) -> pl.DataFrame:
    """Return required, missing and ratio (0 to 100, rounded down) of every stored product.

    All three are null without a family; a family that requires nothing is complete. With `rows`,
    a few, only of these, and without looking at all the others.
    """
    market = structure.channels[channel]
    wanted = asked(structure)
    place = take(_places(piece, structure), rows)
    missing = pl.repeat(0, len(place), dtype=pl.UInt16(), eager=True)
    for start in range(0, len(wanted), BITS):
        word = wanted[start : start + BITS]
        masks = _masks(structure, market, locale, word)
        held = _word(piece, structure, word, market, locale, rows)
        missing += (masks.gather(place) & ~held).bitwise_count_ones().cast(pl.UInt16)
    required = _required_counts(structure, market, locale, wanted).gather(place)
    known = place < len(structure.families)
    return pl.DataFrame({"required": required, "missing": missing, "known": known}).select(
        pl.when("known").then(pl.col("required", "missing")),
        pl.when("known").then(_ratio()).alias("ratio"),
    )


def _ratio() -> pl.Expr:
    required, missing = pl.col("required").cast(pl.UInt32), pl.col("missing").cast(pl.UInt32)
    done = (required - missing) * 100 // required
    return pl.when(required == 0).then(100).otherwise(done).cast(pl.UInt8)


def _places(piece: Piece, structure: Structure) -> pl.Series:
    """Return the number of each product's family; those without one get the number behind all."""
    memory, key = piece.worked_out(structure), "family places"
    if key not in memory:
        ids = pl.Series([family.id for family in structure.families], dtype=pl.Int64)
        numbers = pl.int_range(0, len(ids), dtype=pl.UInt32, eager=True)
        family = piece.items.stored("family", SYSTEM["family"])
        memory[key] = family.replace_strict(
            ids, numbers, default=len(ids), return_dtype=pl.UInt32
        ).fill_null(len(ids))
    found: pl.Series = memory[key]
    return found


def asked(structure: Structure) -> list[Attribute]:
    """Return the attributes that any family requires in any channel."""
    codes = {
        code for f in structure.families for c in structure.channels for code in _required(f, c)
    }
    return [a for a in structure.attributes if a.code.casefold() in codes]


def _masks(structure: Structure, channel: Channel, locale: str, word: list[Attribute]) -> pl.Series:
    """Return for every family the bits of the attributes that it requires, and none behind all."""
    offered = [
        (number, a.code.casefold())
        for number, a in enumerate(word)
        if not a.available_locales or locale in a.available_locales
    ]
    masks = []
    for family in structure.families:
        required = _required(family, channel)
        masks.append(sum(1 << number for number, code in offered if code in required))
    return pl.Series([*masks, 0], dtype=pl.UInt64)


def _required_counts(
    structure: Structure, channel: Channel, locale: str, wanted: list[Attribute]
) -> pl.Series:
    words = [wanted[start : start + BITS] for start in range(0, len(wanted), BITS)]
    counts = (
        _masks(structure, channel, locale, word).bitwise_count_ones().cast(pl.UInt16)
        for word in words
    )
    none = pl.repeat(0, len(structure.families) + 1, dtype=pl.UInt16(), eager=True)
    return reduce(lambda a, b: a + b, counts, none)


def _required(family: Family, channel: Channel) -> set[str]:
    """Return what a family requires in a channel, folded; only its own attributes count."""
    own = {code.casefold() for code in family.attributes}
    return own & {code.casefold() for code in family.requirements.get(channel.code, ())}


def _word(
    piece: Piece,
    structure: Structure,
    word: list[Attribute],
    channel: Channel,
    locale: str,
    rows: pl.Series | None,
) -> pl.Series:
    """Return for products, all or a few, the bits of the attributes that are filled in a market."""
    memory = piece.worked_out(structure)
    kinds: dict[tuple[str, str], list[tuple[int, Attribute]]] = {}
    for number, attribute in enumerate(word):
        scoped = attribute.scopable or attribute.type == columns.PRICES
        varies = (channel.code if scoped else ALL, locale if attribute.localizable else ALL)
        kinds.setdefault(varies, []).append((number, attribute))
    found = []
    for varies, some in kinds.items():
        key = "filled", *varies, some[0][1].code
        known = memory.get(key)
        if known is None:
            known = _bits(piece, structure, some, channel, locale, rows)
            if rows is None:
                _keep(memory, key, known, everywhere=varies == (ALL, ALL))
        elif rows is not None:
            known = known.gather(rows)
        found.append(known)
    return reduce(or_, found)


def _keep(memory: dict[Any, Any], key: object, word: pl.Series, *, everywhere: bool) -> None:
    """Remember a word; those of single channels and locales make room for each other."""
    if not everywhere:
        recent = memory.setdefault("recently filled", {})
        for old in remember(recent, key, None, most=REMEMBERED):
            memory.pop(old, None)
    memory[key] = word


def _bits(
    piece: Piece,
    structure: Structure,
    some: list[tuple[int, Attribute]],
    channel: Channel,
    locale: str,
    rows: pl.Series | None,
) -> pl.Series:
    """Return the bits of some attributes: a product's own, else those of its owner.

    A product that holds any part of a cell does not inherit the others.
    """
    own: dict[int, pl.Series] = {}
    above: dict[int, pl.Series] = {}
    hides: dict[int, pl.Series] = {}
    height = piece.items.height if rows is None else len(rows)
    owner = None if rows is None else piece.owner.gather(rows)  # of a few, not of all owners
    for number, attribute in some:
        needed = parts(structure, attribute, channel, locale)
        if not needed:  # a channel without currencies asks for no price
            own[number] = pl.repeat(True, height, eager=True)
            continue
        if any(piece.items.has(part.name) for part in needed):
            own[number] = _filled(piece.items, needed, rows)
        if attribute is structure.identifier:
            continue
        if any(piece.owners.has(part.name) for part in needed):
            above[number] = _filled(piece.owners, needed, owner)
            hides |= _hides(piece, number, piece.group(structure, needed[0]) or needed, rows)
    bits = _packed(own, height)
    if above:
        inherited = _packed(above, piece.owners.height if owner is None else height)
        inherited = inherited.gather(piece.owner) if owner is None else inherited
        bits = bits | (inherited.fill_null(0) & ~_packed(hides, height))
    return bits


def _filled(side: Side, parts: tuple[Column, ...], rows: pl.Series | None) -> pl.Series:
    """Return whether every part of a cell holds data."""
    frame = pl.DataFrame([side.picked(part.name, part.dtype, rows) for part in parts])
    return frame.select(reduce(and_, map(holds_data, parts)).alias("filled")).to_series()


def _hides(
    piece: Piece, number: int, parts: tuple[Column, ...], rows: pl.Series | None
) -> dict[int, pl.Series]:
    """Return, under the attribute's number, which products hold any part of a cell themselves."""
    held = [
        piece.items.picked(part.name, part.dtype, rows).is_not_null()
        for part in parts
        if piece.items.has(part.name)
    ]
    return {number: reduce(or_, held)} if held else {}


def _packed(bits: dict[int, pl.Series], height: int) -> pl.Series:
    """Return words with these bits set; bytes are filled first, which is quicker by far."""
    octets: dict[int, pl.Series] = {}
    for number, bit in bits.items():
        shifted = bit.cast(pl.UInt8) * (1 << number % 8)
        octet = number // 8
        octets[octet] = octets[octet] | shifted if octet in octets else shifted
    words = (octet.cast(pl.UInt64) * (1 << 8 * place) for place, octet in octets.items())
    return reduce(or_, words, pl.repeat(0, height, dtype=pl.UInt64(), eager=True))


def parts(
    structure: Structure, attribute: Attribute, channel: Channel, locale: str
) -> tuple[Column, ...]:
    """Return the columns that must all hold data for the cell to count."""
    if attribute is structure.identifier:
        return (Column(name="identifier", dtype=SYSTEM["identifier"]),)
    cell = Cell(
        attribute.code,
        channel.code if attribute.scopable else ALL,
        locale if attribute.localizable else ALL,
    )
    if attribute.type == columns.PRICES:
        return tuple(columns.of_cell(attribute, cell, code) for code in channel.currencies)
    whole = columns.of_cell(attribute, cell)
    if attribute.type == columns.METRIC:
        return whole, columns.of_cell(attribute, cell, columns.UNIT)
    return (whole,)
