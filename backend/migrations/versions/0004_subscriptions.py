"""Subscriptions, what is in them, and their cycles; an order may be the delivery of one."""

import sqlalchemy as sa
from alembic import op
from migrations import security
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


CYCLE = "FOREIGN KEY (store_id, cycle_id) REFERENCES cycles (store_id, id)"


def upgrade() -> None:
    create_tables()
    for table in ("subscriptions", "subscription_lines", "cycles"):
        op.execute(security.protect(table))
    op.add_column("orders", sa.Column("cycle_id", sa.Uuid(), nullable=True))
    op.execute(f"ALTER TABLE orders ADD CONSTRAINT fk_orders_store_id_cycle_id {CYCLE} NOT VALID")


def downgrade() -> None:
    op.drop_constraint("fk_orders_store_id_cycle_id", "orders")
    op.drop_column("orders", "cycle_id")
    op.drop_table("cycles")
    op.drop_table("subscription_lines")
    op.drop_table("subscriptions")


def create_tables() -> None:
    op.create_table(
        "subscriptions",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("payment_method", sa.String(length=15), nullable=False),
        sa.Column("mandate_id", sa.Uuid(), nullable=True),
        sa.Column("address_id", sa.Uuid(), nullable=False),
        sa.Column("rule", postgresql.JSONB(), nullable=False),
        sa.Column("anchor_on", sa.Date(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("next_on", sa.Date(), nullable=True),
        sa.Column("plans_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_until", sa.Date(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(payment_method = 'mandate') = (mandate_id is not null)", name="ck_subscriptions_mandate_given"),
        sa.CheckConstraint("(status = 'cancelled') = (cancelled_at is not null)", name="ck_subscriptions_cancelled_stamped"),
        sa.CheckConstraint("paused_until is null or status = 'paused'", name="ck_subscriptions_pause_is_paused"),
        sa.CheckConstraint("payment_method in ('mandate', 'pay_on_delivery')", name="ck_subscriptions_payment_method_known"),
        sa.CheckConstraint("plans_at is null or status in ('active', 'paused')", name="ck_subscriptions_only_live_ones_plan"),
        sa.CheckConstraint(
            "status in ('awaiting_mandate', 'active', 'paused', 'action_needed', 'cancelled')",
            name="ck_subscriptions_status_known",
        ),
        sa.CheckConstraint("(next_on is null) = (plans_at is null)", name="ck_subscriptions_plan_whole"),
        sa.ForeignKeyConstraint(
            ["store_id", "address_id"], ["addresses.store_id", "addresses.id"], name="fk_subscriptions_store_id_address_id"
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "customer_id"], ["customers.store_id", "customers.id"], name="fk_subscriptions_store_id_customer_id"
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "mandate_id"], ["mandates.store_id", "mandates.id"], name="fk_subscriptions_store_id_mandate_id"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_subscriptions"),
    )
    op.create_index("ix_subscriptions_customer_id", "subscriptions", ["store_id", "customer_id", "id"], unique=False)
    op.create_index("ix_subscriptions_mandate_id", "subscriptions", ["store_id", "mandate_id"], unique=False)
    op.create_index(
        "ix_subscriptions_plan",
        "subscriptions",
        ["store_id", "plans_at"],
        unique=False,
        postgresql_where=sa.text("plans_at is not null"),
    )
    op.create_table(
        "cycles",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("delivers_on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=9), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("edit_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("notify_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("charge_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("slot_id", sa.Uuid(), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(status = 'created') = (reason = '')", name="ck_cycles_outcome_has_reason"),
        sa.CheckConstraint("status in ('created', 'skipped', 'failed')", name="ck_cycles_status_known"),
        sa.CheckConstraint("(notify_at is null) = (charge_at is null)", name="ck_cycles_charge_is_notified"),
        sa.CheckConstraint("charge_at > notify_at", name="ck_cycles_notified_before_charge"),
        sa.ForeignKeyConstraint(
            ["store_id", "subscription_id"],
            ["subscriptions.store_id", "subscriptions.id"],
            name="fk_cycles_store_id_subscription_id",
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_cycles"),
        sa.UniqueConstraint(
            "store_id", "subscription_id", "delivers_on", name="uq_cycles_store_id_subscription_id_delivers_on"
        ),
    )
    op.create_index(
        "ix_cycles_reminder",
        "cycles",
        ["store_id", "created_at"],
        unique=False,
        postgresql_where=sa.text("reminded_at is null and status = 'created'"),
    )
    op.create_table(
        "subscription_lines",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity between 1 and 99", name="ck_subscription_lines_quantity_sane"),
        sa.ForeignKeyConstraint(
            ["store_id", "subscription_id"],
            ["subscriptions.store_id", "subscriptions.id"],
            name="fk_subscription_lines_store_id_subscription_id",
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "variant_id"], ["variants.store_id", "variants.id"], name="fk_subscription_lines_store_id_variant_id"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_subscription_lines"),
        sa.UniqueConstraint(
            "store_id", "subscription_id", "variant_id", name="uq_subscription_lines_store_id_subscription_id_variant_id"
        ),
    )
