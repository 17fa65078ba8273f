"""Refunds and returns tell their time by the store's clock."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TABLES = ("refunds", "returns")


def upgrade() -> None:
    """The default is set after the column is there: a table is not rewritten, and rows of the past keep none."""
    for table in TABLES:
        op.add_column(table, sa.Column("happened_at", sa.DateTime(timezone=True), nullable=True))
        op.execute(f"ALTER TABLE {table} ALTER COLUMN happened_at SET DEFAULT store_now()")


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "happened_at")
