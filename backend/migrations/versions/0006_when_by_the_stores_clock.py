"""When something happened by the store's own clock, beside when the machine wrote it down."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = ("audit_entries", "provider_events", "messages")
STORE_NOW = """
CREATE FUNCTION store_now() RETURNS timestamptz LANGUAGE sql STABLE AS
$$ SELECT app_now() + make_interval(secs => coalesce(
     (SELECT clock_offset_seconds FROM stores WHERE id = current_setting('app.store_id')::uuid), 0)) $$;
"""


def upgrade() -> None:
    """The default is set after the column is there: a table is not rewritten, and rows of the past keep none."""
    op.execute(STORE_NOW)
    for table in TABLES:
        op.add_column(table, sa.Column("happened_at", sa.DateTime(timezone=True), nullable=True))
        op.execute(f"ALTER TABLE {table} ALTER COLUMN happened_at SET DEFAULT store_now()")


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "happened_at")
    op.execute("DROP FUNCTION store_now()")
