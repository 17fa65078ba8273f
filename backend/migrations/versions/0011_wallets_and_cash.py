"""Prepaid balances, cash with riders, and credit for distributors."""

import sqlalchemy as sa
from alembic import op

from migrations import security

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TABLES = {
    "wallets": security.CHANGE,
    "wallet_movements": security.APPEND,
    "top_ups": security.CHANGE,
    "cash_handovers": security.APPEND,
    "receipts": security.CHANGE,
}
CONSTRAINTS = (
    ("payments", "fk_payments_store_id_top_up_id", "FOREIGN KEY (store_id, top_up_id) REFERENCES top_ups (store_id, id)"),
    ("payments", "ck_payments_for_one_thing", "CHECK (num_nonnulls(order_id, mandate_id, top_up_id) = 1)"),
    ("customers", "ck_customers_credit_limit_not_negative", "CHECK (credit_limit_amount >= 0)"),
    ("customers", "ck_customers_credit_for_distributors", "CHECK (credit_limit_amount is null or kind = 'distributor')"),
)
FOR_ONE_THING = "CHECK (num_nonnulls(order_id, mandate_id) = 1)"


def upgrade() -> None:
    create_tables()
    for table, rights in TABLES.items():
        op.execute(security.protect(table, rights=rights))
    op.add_column("payments", sa.Column("top_up_id", sa.Uuid(), nullable=True))
    op.add_column("customers", sa.Column("credit_limit_amount", sa.BigInteger(), nullable=True))
    op.execute("-- squawk-ignore ban-drop-constraint\nALTER TABLE payments DROP CONSTRAINT ck_payments_for_one_thing")
    for table, name, rule in CONSTRAINTS:
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {rule} NOT VALID")  # rows of the past are looked at later


def downgrade() -> None:
    for table, name, _ in CONSTRAINTS:
        op.drop_constraint(name, table)
    # Fails, and so keeps all, where somebody topped up a wallet: that money belongs to no order.
    op.execute(f"ALTER TABLE payments ADD CONSTRAINT ck_payments_for_one_thing {FOR_ONE_THING}")
    op.drop_column("customers", "credit_limit_amount")
    op.drop_column("payments", "top_up_id")
    for table in reversed(TABLES):
        op.drop_table(table)


def create_tables() -> None:
    op.create_table(
        "wallets",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("balance_amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.CheckConstraint("balance_amount >= 0", name=op.f("ck_wallets_balance_not_negative")),
        sa.ForeignKeyConstraint(
            ["store_id", "customer_id"], ["customers.store_id", "customers.id"], name="fk_wallets_store_id_customer_id"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_wallets"),
        sa.UniqueConstraint("store_id", "customer_id", name="uq_wallets_store_id_customer_id"),
    )
    op.create_table(
        "wallet_movements",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wallet_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("balance_amount", sa.BigInteger(), nullable=False),
        sa.Column("cause_type", sa.String(length=40), nullable=False),
        sa.Column("cause_id", sa.Uuid(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "amount <> 0 and (kind in ('spend', 'taken_back')) = (amount < 0)", name=op.f("ck_wallet_movements_direction")
        ),
        sa.CheckConstraint(
            "kind in ('top_up', 'spend', 'refund', 'goodwill', 'taken_back')", name=op.f("ck_wallet_movements_kind_known")
        ),
        sa.CheckConstraint(
            "balance_amount >= 0 and balance_amount >= amount", name=op.f("ck_wallet_movements_balance_follows")
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "wallet_id"], ["wallets.store_id", "wallets.id"], name="fk_wallet_movements_store_id_wallet_id"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_wallet_movements"),
        sa.UniqueConstraint("store_id", "kind", "cause_id", name="uq_wallet_movements_store_id_kind_cause_id"),
    )
    op.create_index("ix_wallet_movements_wallet", "wallet_movements", ["store_id", "wallet_id", "id"], unique=False)
    op.create_table(
        "top_ups",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("amount between 10000 and 1000000", name=op.f("ck_top_ups_amount_sane")),
        sa.ForeignKeyConstraint(
            ["store_id", "customer_id"], ["customers.store_id", "customers.id"], name="fk_top_ups_store_id_customer_id"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_top_ups"),
    )
    op.create_index("ix_top_ups_customer", "top_ups", ["store_id", "customer_id", "id"], unique=False)
    op.create_table(
        "cash_handovers",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rider_id", sa.Uuid(), nullable=False),
        sa.Column("expected_amount", sa.BigInteger(), nullable=False),
        sa.Column("counted_amount", sa.BigInteger(), nullable=False),
        sa.Column("difference_amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("received_by_id", sa.Uuid(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "difference_amount = counted_amount - expected_amount", name=op.f("ck_cash_handovers_difference_follows")
        ),
        sa.CheckConstraint("expected_amount > 0 and counted_amount >= 0", name=op.f("ck_cash_handovers_amounts_sane")),
        sa.CheckConstraint("received_by_id <> rider_id", name=op.f("ck_cash_handovers_four_eyes")),
        sa.ForeignKeyConstraint(
            ["store_id", "received_by_id"], ["staff.store_id", "staff.id"], name="fk_cash_handovers_store_id_received_by_id"
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "rider_id"], ["staff.store_id", "staff.id"], name="fk_cash_handovers_store_id_rider_id"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_cash_handovers"),
    )
    op.create_index("ix_cash_handovers_rider", "cash_handovers", ["store_id", "rider_id", "id"], unique=False)
    op.create_table(
        "receipts",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("capture_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("rider_id", sa.Uuid(), nullable=True),
        sa.Column("handover_id", sa.Uuid(), nullable=True),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(rider_id is null) = (reference <> '')", name=op.f("ck_receipts_cash_or_bank")),
        sa.CheckConstraint("amount > 0", name=op.f("ck_receipts_amount_positive")),
        sa.CheckConstraint("handover_id is null or rider_id is not null", name=op.f("ck_receipts_handed_in_by_rider")),
        sa.ForeignKeyConstraint(
            ["store_id", "capture_id"], ["captures.store_id", "captures.id"], name="fk_receipts_store_id_capture_id"
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "handover_id"],
            ["cash_handovers.store_id", "cash_handovers.id"],
            name="fk_receipts_store_id_handover_id",
        ),
        sa.ForeignKeyConstraint(["store_id", "rider_id"], ["staff.store_id", "staff.id"], name="fk_receipts_store_id_rider_id"),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_receipts"),
        sa.UniqueConstraint("store_id", "capture_id", name="uq_receipts_store_id_capture_id"),
    )
    op.create_index("ix_receipts_handover", "receipts", ["store_id", "handover_id"], unique=False)
    op.create_index(
        "ix_receipts_held",
        "receipts",
        ["store_id", "rider_id"],
        unique=False,
        postgresql_where=sa.text("rider_id is not null and handover_id is null"),
    )
