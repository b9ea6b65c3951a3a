"""History folded back in SQL: merge patches laid one over the other."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the aggregate: later patches of its order win, nulls are kept."""
    op.execute(
        "CREATE AGGREGATE pim_overlay_all(jsonb)"
        " (SFUNC = pim_overlay, STYPE = jsonb, PARALLEL = SAFE)"
    )


def downgrade() -> None:
    """Drop it."""
    op.execute("DROP AGGREGATE pim_overlay_all(jsonb)")
