"""Hold the rows of the past to the new constraints, and build the indexes on their tables without stopping them."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

CONSTRAINTS = (
    ("orders", "ck_orders_reduced_within_total"),
    ("orders", "ck_orders_cancel_reason_known"),
    ("order_lines", "ck_order_lines_kind_known"),
    ("order_lines", "ck_order_lines_quantities_not_negative"),
    ("order_lines", "ck_order_lines_quantities_fit"),
    ("order_lines", "ck_order_lines_piece_weighs"),
    ("order_lines", "ck_order_lines_returned_was_packed"),
    ("stock_movements", "ck_stock_movements_kind_known"),
    ("stock_movements", "ck_stock_movements_quantity_moves"),
    ("captures", "ck_captures_source_known"),
    ("captures", "ck_captures_provider_has_attempt"),
    ("captures", "ck_captures_refunded_once"),
    ("payments", "fk_payments_store_id_top_up_id"),
    ("payments", "ck_payments_for_one_thing"),
    ("customers", "ck_customers_credit_limit_not_negative"),
    ("customers", "ck_customers_credit_for_distributors"),
)
INDEXES = (
    ("order_lines", "uq_order_lines_thing", ["store_id", "order_id", "variant_id", "kind"], True, None),
    ("orders", "ix_orders_expires", ["store_id", "expires_at"], False, "status = 'pending_payment'"),
    ("orders", "ix_orders_status", ["store_id", "status", "id"], False, None),
    ("payments", "uq_payments_top_up", ["store_id", "top_up_id"], True, None),
)


def upgrade() -> None:
    for table, name in CONSTRAINTS:
        op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")
    with op.get_context().autocommit_block():
        # An interrupted build leaves an invalid index behind, which `if_not_exists` would take for a good one.
        for table, name, columns, is_unique, which in INDEXES:
            op.drop_index(name, table, postgresql_concurrently=True, if_exists=True)
            op.create_index(
                name,
                table,
                columns,
                unique=is_unique,
                postgresql_where=sa.text(which) if which else None,
                postgresql_concurrently=True,
            )


def downgrade() -> None:
    for table, name, *_ in INDEXES:
        op.drop_index(name, table, if_exists=True)
