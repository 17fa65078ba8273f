"""What becomes of an order after it is paid: shipments, returns, and what is no longer owed."""

import sqlalchemy as sa
from alembic import op
from migrations import security

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLES = ("returns", "shipments", "reductions", "return_lines", "shipment_lines", "reduction_lines")
CONSTRAINTS = (
    ("orders", "ck_orders_reduced_within_total", "CHECK (reduced_amount between 0 and total_amount)"),
    ("orders", "ck_orders_cancel_reason_known", "CHECK (cancel_reason in ('expired', 'customer', 'staff'))"),
    ("order_lines", "ck_order_lines_kind_known", "CHECK (kind in ('goods', 'shipping'))"),
    (
        "order_lines",
        "ck_order_lines_quantities_not_negative",
        "CHECK (least(cancelled_quantity, packed_quantity, returned_quantity) >= 0)",
    ),
    ("order_lines", "ck_order_lines_quantities_fit", "CHECK (cancelled_quantity + packed_quantity <= quantity)"),
    ("order_lines", "ck_order_lines_piece_weighs", "CHECK (piece_grams > 0)"),
    ("order_lines", "ck_order_lines_returned_was_packed", "CHECK (returned_quantity <= packed_quantity)"),
)
QUANTITIES = ("cancelled_quantity", "packed_quantity", "returned_quantity")


