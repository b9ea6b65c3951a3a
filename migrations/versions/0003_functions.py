"""Merge patches in SQL: how history is applied and undone set by set."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# RFC 7396 with empty objects pruned: the twin of pim.domain.values.merge.
MERGE = """
CREATE FUNCTION pim_merge(document jsonb, patch jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    name text;
    change jsonb;
BEGIN
    IF jsonb_typeof(patch) IS DISTINCT FROM 'object' THEN
        RETURN patch;
    END IF;
    IF jsonb_typeof(document) IS DISTINCT FROM 'object' THEN
        document := '{}';
    END IF;
    FOR name, change IN SELECT * FROM jsonb_each(patch) LOOP
        IF jsonb_typeof(change) = 'object' THEN
            change := pim_merge(document -> name, change);
        END IF;
        IF change IN ('null', '{}') THEN
            document := document - name;
        ELSE
            document := document || jsonb_build_object(name, change);
        END IF;
    END LOOP;
    RETURN document;
END $$
"""

# One patch over another, nulls kept: what two writes of one change set did together.
OVERLAY = """
CREATE FUNCTION pim_overlay(under jsonb, upper jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    name text;
    value jsonb;
BEGIN
    IF jsonb_typeof(under) IS DISTINCT FROM 'object'
       OR jsonb_typeof(upper) IS DISTINCT FROM 'object' THEN
        RETURN coalesce(upper, under);
    END IF;
    FOR name, value IN SELECT * FROM jsonb_each(upper) LOOP
        IF jsonb_typeof(value) = 'object' AND under ? name THEN
            value := pim_overlay(under -> name, value);
        END IF;
        under := under || jsonb_build_object(name, value);
    END LOOP;
    RETURN under;
END $$
"""

# Three-way look at what a change set wrote. With mode 'restore': the part of `before` whose cells
# still hold what `after` wrote; 'restored': the same cells as `after` has them; 'kept': the part of
# `after` whose cells were edited since. Cells that are back already are in none. Null for nothing.
REVERT = """
CREATE FUNCTION pim_revert(document jsonb, before jsonb, after jsonb, mode text) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    name text;
    was jsonb;
    wrote jsonb;
    found jsonb;
    part jsonb;
    result jsonb := '{}';
BEGIN
    FOR name IN SELECT jsonb_object_keys(before || after) LOOP
        was := coalesce(before -> name, 'null');
        wrote := coalesce(after -> name, 'null');
        found := coalesce(document -> name, 'null');
        IF jsonb_typeof(was) = 'object' OR jsonb_typeof(wrote) = 'object' THEN
            part := pim_revert(
                CASE jsonb_typeof(found) WHEN 'object' THEN found ELSE '{}' END,
                CASE jsonb_typeof(was) WHEN 'object' THEN was ELSE '{}' END,
                CASE jsonb_typeof(wrote) WHEN 'object' THEN wrote ELSE '{}' END, mode);
            IF part IS NOT NULL THEN
                result := result || jsonb_build_object(name, part);
            END IF;
        ELSIF found <> was AND (found <> wrote) = (mode = 'kept') THEN
            result := result
                || jsonb_build_object(name, CASE mode WHEN 'restore' THEN was ELSE wrote END);
        END IF;
    END LOOP;
    RETURN nullif(result, '{}');
END $$
"""

# Sets of ids appear in history as {id: true}, so that each membership is undone by itself.
MEMBERS = """
CREATE FUNCTION pim_members(ids bigint[]) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(jsonb_object_agg(id::text, true), '{}') FROM unnest(ids) AS id
$$
"""

MERGE_MEMBERS = """
CREATE FUNCTION pim_merge_members(ids bigint[], patch jsonb) RETURNS bigint[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(id ORDER BY id), '{}') FROM (
        SELECT unnest(ids) AS id
        EXCEPT SELECT key::bigint FROM jsonb_each(patch) WHERE value = 'null'
        UNION SELECT key::bigint FROM jsonb_each(patch) WHERE value = 'true'
    ) AS merged
$$
"""

FUNCTIONS = (
    "pim_merge(jsonb, jsonb)",
    "pim_overlay(jsonb, jsonb)",
    "pim_revert(jsonb, jsonb, jsonb, text)",
    "pim_members(bigint[])",
    "pim_merge_members(bigint[], jsonb)",
)


def upgrade() -> None:
    """Create the functions."""
    for statement in (MERGE, OVERLAY, REVERT, MEMBERS, MERGE_MEMBERS):
        op.execute(statement)


def downgrade() -> None:
    """Drop the functions."""
    for signature in FUNCTIONS:
        op.execute(f"DROP FUNCTION {signature}")
