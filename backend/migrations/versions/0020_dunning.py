"""A debt that is asked for again, and a mandate that takes another's place."""

import sqlalchemy as sa
from alembic import op

from migrations import security

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dunnings",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("mandate_id", sa.Uuid(), nullable=True),
        sa.Column("failure_class", sa.String(length=14), nullable=False),
        sa.Column("reason", sa.String(length=100), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("step", sa.SmallInteger(), nullable=False),
        sa.Column("retries", sa.SmallInteger(), nullable=False),
        sa.Column("delays", sa.SmallInteger(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_reason", sa.String(length=100), nullable=False),
        sa.CheckConstraint(
            "failure_class in ('low_balance', 'bank_down', 'limit', 'mandate_paused', 'hard_decline')",
            name=op.f("ck_dunnings_failure_class_known"),
        ),
        sa.CheckConstraint("status in ('open', 'paid', 'voided', 'given_up')", name=op.f("ck_dunnings_status_known")),
        sa.CheckConstraint("(status = 'open') = (next_at is not null)", name=op.f("ck_dunnings_open_has_a_next_step")),
        sa.CheckConstraint("(status = 'open') = (closed_at is null)", name=op.f("ck_dunnings_closed_stamped")),
        sa.CheckConstraint("step >= 0 and retries >= 0 and delays >= 0", name=op.f("ck_dunnings_counts_not_negative")),
        sa.ForeignKeyConstraint(
            ["store_id", "mandate_id"], ["mandates.store_id", "mandates.id"], name=op.f("fk_dunnings_store_id_mandate_id")
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "order_id"], ["orders.store_id", "orders.id"], name=op.f("fk_dunnings_store_id_order_id")
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_dunnings")),
    )
    is_open = sa.text("status = 'open'")
    op.create_index("uq_dunnings_open", "dunnings", ["store_id", "order_id"], unique=True, postgresql_where=is_open)
    op.create_index("ix_dunnings_due", "dunnings", ["store_id", "next_at"], unique=False, postgresql_where=is_open)
    op.create_index("ix_dunnings_order_id", "dunnings", ["store_id", "order_id"], unique=False)
    op.create_table(
        "mandate_replacements",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("mandate_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id", "mandate_id"],
            ["mandates.store_id", "mandates.id"],
            name=op.f("fk_mandate_replacements_store_id_mandate_id"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "subscription_id"],
            ["subscriptions.store_id", "subscriptions.id"],
            name=op.f("fk_mandate_replacements_store_id_subscription_id"),
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_mandate_replacements")),
        sa.UniqueConstraint("store_id", "mandate_id", name=op.f("uq_mandate_replacements_store_id_mandate_id")),
        sa.UniqueConstraint("store_id", "subscription_id", name=op.f("uq_mandate_replacements_store_id_subscription_id")),
    )
    for table in ("dunnings", "mandate_replacements"):
        op.execute(security.protect(table))
    op.execute(security.let_sweep_see("dunnings", ("store_id", "next_at", "status")))


def downgrade() -> None:
    op.drop_table("mandate_replacements")
    op.drop_table("dunnings")
