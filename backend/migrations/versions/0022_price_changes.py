"""A price changes on a day that is told beforehand."""

import sqlalchemy as sa
from alembic import op

from migrations import security

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "price_changes",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("price_list_id", sa.Uuid(), nullable=False),
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("mrp_amount", sa.BigInteger(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("told_until", sa.Uuid(), nullable=True),
        sa.Column("noticed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("amount > 0", name=op.f("ck_price_changes_amount_positive")),
        sa.CheckConstraint("mrp_amount >= amount", name=op.f("ck_price_changes_never_above_mrp")),
        sa.ForeignKeyConstraint(
            ["store_id", "price_list_id"],
            ["price_lists.store_id", "price_lists.id"],
            name=op.f("fk_price_changes_store_id_price_list_id"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "variant_id"], ["variants.store_id", "variants.id"], name=op.f("fk_price_changes_store_id_variant_id")
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_price_changes")),
    )
    op.create_index(
        "uq_price_changes_day",
        "price_changes",
        ["store_id", "variant_id", "price_list_id", "effective_on"],
        unique=True,
        postgresql_where=sa.text("cancelled_at is null"),
    )
    op.create_index(
        "ix_price_changes_untold",
        "price_changes",
        ["store_id", "created_at"],
        unique=False,
        postgresql_where=sa.text("noticed_at is null and cancelled_at is null"),
    )
    op.execute(security.protect("price_changes", rights=security.APPEND))
    op.execute("GRANT UPDATE (told_until, noticed_at, cancelled_at) ON price_changes TO rozana_app")


def downgrade() -> None:
    op.drop_table("price_changes")
