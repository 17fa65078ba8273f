"""Subscriptions whose schedule the provider keeps: plans, what runs there, and what it charged."""

import sqlalchemy as sa
from alembic import op

from migrations import security

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TABLES = ("provider_plans", "provider_subscriptions", "provider_charges")
# A subscription has one billing owner. What the provider charges by itself, no debit of ours may charge as well.
ONE_BILLING_OWNER = """
CREATE FUNCTION refuse_debit_of_others() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM payment_attempts attempt
    JOIN payments payment ON payment.store_id = attempt.store_id AND payment.id = attempt.payment_id
    JOIN orders ON orders.store_id = payment.store_id AND orders.id = payment.order_id
    JOIN cycles ON cycles.store_id = orders.store_id AND cycles.id = orders.cycle_id
    JOIN subscriptions ON subscriptions.store_id = cycles.store_id AND subscriptions.id = cycles.subscription_id
    WHERE attempt.store_id = NEW.store_id AND attempt.id = NEW.attempt_id AND subscriptions.billing_owner = 'provider'
  ) THEN
    RAISE EXCEPTION 'the provider bills this subscription: a debit of ours would charge it twice'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'one_billing_owner';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER one_billing_owner BEFORE INSERT ON debits FOR EACH ROW EXECUTE FUNCTION refuse_debit_of_others();
"""


def upgrade() -> None:
    create_plans()
    create_subscriptions()
    create_charges()
    for table in TABLES:
        op.execute(security.protect(table))
    for table in ("provider_plans", "provider_subscriptions"):
        op.execute(security.let_sweep_see(table))
    op.execute(ONE_BILLING_OWNER)
    # What was charged and does not come is the customer's, however little: limits are for those who pay in of themselves.
    op.execute("-- squawk-ignore ban-drop-constraint\nALTER TABLE top_ups DROP CONSTRAINT ck_top_ups_amount_sane")
    op.execute("ALTER TABLE top_ups ADD CONSTRAINT ck_top_ups_amount_positive CHECK (amount > 0) NOT VALID")


def downgrade() -> None:
    op.drop_constraint("ck_top_ups_amount_positive", "top_ups")
    op.execute("ALTER TABLE top_ups ADD CONSTRAINT ck_top_ups_amount_sane CHECK (amount between 10000 and 1000000) NOT VALID")
    op.execute("DROP TRIGGER one_billing_owner ON debits; DROP FUNCTION refuse_debit_of_others()")
    for table in reversed(TABLES):
        op.drop_table(table)


