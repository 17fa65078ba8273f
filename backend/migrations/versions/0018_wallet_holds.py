"""Money in a wallet may be promised to coming deliveries, and come in by itself."""

import sqlalchemy as sa
from alembic import op

from migrations import security

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

TABLES = ("wallet_holds",)


def upgrade() -> None:
    create_holds()
    for table in TABLES:
        op.execute(security.protect(table))


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def create_holds() -> None:
    op.create_table(
        "wallet_holds",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wallet_id", sa.Uuid(), nullable=False),
        sa.Column("holder_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_wallet_holds_amount_positive")),
        sa.ForeignKeyConstraint(
            ["store_id", "holder_id"], ["subscriptions.store_id", "subscriptions.id"], name="fk_wallet_holds_store_id_holder_id"
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "wallet_id"], ["wallets.store_id", "wallets.id"], name="fk_wallet_holds_store_id_wallet_id"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_wallet_holds"),
        sa.UniqueConstraint("store_id", "holder_id", name="uq_wallet_holds_store_id_holder_id"),
    )
    op.create_index("ix_wallet_holds_wallet", "wallet_holds", ["store_id", "wallet_id"], unique=False)
