"""Patches of very many members: merged, laid over and reverted as sets, not one by one.

A product that thousands are linked with has them all in one object. Each step of a loop over them
copies what the steps before have made, so twice as many took four times as long. In patches of more
than 4,000 bytes what is no object goes in at once; only objects within are looked into one by one.
"""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

MERGE = """
CREATE OR REPLACE FUNCTION pim_merge(document jsonb, patch jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    name text;
    change jsonb;
BEGIN
    IF jsonb_typeof(patch) IS DISTINCT FROM 'object' THEN
        RETURN patch;
    END IF;
    IF jsonb_typeof(document) IS DISTINCT FROM 'object' THEN
        document := '{{}}';
    END IF;{wide}
    FOR name, change IN SELECT * FROM jsonb_each(patch) LOOP
        IF jsonb_typeof(change) = 'object' THEN
            change := pim_merge(document -> name, change);
        END IF;
        IF change IN ('null', '{{}}') THEN
            document := document - name;
        ELSE
            document := document || jsonb_build_object(name, change);
        END IF;
    END LOOP;
    RETURN document;
END $$
"""
WIDE_MERGE = """
    IF pg_column_size(patch) > 4000 THEN
        document := (document
            - coalesce((SELECT array_agg(key) FROM jsonb_each(patch) WHERE value = 'null'), '{}'))
            || coalesce((SELECT jsonb_object_agg(key, value) FROM jsonb_each(patch)
                WHERE jsonb_typeof(value) NOT IN ('object', 'null')), '{}');
        patch := coalesce((SELECT jsonb_object_agg(key, value) FROM jsonb_each(patch)
            WHERE jsonb_typeof(value) = 'object'), '{}');
    END IF;"""

OVERLAY = """
CREATE OR REPLACE FUNCTION pim_overlay(under jsonb, upper jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    name text;
    value jsonb;
BEGIN
    IF jsonb_typeof(under) IS DISTINCT FROM 'object'
       OR jsonb_typeof(upper) IS DISTINCT FROM 'object' THEN
        RETURN coalesce(upper, under);
    END IF;{wide}
    FOR name, value IN SELECT * FROM jsonb_each(upper) LOOP
        IF jsonb_typeof(value) = 'object' AND under ? name THEN
            value := pim_overlay(under -> name, value);
        END IF;
        under := under || jsonb_build_object(name, value);
    END LOOP;
    RETURN under;
END $$
"""
WIDE_OVERLAY = """
    IF pg_column_size(upper) > 4000 THEN
        under := under || coalesce((SELECT jsonb_object_agg(e.key, e.value)
            FROM jsonb_each(upper) e WHERE jsonb_typeof(e.value) <> 'object'), '{}');
        upper := coalesce((SELECT jsonb_object_agg(e.key, e.value)
            FROM jsonb_each(upper) e WHERE jsonb_typeof(e.value) = 'object'), '{}');
    END IF;"""

REVERT = """
CREATE OR REPLACE FUNCTION pim_revert(document jsonb, before jsonb, after jsonb, mode text)
RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    name text;
    was jsonb;
    wrote jsonb;
    found jsonb;
    part jsonb;
    result jsonb := '{{}}';
BEGIN{wide}
    FOR name IN SELECT jsonb_object_keys(before || after) LOOP
        was := coalesce(before -> name, 'null');
        wrote := coalesce(after -> name, 'null');
        found := coalesce(document -> name, 'null');
        IF jsonb_typeof(was) = 'object' OR jsonb_typeof(wrote) = 'object' THEN
            part := pim_revert(
                CASE jsonb_typeof(found) WHEN 'object' THEN found ELSE '{{}}' END,
                CASE jsonb_typeof(was) WHEN 'object' THEN was ELSE '{{}}' END,
                CASE jsonb_typeof(wrote) WHEN 'object' THEN wrote ELSE '{{}}' END, mode);
            IF part IS NOT NULL THEN
                result := result || jsonb_build_object(name, part);
            END IF;
        ELSIF found <> was AND (found <> wrote) = (mode = 'kept') THEN
            result := result
                || jsonb_build_object(name, CASE mode WHEN 'restore' THEN was ELSE wrote END);
        END IF;
    END LOOP;
    RETURN nullif(result, '{{}}');
END $$
"""
WIDE_REVERT = """
    IF pg_column_size(before) + pg_column_size(after) > 4000 THEN
        SELECT coalesce(jsonb_object_agg(ends.key,
                CASE mode WHEN 'restore' THEN ends.was ELSE ends.wrote END), '{}')
        INTO result
        FROM (
            SELECT key, coalesce(b.value, 'null') AS was, coalesce(a.value, 'null') AS wrote,
                coalesce(d.value, 'null') AS found
            FROM jsonb_each(before) b FULL JOIN jsonb_each(after) a USING (key)
            LEFT JOIN jsonb_each(document) d USING (key)
        ) AS ends
        WHERE jsonb_typeof(ends.was) <> 'object' AND jsonb_typeof(ends.wrote) <> 'object'
          AND ends.found <> ends.was AND (ends.found <> ends.wrote) = (mode = 'kept');
        SELECT coalesce(jsonb_object_agg(b.key, b.value), '{}') INTO before
        FROM jsonb_each(before) b
        WHERE jsonb_typeof(b.value) = 'object' OR jsonb_typeof(after -> b.key) = 'object';
        SELECT coalesce(jsonb_object_agg(a.key, a.value), '{}') INTO after
        FROM jsonb_each(after) a
        WHERE jsonb_typeof(a.value) = 'object' OR before ? a.key;
    END IF;"""

FUNCTIONS = ((MERGE, WIDE_MERGE), (OVERLAY, WIDE_OVERLAY), (REVERT, WIDE_REVERT))


def upgrade() -> None:
    """Let the functions take wide patches as sets."""
    for function, wide in FUNCTIONS:
        op.execute(function.format(wide=wide))


def downgrade() -> None:
    """Let them go member by member again."""
    for function, _ in FUNCTIONS:
        op.execute(function.format(wide=""))
