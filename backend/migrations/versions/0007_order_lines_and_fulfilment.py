"""What becomes of an order after it is paid: shipments, returns, and what is no longer owed."""

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
