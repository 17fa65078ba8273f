"""What a customer on account is told at the end of a month."""

import sqlalchemy as sa
from alembic import op
from migrations import security
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

TABLES = ("statements", "statement_lines")


def upgrade() -> None:
    create_statements()
    create_lines()
    for table in TABLES:
        op.execute(security.protect(table, rights=security.APPEND))
        op.execute(security.append_only(table))


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def create_statements() -> None:
    op.create_table(
        "statements",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("month_on", sa.Date(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("to_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seller", postgresql.JSONB(), nullable=False),
        sa.Column("buyer", postgresql.JSONB(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("line_count", sa.Integer(), nullable=False),
        sa.Column("opening_amount", sa.BigInteger(), nullable=False),
        sa.Column("charged_amount", sa.BigInteger(), nullable=False),
        sa.Column("credited_amount", sa.BigInteger(), nullable=False),
        sa.Column("closing_amount", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("extract(day from month_on) = 1", name=op.f("ck_statements_month_begins")),
        sa.CheckConstraint("from_at < to_at and to_at <= issued_at", name=op.f("ck_statements_issued_afterwards")),
        sa.CheckConstraint(
            "line_count >= 0 and least(charged_amount, credited_amount) >= 0", name=op.f("ck_statements_amounts_not_negative")
        ),
        sa.CheckConstraint(
            "opening_amount + charged_amount - credited_amount = closing_amount", name=op.f("ck_statements_adds_up")
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "customer_id"], ["customers.store_id", "customers.id"], name="fk_statements_store_id_customer_id"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_statements"),
        sa.UniqueConstraint("store_id", "customer_id", "month_on", name="uq_statements_store_id_customer_id_month_on"),
        sa.UniqueConstraint("store_id", "id", "line_count", name="uq_statements_store_id_id_line_count"),
        sa.UniqueConstraint("store_id", "number", name="uq_statements_store_id_number"),
    )
    op.create_index("ix_statements_customer", "statements", ["store_id", "customer_id", "id"], unique=False)


def create_lines() -> None:
    op.create_table(
        "statement_lines",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("line_count", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=15), nullable=False),
        sa.Column("cause_id", sa.Uuid(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("order_number", sa.String(length=30), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("balance_amount", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "amount <> 0 and (kind in ('document', 'refund')) = (amount > 0)", name=op.f("ck_statement_lines_direction")
        ),
        sa.CheckConstraint(
            "kind in ('document', 'credit_note', 'receipt', 'refund', 'refund_returned')",
            name=op.f("ck_statement_lines_kind_known"),
        ),
        sa.CheckConstraint("position between 1 and line_count", name=op.f("ck_statement_lines_position_counted")),
        sa.ForeignKeyConstraint(
            ["store_id", "statement_id", "line_count"],
            ["statements.store_id", "statements.id", "statements.line_count"],
            name="fk_statement_lines_store_id_statement_id_line_count",
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_statement_lines"),
        sa.UniqueConstraint("store_id", "kind", "cause_id", name="uq_statement_lines_store_id_kind_cause_id"),
        sa.UniqueConstraint("store_id", "statement_id", "position", name="uq_statement_lines_store_id_statement_id_position"),
    )
