"""Hold the rows of the past to the new constraints, and build the indexes on their tables without stopping them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

CONSTRAINTS = (
    ("payments", "fk_payments_store_id_mandate_id"),
    ("payments", "ck_payments_for_one_thing"),
    ("payment_attempts", "fk_payment_attempts_store_id_mandate_id"),
    ("payment_attempts", "ck_payment_attempts_notice_status_known"),
    ("payment_attempts", "ck_payment_attempts_mandate_has_deadline"),
    ("payment_attempts", "ck_payment_attempts_debit_needs_mandate"),
    ("payment_attempts", "ck_payment_attempts_notice_stamped"),
    ("orders", "fk_orders_store_id_cycle_id"),
)
UNIQUE = (("payments", "uq_payments_mandate", "mandate_id"), ("orders", "uq_orders_cycle", "cycle_id"))


def upgrade() -> None:
    for table, name in CONSTRAINTS:
        op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")
    with op.get_context().autocommit_block():
        # An interrupted build leaves an invalid index behind, which `if_not_exists` would take for a good one.
        for table, name, column in UNIQUE:
            op.drop_index(name, table, postgresql_concurrently=True, if_exists=True)
            op.create_index(name, table, ["store_id", column], unique=True, postgresql_concurrently=True)
        op.drop_index("ix_payment_attempts_debit", "payment_attempts", postgresql_concurrently=True, if_exists=True)
        op.create_index(
            "ix_payment_attempts_debit",
            "payment_attempts",
            ["store_id", "debit_at"],
            postgresql_where=sa.text("debit_at is not null"),
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    op.drop_index("ix_payment_attempts_debit", "payment_attempts", if_exists=True)
    for table, name, _ in UNIQUE:
        op.drop_index(name, table, if_exists=True)
