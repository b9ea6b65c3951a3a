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

# Null for parents that are gone.
_VARIANTS = text(
    "SELECT DISTINCT m.family_variant_id FROM patch p"
    " LEFT JOIN product_model m ON m.id = (p.after ->> 'parent')::bigint"
    " WHERE p.after ->> 'parent' IS NOT NULL ORDER BY 1"
)

# Somebody else has the axes below the old parent by now, or will go back before, or the product
# has lost an axis meanwhile.
_PARENT_TAKEN = """
    WITH going AS (
        SELECT p.id, m.id AS parent, {own} AS axes
        FROM patch p JOIN product e ON e.id = p.id
        LEFT JOIN product_model m ON m.id = (p.after ->> 'parent')::bigint
        WHERE p.after ->> 'parent' IS NOT NULL
          AND m.family_variant_id IS NOT DISTINCT FROM CAST(:variant AS bigint)
    ), staying AS (
        SELECT r.id FROM going r
        WHERE r.parent IS NULL OR array_position(r.axes, NULL) IS NOT NULL
          OR EXISTS (
            SELECT 1 FROM product o WHERE o.parent_id = r.parent AND o.id <> r.id
              AND {other} = r.axes
              AND NOT EXISTS (SELECT 1 FROM patch q WHERE q.id = o.id AND q.after ? 'parent'))
          OR EXISTS (
            SELECT 1 FROM going o
            WHERE o.parent = r.parent AND o.axes = r.axes AND o.id < r.id)
    )
    UPDATE patch AS p SET after = NULL, kept = pim_overlay(coalesce(p.kept, '{{}}'), p.before)
    FROM staying s WHERE s.id = p.id
"""
