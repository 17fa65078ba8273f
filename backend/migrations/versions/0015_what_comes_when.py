"""What a subscription delivers is agreed from a day on; days may differ; households go away, shops close."""

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
