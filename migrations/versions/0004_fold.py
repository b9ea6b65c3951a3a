"""Lower case in SQL as in Python: the twin of pim.domain.conditions.fold."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Columns are COLLATE "C", where lower() knows ASCII alone. Of the collations that know every
# letter the first that this server has is taken: builtin from PostgreSQL 18 on, ICU before it.
# Without either the database's own collation answers. lower() is inlined where it is called.
FOLD = """
DO $do$
DECLARE
    known text;
BEGIN
    SELECT quote_ident(collname) INTO known FROM pg_collation
    WHERE collname IN ('pg_unicode_fast', 'und-x-icu', 'default')
    ORDER BY array_position(ARRAY['pg_unicode_fast', 'und-x-icu', 'default'], collname::text)
    LIMIT 1;
    EXECUTE format(
        'CREATE FUNCTION pim_fold(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE'
        ' AS $$ SELECT lower(value COLLATE %s) COLLATE "C" $$', known);
END $do$
"""


def upgrade() -> None:
    """Create the function."""
    op.execute(FOLD)


def downgrade() -> None:
    """Drop the function."""
    op.execute("DROP FUNCTION pim_fold(text)")