def upgrade() -> None:
    """An order of the past keeps its delivery charge beside its lines; only newer ones have lines for it."""
    create_tables()
    for table in TABLES:
        op.execute(security.protect(table, rights=security.APPEND if table.startswith("reduction") else security.CHANGE))
    op.add_column("orders", sa.Column("reduced_amount", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("orders", sa.Column("cancel_reason", sa.String(length=10), nullable=True))
    op.add_column("order_lines", sa.Column("kind", sa.String(length=8), server_default="goods", nullable=False))
    op.add_column("order_lines", sa.Column("piece_grams", sa.Integer(), nullable=True))
    for name in QUANTITIES:
        op.add_column("order_lines", sa.Column(name, sa.Integer(), server_default="0", nullable=False))
    for table, name, rule in CONSTRAINTS:
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {rule} NOT VALID")  # rows of the past are looked at later
    # 0013 builds its successor, which tells goods from their delivery; until then nobody writes the latter.
    op.execute(
        "-- squawk-ignore ban-drop-constraint\n"
        "ALTER TABLE order_lines DROP CONSTRAINT uq_order_lines_store_id_order_id_variant_id"
    )
    op.execute(
        "CREATE POLICY sweep ON orders FOR SELECT TO rozana_sweep USING (true);"
        "GRANT SELECT (store_id, id, status, expires_at) ON orders TO rozana_sweep"  # whose next order was not paid in time
    )


def downgrade() -> None:
    op.execute("REVOKE SELECT (store_id, id, status, expires_at) ON orders FROM rozana_sweep; DROP POLICY sweep ON orders")
    for table, name, _ in CONSTRAINTS:
        op.drop_constraint(name, table)
    op.create_unique_constraint(
        "uq_order_lines_store_id_order_id_variant_id", "order_lines", ["store_id", "order_id", "variant_id"]
    )  # fails, and so keeps all, where delivery stands on lines of its own
    for name in ("kind", "piece_grams", *QUANTITIES):
        op.drop_column("order_lines", name)
    for name in ("reduced_amount", "cancel_reason"):
        op.drop_column("orders", name)
    for table in reversed(TABLES):
        op.drop_table(table)


def create_tables() -> None:
    op.create_table(
        "returns",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("refund_to", sa.String(length=6), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_because", sa.String(length=200), nullable=False),
        sa.CheckConstraint("(status = 'reported') = (decided_at is null)", name=op.f("ck_returns_decided_stamped")),
        sa.CheckConstraint("reason in ('not_delivered', 'short', 'spoilt', 'unwanted')", name=op.f("ck_returns_reason_known")),
        sa.CheckConstraint("refund_to in ('source', 'wallet')", name=op.f("ck_returns_refund_to_known")),
        sa.CheckConstraint("status in ('reported', 'accepted', 'declined')", name=op.f("ck_returns_status_known")),
        sa.ForeignKeyConstraint(
            ["store_id", "order_id"], ["orders.store_id", "orders.id"], name="fk_returns_store_id_order_id"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_returns"),
    )
    op.create_index("ix_returns_order", "returns", ["store_id", "order_id"], unique=False)
    op.create_index("ix_returns_status", "returns", ["store_id", "status", "id"], unique=False)
    op.create_table(
        "shipments",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("packed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dispatched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_attempts", sa.Integer(), nullable=False),
        sa.Column("carrier", sa.String(length=60), nullable=False),
        sa.Column("tracking_url", sa.String(length=300), nullable=False),
        sa.Column("rider_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("(status = 'delivered') = (delivered_at is not null)", name=op.f("ck_shipments_delivered_stamped")),
        sa.CheckConstraint(
            "dispatched_at is not null or status in ('packed', 'cancelled')", name=op.f("ck_shipments_dispatched_stamped")
        ),
        sa.CheckConstraint(
            "status in ('packed', 'out_for_delivery', 'delivered', 'cancelled')", name=op.f("ck_shipments_status_known")
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "order_id"], ["orders.store_id", "orders.id"], name="fk_shipments_store_id_order_id"
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "rider_id"], ["staff.store_id", "staff.id"], name="fk_shipments_store_id_rider_id"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_shipments"),
        sa.UniqueConstraint("store_id", "order_id", "position", name="uq_shipments_store_id_order_id_position"),
    )
    op.create_index("ix_shipments_rider", "shipments", ["store_id", "rider_id", "status"], unique=False)
    op.create_table(
        "reductions",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("round_off_amount", sa.BigInteger(), nullable=False),
        sa.Column("return_id", sa.Uuid(), nullable=True),
        sa.Column("document_id", sa.Uuid(), nullable=True),
        sa.Column("refund_to", sa.String(length=7), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "reason in ('cancelled', 'line_cancelled', 'weight', 'not_delivered', 'short', 'spoilt', 'unwanted', 'goodwill', 'made_at_provider')",
            name=op.f("ck_reductions_reason_known"),
        ),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_reductions_amount_not_negative")),
        sa.ForeignKeyConstraint(
            ["store_id", "order_id"], ["orders.store_id", "orders.id"], name="fk_reductions_store_id_order_id"
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "return_id"], ["returns.store_id", "returns.id"], name="fk_reductions_store_id_return_id"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_reductions"),
    )
    op.create_index("ix_reductions_order", "reductions", ["store_id", "order_id"], unique=False)
    op.create_table(
        "return_lines",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("return_id", sa.Uuid(), nullable=False),
        sa.Column("order_line_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("is_restocked", sa.Boolean(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_return_lines_quantity_positive")),
        sa.ForeignKeyConstraint(
            ["store_id", "order_line_id"],
            ["order_lines.store_id", "order_lines.id"],
            name="fk_return_lines_store_id_order_line_id",
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "return_id"], ["returns.store_id", "returns.id"], name="fk_return_lines_store_id_return_id"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_return_lines"),
        sa.UniqueConstraint("store_id", "return_id", "order_line_id", name="uq_return_lines_store_id_return_id_order_line_id"),
    )
    op.create_index("ix_return_lines_order_line", "return_lines", ["store_id", "order_line_id"], unique=False)
    op.create_table(
        "shipment_lines",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shipment_id", sa.Uuid(), nullable=False),
        sa.Column("order_line_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("packed_grams", sa.Integer(), nullable=True),
        sa.CheckConstraint("packed_grams > 0", name=op.f("ck_shipment_lines_weight_positive")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_shipment_lines_quantity_positive")),
        sa.ForeignKeyConstraint(
            ["store_id", "order_line_id"],
            ["order_lines.store_id", "order_lines.id"],
            name="fk_shipment_lines_store_id_order_line_id",
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "shipment_id"], ["shipments.store_id", "shipments.id"], name="fk_shipment_lines_store_id_shipment_id"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_shipment_lines"),
        sa.UniqueConstraint(
            "store_id", "shipment_id", "order_line_id", name="uq_shipment_lines_store_id_shipment_id_order_line_id"
        ),
    )
    op.create_index("ix_shipment_lines_order_line", "shipment_lines", ["store_id", "order_line_id"], unique=False)
    op.create_table(
        "reduction_lines",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reduction_id", sa.Uuid(), nullable=False),
        sa.Column("order_line_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("taxable_amount", sa.BigInteger(), nullable=False),
        sa.Column("cgst_amount", sa.BigInteger(), nullable=False),
        sa.Column("sgst_amount", sa.BigInteger(), nullable=False),
        sa.Column("igst_amount", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "least(taxable_amount, cgst_amount, sgst_amount, igst_amount) >= 0",
            name=op.f("ck_reduction_lines_heads_not_negative"),
        ),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_reduction_lines_quantity_not_negative")),
        sa.ForeignKeyConstraint(
            ["store_id", "order_line_id"],
            ["order_lines.store_id", "order_lines.id"],
            name="fk_reduction_lines_store_id_order_line_id",
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "reduction_id"],
            ["reductions.store_id", "reductions.id"],
            name="fk_reduction_lines_store_id_reduction_id",
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_reduction_lines"),
        sa.UniqueConstraint(
            "store_id", "reduction_id", "order_line_id", name="uq_reduction_lines_store_id_reduction_id_order_line_id"
        ),
    )
    op.create_index("ix_reduction_lines_order_line", "reduction_lines", ["store_id", "order_line_id"], unique=False)
