"""What the provider pays out, line by line; what customers dispute; how far we have read what its account says."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import security

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TABLES = ("disputes", "settlements", "settlement_lines", "provider_watches")


def upgrade() -> None:
    create_disputes()
    create_settlements()
    create_settlement_lines()
    create_provider_watches()
    for table in TABLES:
        op.execute(security.protect(table))
    op.execute(security.let_sweep_see("provider_watches", (*security.WORK_COLUMNS, "account_id")))


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def create_disputes() -> None:
    op.create_table(
        "disputes",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("capture_id", sa.Uuid(), nullable=False),
        sa.Column("provider_dispute_id", sa.String(length=40), nullable=False),
        sa.Column("status", sa.String(length=15), nullable=False),
        sa.Column("phase", sa.String(length=30), nullable=True),
        sa.Column("reason_code", sa.String(length=60), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("deducted_amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("respond_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(status in ('open', 'under_review', 'action_required')) = (decided_at is null)",
            name=op.f("ck_disputes_decided_stamped"),
        ),
        sa.CheckConstraint(
            "status in ('open', 'under_review', 'action_required', 'won', 'lost', 'closed')",
            name=op.f("ck_disputes_status_known"),
        ),
        sa.CheckConstraint(
            "amount > 0 and deducted_amount between 0 and amount", name=op.f("ck_disputes_deducted_within_amount")
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "capture_id"], ["captures.store_id", "captures.id"], name="fk_disputes_store_id_capture_id"
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "payment_id"], ["payments.store_id", "payments.id"], name="fk_disputes_store_id_payment_id"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_disputes"),
        sa.UniqueConstraint("store_id", "provider_dispute_id", name="uq_disputes_store_id_provider_dispute_id"),
    )
    op.create_index("ix_disputes_capture", "disputes", ["store_id", "capture_id"], unique=False)
    op.create_index(
        "ix_disputes_open",
        "disputes",
        ["store_id", "respond_by"],
        unique=False,
        postgresql_where=sa.text("status in ('open', 'under_review', 'action_required')"),
    )


def create_settlements() -> None:
    op.create_table(
        "settlements",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("provider_settlement_id", sa.String(length=40), nullable=False),
        sa.Column("status", sa.String(length=9), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("fees_amount", sa.BigInteger(), nullable=False),
        sa.Column("tax_amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("utr", sa.String(length=40), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("status in ('created', 'processed', 'failed')", name=op.f("ck_settlements_status_known")),
        sa.CheckConstraint("fees_amount >= tax_amount and tax_amount >= 0", name=op.f("ck_settlements_fees_include_tax")),
        sa.ForeignKeyConstraint(
            ["store_id", "account_id"],
            ["provider_accounts.store_id", "provider_accounts.id"],
            name="fk_settlements_store_id_account_id",
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_settlements"),
        sa.UniqueConstraint("store_id", "provider_settlement_id", name="uq_settlements_store_id_provider_settlement_id"),
    )
    op.create_index("ix_settlements_made", "settlements", ["store_id", "made_at"], unique=False)


def create_settlement_lines() -> None:
    op.create_table(
        "settlement_lines",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settlement_id", sa.Uuid(), nullable=True),
        sa.Column("entity_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("credit_amount", sa.BigInteger(), nullable=False),
        sa.Column("debit_amount", sa.BigInteger(), nullable=False),
        sa.Column("gross_amount", sa.BigInteger(), nullable=False),
        sa.Column("fee_amount", sa.BigInteger(), nullable=False),
        sa.Column("fee_tax_amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("provider_payment_id", sa.String(length=40), nullable=True),
        sa.Column("capture_id", sa.Uuid(), nullable=True),
        sa.Column("refund_id", sa.Uuid(), nullable=True),
        sa.Column("dispute_id", sa.Uuid(), nullable=True),
        sa.Column("problem", sa.String(length=20), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "problem in ('payment_unknown', 'refund_unknown', 'amount_differs', 'fee_differs', 'line_wrong',"
            " 'changed', 'adjustment')",
            name=op.f("ck_settlement_lines_problem_known"),
        ),
        sa.CheckConstraint("debit_amount >= 0 and credit_amount >= 0", name=op.f("ck_settlement_lines_sides_not_negative")),
        sa.CheckConstraint(
            "problem is not null or num_nonnulls(capture_id, refund_id) <= 1",
            name=op.f("ck_settlement_lines_matches_one_thing"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "capture_id"], ["captures.store_id", "captures.id"], name="fk_settlement_lines_store_id_capture_id"
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "dispute_id"], ["disputes.store_id", "disputes.id"], name="fk_settlement_lines_store_id_dispute_id"
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "refund_id"], ["refunds.store_id", "refunds.id"], name="fk_settlement_lines_store_id_refund_id"
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "settlement_id"],
            ["settlements.store_id", "settlements.id"],
            name="fk_settlement_lines_store_id_settlement_id",
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_settlement_lines"),
        sa.UniqueConstraint("store_id", "entity_id", name="uq_settlement_lines_store_id_entity_id"),
    )
    op.create_index("ix_settlement_lines_capture", "settlement_lines", ["store_id", "capture_id"], unique=False)
    op.create_index(
        "ix_settlement_lines_problem",
        "settlement_lines",
        ["store_id", "id"],
        unique=False,
        postgresql_where=sa.text("problem is not null"),
    )
    op.create_index("ix_settlement_lines_refund", "settlement_lines", ["store_id", "refund_id"], unique=False)
    op.create_index("ix_settlement_lines_settlement", "settlement_lines", ["store_id", "settlement_id"], unique=False)


def create_provider_watches() -> None:
    op.create_table(
        "provider_watches",
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
        sa.Column("read_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("report_wanted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("found", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint(
            "(work_status = 'working') = (lease_token is not null and lease_until is not null)",
            name=op.f("ck_provider_watches_lease_held"),
        ),
        sa.CheckConstraint(
            "(work_status in ('done', 'dead')) = (settled_at is not null)", name=op.f("ck_provider_watches_settled_stamped")
        ),
        sa.CheckConstraint(
            "work_status in ('queued', 'working', 'unknown', 'done', 'dead')",
            name=op.f("ck_provider_watches_work_status_known"),
        ),
        sa.CheckConstraint("attempts >= 0 and lost_leases >= 0", name=op.f("ck_provider_watches_counts_not_negative")),
        sa.ForeignKeyConstraint(
            ["store_id", "account_id"],
            ["provider_accounts.store_id", "provider_accounts.id"],
            name="fk_provider_watches_store_id_account_id",
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_provider_watches"),
    )
    op.create_index(
        "ix_provider_watches_due",
        "provider_watches",
        ["store_id", "next_attempt_at"],
        unique=False,
        postgresql_where=sa.text("work_status in ('queued', 'unknown')"),
    )
    op.create_index(
        "ix_provider_watches_leased",
        "provider_watches",
        ["lease_until"],
        unique=False,
        postgresql_where=sa.text("work_status = 'working'"),
    )
    op.create_index("uq_provider_watches_account", "provider_watches", ["store_id", "account_id"], unique=True)