def create_plans() -> None:
    op.create_table(
        "provider_plans",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("work_status", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_token", sa.Uuid(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_by", sa.String(length=100), nullable=True),
        sa.Column("claimed_alone", sa.Boolean(), nullable=False),
        sa.Column("is_suspect", sa.Boolean(), nullable=False),
        sa.Column("lost_leases", sa.Integer(), nullable=False),
        sa.Column("call_outcome_unknown", sa.Boolean(), nullable=False),
        sa.Column("last_error", sa.String(length=500), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("period", sa.String(length=9), nullable=False),
        sa.Column("every", sa.SmallInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("provider_plan_id", sa.String(length=40), nullable=True),
        sa.CheckConstraint(
            "(work_status = 'working') = (lease_token is not null and lease_until is not null)",
            name=op.f("ck_provider_plans_lease_held"),
        ),
        sa.CheckConstraint(
            "(work_status in ('done', 'dead')) = (settled_at is not null)", name=op.f("ck_provider_plans_settled_stamped")
        ),
        sa.CheckConstraint(
            "every > 0 and (period <> 'daily' or every >= 7)", name=op.f("ck_provider_plans_rhythm_expressible")
        ),
        sa.CheckConstraint(
            "period in ('daily', 'weekly', 'monthly', 'quarterly', 'yearly')", name=op.f("ck_provider_plans_period_known")
        ),
        sa.CheckConstraint("work_status <> 'done' or provider_plan_id is not null", name=op.f("ck_provider_plans_made_has_id")),
        sa.CheckConstraint(
            "work_status in ('queued', 'working', 'unknown', 'done', 'dead')", name=op.f("ck_provider_plans_work_status_known")
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_provider_plans_amount_positive")),
        sa.CheckConstraint("attempts >= 0 and lost_leases >= 0", name=op.f("ck_provider_plans_counts_not_negative")),
        sa.ForeignKeyConstraint(
            ["store_id", "account_id"],
            ["provider_accounts.store_id", "provider_accounts.id"],
            name=op.f("fk_provider_plans_store_id_account_id"),
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_provider_plans")),
    )
    op.create_index(
        "ix_provider_plans_due",
        "provider_plans",
        ["store_id", "next_attempt_at"],
        unique=False,
        postgresql_where=sa.text("work_status in ('queued', 'unknown')"),
    )
    op.create_index(
        "ix_provider_plans_leased",
        "provider_plans",
        ["lease_until"],
        unique=False,
        postgresql_where=sa.text("work_status = 'working'"),
    )
    op.create_index(
        "uq_provider_plans_price",
        "provider_plans",
        ["store_id", "account_id", "period", "every", "amount", "currency", "name"],
        unique=True,
    )


def create_subscriptions() -> None:
    op.create_table(
        "provider_subscriptions",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("work_status", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_token", sa.Uuid(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_by", sa.String(length=100), nullable=True),
        sa.Column("claimed_alone", sa.Boolean(), nullable=False),
        sa.Column("is_suspect", sa.Boolean(), nullable=False),
        sa.Column("lost_leases", sa.Integer(), nullable=False),
        sa.Column("call_outcome_unknown", sa.Boolean(), nullable=False),
        sa.Column("last_error", sa.String(length=500), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(length=13), nullable=False),
        sa.Column("wish", sa.String(length=19), nullable=True),
        sa.Column("total_count", sa.SmallInteger(), nullable=False),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expire_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("provider_subscription_id", sa.String(length=40), nullable=True),
        sa.Column("provider_customer_id", sa.String(length=40), nullable=True),
        sa.Column("short_url", sa.String(length=300), nullable=True),
        sa.Column("payment_method", sa.String(length=20), nullable=True),
        sa.Column("current_start", sa.DateTime(timezone=True), nullable=True),
        sa.Column("current_end", sa.DateTime(timezone=True), nullable=True),
        sa.Column("charge_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paid_count", sa.SmallInteger(), nullable=False),
        sa.Column("paused_here", sa.Boolean(), nullable=False),
        sa.Column("ends_with_cycle", sa.Boolean(), nullable=False),
        sa.Column("failure_reason", sa.String(length=100), nullable=True),
        sa.CheckConstraint(
            "(work_status = 'working') = (lease_token is not null and lease_until is not null)",
            name=op.f("ck_provider_subscriptions_lease_held"),
        ),
        sa.CheckConstraint(
            "(work_status in ('done', 'dead')) = (settled_at is not null)",
            name=op.f("ck_provider_subscriptions_settled_stamped"),
        ),
        sa.CheckConstraint(
            "status in ('asked', 'refused') or provider_subscription_id is not null",
            name=op.f("ck_provider_subscriptions_made_has_id"),
        ),
        sa.CheckConstraint(
            "status in ('asked', 'refused', 'created', 'authenticated', 'active', 'pending', 'halted', 'paused', 'cancelled',"
            " 'completed', 'expired')",
            name=op.f("ck_provider_subscriptions_status_known"),
        ),
        sa.CheckConstraint(
            "wish in ('pause', 'resume', 'cancel', 'cancel_at_cycle_end')", name=op.f("ck_provider_subscriptions_wish_known")
        ),
        sa.CheckConstraint(
            "work_status in ('queued', 'working', 'unknown', 'done', 'dead')",
            name=op.f("ck_provider_subscriptions_work_status_known"),
        ),
        sa.CheckConstraint("attempts >= 0 and lost_leases >= 0", name=op.f("ck_provider_subscriptions_counts_not_negative")),
        sa.CheckConstraint("current_end > current_start", name=op.f("ck_provider_subscriptions_cycle_lasts")),
        sa.CheckConstraint("total_count > 0 and paid_count >= 0", name=op.f("ck_provider_subscriptions_counts_sane")),
        sa.ForeignKeyConstraint(
            ["store_id", "account_id"],
            ["provider_accounts.store_id", "provider_accounts.id"],
            name=op.f("fk_provider_subscriptions_store_id_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "customer_id"],
            ["customers.store_id", "customers.id"],
            name=op.f("fk_provider_subscriptions_store_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "plan_id"],
            ["provider_plans.store_id", "provider_plans.id"],
            name=op.f("fk_provider_subscriptions_store_id_plan_id"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "subscription_id"],
            ["subscriptions.store_id", "subscriptions.id"],
            name=op.f("fk_provider_subscriptions_store_id_subscription_id"),
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_provider_subscriptions")),
    )
    op.create_index(
        "ix_provider_subscriptions_due",
        "provider_subscriptions",
        ["store_id", "next_attempt_at"],
        unique=False,
        postgresql_where=sa.text("work_status in ('queued', 'unknown')"),
    )
    op.create_index(
        "ix_provider_subscriptions_leased",
        "provider_subscriptions",
        ["lease_until"],
        unique=False,
        postgresql_where=sa.text("work_status = 'working'"),
    )
    op.create_index(
        "uq_provider_subscriptions_live",
        "provider_subscriptions",
        ["store_id", "subscription_id"],
        unique=True,
        postgresql_where=sa.text("status not in ('refused', 'cancelled', 'completed', 'expired')"),
    )
    op.create_index(
        "uq_provider_subscriptions_theirs", "provider_subscriptions", ["store_id", "provider_subscription_id"], unique=True
    )


def create_charges() -> None:
    op.create_table(
        "provider_charges",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("provider_payment_id", sa.String(length=40), nullable=False),
        sa.Column("provider_invoice_id", sa.String(length=40), nullable=False),
        sa.Column("provider_order_id", sa.String(length=40), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("billing_start", sa.DateTime(timezone=True), nullable=True),
        sa.Column("billing_end", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status", sa.String(length=7), nullable=False),
        sa.Column("cycle_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("status <> 'booked' or cycle_id is not null", name=op.f("ck_provider_charges_booked_for_a_cycle")),
        sa.CheckConstraint("status in ('waiting', 'booked', 'surplus')", name=op.f("ck_provider_charges_status_known")),
        sa.CheckConstraint("amount > 0", name=op.f("ck_provider_charges_amount_positive")),
        sa.ForeignKeyConstraint(
            ["store_id", "agreement_id"],
            ["provider_subscriptions.store_id", "provider_subscriptions.id"],
            name=op.f("fk_provider_charges_store_id_agreement_id"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "cycle_id"], ["cycles.store_id", "cycles.id"], name=op.f("fk_provider_charges_store_id_cycle_id")
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_provider_charges")),
        sa.UniqueConstraint("store_id", "provider_invoice_id", name=op.f("uq_provider_charges_store_id_provider_invoice_id")),
        sa.UniqueConstraint("store_id", "provider_payment_id", name=op.f("uq_provider_charges_store_id_provider_payment_id")),
    )
    op.create_index("ix_provider_charges_agreement", "provider_charges", ["store_id", "agreement_id", "id"], unique=False)
    op.create_index("uq_provider_charges_cycle", "provider_charges", ["store_id", "cycle_id"], unique=True)
