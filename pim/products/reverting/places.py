"""Keep products whose old place is gone or taken where they are."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from pim.domain.structure import Structure
from pim.domain.values import Cell


def yield_places(session: Session, structure: Structure) -> None:
    """Let patches of products keep what cannot go back; they stand in the table `patch`.

    A family that is gone stays away by itself. A product whose parent cannot have it back stays
    as a whole: values that it took along are the only ones that it has.
    """
    session.execute(_FAMILY_GONE)
    session.execute(_DROP)
    session.execute(_MOVING)
    variants = session.scalars(_VARIANTS).all()
    for number in variants:
        variant = structure.family_variants.by_id.get(number) if number else None
        axes = variant.levels[-1].axes if variant else ()
        parameters = {f"axis{n}": list(Cell(axis)) for n, axis in enumerate(axes)}
        statement = _PARENT_TAKEN.format(own=_axes("e", len(axes)), other=_axes("o", len(axes)))
        session.execute(text(statement), {**parameters, "variant": number})


def _axes(alias: str, count: int) -> str:
    cells = (f"{alias}.values #> CAST(:axis{n} AS text[])" for n in range(count))
    return f"ARRAY[{', '.join(cells)}]::jsonb[]"


_FAMILY_GONE = text(
    """
    UPDATE patch AS p SET after = p.after - 'family', before = p.before - 'family',
        kept = pim_overlay(coalesce(p.kept, '{}'),
            jsonb_build_object('family', p.before -> 'family'))
    WHERE p.after ->> 'family' IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM family f WHERE f.id = (p.after ->> 'family')::bigint)
    """
)

_DROP = text("DROP TABLE IF EXISTS moving")

# Who goes back to where, and who only leaves; the variant of a model that is gone is null.
_MOVING = text(
    """
    CREATE TEMP TABLE moving ON COMMIT DROP AS
    SELECT p.id, p.parent, m.id AS model, m.family_variant_id AS variant
    FROM (SELECT id, (after ->> 'parent')::bigint AS parent FROM patch WHERE after ? 'parent') p
    LEFT JOIN product_model m ON m.id = p.parent
    """
)
_VARIANTS = text("SELECT DISTINCT variant FROM moving WHERE parent IS NOT NULL ORDER BY 1")

# Somebody else has the axes below the old parent by now, or will go back before, or the product
# has lost an axis meanwhile.
_PARENT_TAKEN = """
    WITH going AS (
        SELECT e.id, i.model, {own} AS axes,
            row_number() OVER (PARTITION BY i.model, {own} ORDER BY e.id) AS place
        FROM moving i JOIN product e ON e.id = i.id
        WHERE i.parent IS NOT NULL AND i.variant IS NOT DISTINCT FROM CAST(:variant AS bigint)
    ), staying AS (
        SELECT id FROM going
        WHERE model IS NULL OR place > 1 OR array_position(axes, NULL) IS NOT NULL
        UNION
        SELECT g.id FROM going g
        JOIN product o ON o.parent_id = g.model AND o.id <> g.id AND {other} = g.axes
        WHERE o.id NOT IN (SELECT id FROM moving)
    )
    UPDATE patch AS p SET after = NULL, kept = pim_overlay(coalesce(p.kept, '{{}}'), p.before)
    FROM staying s WHERE s.id = p.id
"""
