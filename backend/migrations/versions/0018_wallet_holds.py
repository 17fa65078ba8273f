"""Money in a wallet may be promised to coming deliveries, and come in by itself."""

import sqlalchemy as sa
from alembic import op

from migrations import security

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

TABLES = ("wallet_holds", "wallet_top_up_plans", "planned_top_ups")


def upgrade() -> None:
    create_holds()
    create_plans()
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


def create_plans() -> None:
    op.create_table(
        "wallet_top_up_plans",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("mandate_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("day", sa.SmallInteger(), nullable=True),
        sa.Column("below_amount", sa.BigInteger(), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("amount between 10000 and 1000000", name=op.f("ck_wallet_top_up_plans_amount_sane")),
        sa.CheckConstraint("num_nonnulls(day, below_amount) = 1", name=op.f("ck_wallet_top_up_plans_one_occasion")),
        sa.CheckConstraint("day between 1 and 28", name=op.f("ck_wallet_top_up_plans_day_in_every_month")),
        sa.CheckConstraint("below_amount between 1 and 1000000", name=op.f("ck_wallet_top_up_plans_below_amount_sane")),
        sa.CheckConstraint("(ended_at is null) = (next_at is not null)", name=op.f("ck_wallet_top_up_plans_ended_plans_nothing")),
        sa.ForeignKeyConstraint(
            ["store_id", "customer_id"],
            ["customers.store_id", "customers.id"],
            name="fk_wallet_top_up_plans_store_id_customer_id",
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "mandate_id"], ["mandates.store_id", "mandates.id"], name="fk_wallet_top_up_plans_store_id_mandate_id"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_wallet_top_up_plans"),
        sa.UniqueConstraint("store_id", "customer_id", name="uq_wallet_top_up_plans_store_id_customer_id"),
    )
    op.create_index(
        "ix_wallet_top_up_plans_due",
        "wallet_top_up_plans",
        ["store_id", "next_at"],
        unique=False,
        postgresql_where=sa.text("next_at is not null"),
    )
    op.create_index("ix_wallet_top_up_plans_mandate_id", "wallet_top_up_plans", ["store_id", "mandate_id"], unique=False)
    op.create_table(
        "planned_top_ups",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("month_on", sa.Date(), nullable=False),
        sa.Column("top_up_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("extract(day from month_on) = 1", name=op.f("ck_planned_top_ups_month_begins")),
        sa.ForeignKeyConstraint(
            ["store_id", "plan_id"],
            ["wallet_top_up_plans.store_id", "wallet_top_up_plans.id"],
            name="fk_planned_top_ups_store_id_plan_id",
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "top_up_id"], ["top_ups.store_id", "top_ups.id"], name="fk_planned_top_ups_store_id_top_up_id"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_planned_top_ups"),
        sa.UniqueConstraint("store_id", "plan_id", "month_on", name="uq_planned_top_ups_store_id_plan_id_month_on"),
        sa.UniqueConstraint("store_id", "top_up_id", name="uq_planned_top_ups_store_id_top_up_id"),
    )
