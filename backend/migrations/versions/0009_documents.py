"""Tax invoices, bills of supply and credit notes. An issued one is only ever added to the books, never changed."""

import sqlalchemy as sa
from alembic import op
from migrations import security
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_tables()
    for table in ("documents", "document_lines"):
        op.execute(security.protect(table, rights=security.APPEND))
        op.execute(security.append_only(table))


def downgrade() -> None:
    op.drop_table("document_lines")
    op.drop_table("documents")


def create_tables() -> None:
    op.create_table(
        "documents",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=26), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("gstin", sa.String(length=15), nullable=False),
        sa.Column("series", sa.String(length=3), nullable=False),
        sa.Column("serial", sa.BigInteger(), nullable=False),
        sa.Column("financial_year", sa.String(length=7), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("order_number", sa.String(length=30), nullable=False),
        sa.Column("shipment_id", sa.Uuid(), nullable=True),
        sa.Column("original_document_id", sa.Uuid(), nullable=True),
        sa.Column("reduction_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("seller", postgresql.JSONB(), nullable=False),
        sa.Column("buyer", postgresql.JSONB(), nullable=False),
        sa.Column("place_of_supply", sa.String(length=2), nullable=False),
        sa.Column("place_of_supply_name", sa.String(length=60), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("line_count", sa.Integer(), nullable=False),
        sa.Column("taxable_amount", sa.BigInteger(), nullable=False),
        sa.Column("cgst_amount", sa.BigInteger(), nullable=False),
        sa.Column("sgst_amount", sa.BigInteger(), nullable=False),
        sa.Column("igst_amount", sa.BigInteger(), nullable=False),
        sa.Column("exempt_amount", sa.BigInteger(), nullable=False),
        sa.Column("round_off_amount", sa.BigInteger(), nullable=False),
        sa.Column("total_amount", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'credit_note') = (original_document_id is not null) and (kind = 'credit_note') = (reduction_id is not null)",
            name=op.f("ck_documents_credit_note_refers"),
        ),
        sa.CheckConstraint("(kind = 'credit_note') = (shipment_id is null)", name=op.f("ck_documents_shipment_documented")),
        sa.CheckConstraint("cgst_amount = sgst_amount or kind = 'credit_note'", name=op.f("ck_documents_tax_halves")),
        sa.CheckConstraint(
            "kind <> 'bill_of_supply' or taxable_amount + cgst_amount + igst_amount = 0",
            name=op.f("ck_documents_bill_has_no_tax"),
        ),
        sa.CheckConstraint("kind <> 'tax_invoice' or exempt_amount = 0", name=op.f("ck_documents_tax_invoice_has_no_exempt")),
        sa.CheckConstraint(
            "kind in ('tax_invoice', 'bill_of_supply', 'invoice_cum_bill_of_supply', 'credit_note')",
            name=op.f("ck_documents_kind_known"),
        ),
        sa.CheckConstraint("number ~ '^[A-Za-z0-9/-]{1,16}$'", name=op.f("ck_documents_number_lawful")),
        sa.CheckConstraint("abs(round_off_amount) < 100", name=op.f("ck_documents_round_off_small")),
        sa.CheckConstraint("cgst_amount + sgst_amount = 0 or igst_amount = 0", name=op.f("ck_documents_tax_heads")),
        sa.CheckConstraint(
            "least(taxable_amount, cgst_amount, sgst_amount, igst_amount, exempt_amount, total_amount) >= 0",
            name=op.f("ck_documents_amounts_not_negative"),
        ),
        sa.CheckConstraint("serial > 0 and line_count > 0", name=op.f("ck_documents_counted_from_one")),
        sa.CheckConstraint(
            "taxable_amount + cgst_amount + sgst_amount + igst_amount + exempt_amount + round_off_amount = total_amount",
            name=op.f("ck_documents_total_adds_up"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "order_id"], ["orders.store_id", "orders.id"], name="fk_documents_store_id_order_id"
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "original_document_id"],
            ["documents.store_id", "documents.id"],
            name="fk_documents_store_id_original_document_id",
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "reduction_id"], ["reductions.store_id", "reductions.id"], name="fk_documents_store_id_reduction_id"
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "shipment_id"], ["shipments.store_id", "shipments.id"], name="fk_documents_store_id_shipment_id"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_documents"),
        sa.UniqueConstraint(
            "store_id", "gstin", "financial_year", "number", name="uq_documents_store_id_gstin_financial_year_number"
        ),
        sa.UniqueConstraint(
            "store_id",
            "gstin",
            "financial_year",
            "series",
            "serial",
            name="uq_documents_store_id_gstin_financial_year_series_serial",
        ),
        sa.UniqueConstraint("store_id", "id", "line_count", name="uq_documents_store_id_id_line_count"),
        sa.UniqueConstraint("store_id", "reduction_id", name="uq_documents_store_id_reduction_id"),
        sa.UniqueConstraint("store_id", "shipment_id", name="uq_documents_store_id_shipment_id"),
    )
    op.create_index("ix_documents_issued", "documents", ["store_id", "issued_on", "id"], unique=False)
    op.create_index("ix_documents_order", "documents", ["store_id", "order_id", "id"], unique=False)
    op.create_index("ix_documents_original", "documents", ["store_id", "original_document_id"], unique=False)
    op.create_table(
        "document_lines",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("line_count", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("order_line_id", sa.Uuid(), nullable=False),
        sa.Column("is_delivery", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("hsn", sa.String(length=8), nullable=False),
        sa.Column("unit", sa.String(length=40), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("grams", sa.Integer(), nullable=True),
        sa.Column("unit_price_amount", sa.BigInteger(), nullable=False),
        sa.Column("rate_bp", sa.Integer(), nullable=False),
        sa.Column("is_exempt", sa.Boolean(), nullable=False),
        sa.Column("taxable_amount", sa.BigInteger(), nullable=False),
        sa.Column("cgst_amount", sa.BigInteger(), nullable=False),
        sa.Column("sgst_amount", sa.BigInteger(), nullable=False),
        sa.Column("igst_amount", sa.BigInteger(), nullable=False),
        sa.Column("total_amount", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("hsn ~ '^[0-9]{4,8}$'", name=op.f("ck_document_lines_hsn_digits")),
        sa.CheckConstraint(
            "abs(cgst_amount - sgst_amount) <= 1 and (cgst_amount + sgst_amount = 0 or igst_amount = 0)",
            name=op.f("ck_document_lines_tax_heads"),
        ),
        sa.CheckConstraint(
            "least(unit_price_amount, taxable_amount, cgst_amount, sgst_amount, igst_amount) >= 0",
            name=op.f("ck_document_lines_amounts_not_negative"),
        ),
        sa.CheckConstraint("not is_exempt or rate_bp = 0", name=op.f("ck_document_lines_exempt_has_no_rate")),
        sa.CheckConstraint("position between 1 and line_count", name=op.f("ck_document_lines_position_counted")),
        sa.CheckConstraint("quantity >= 0 and grams > 0", name=op.f("ck_document_lines_quantity_sane")),
        sa.CheckConstraint("rate_bp > 0 or taxable_amount = total_amount", name=op.f("ck_document_lines_no_tax_without_rate")),
        sa.CheckConstraint("rate_bp between 0 and 10000", name=op.f("ck_document_lines_rate_in_range")),
        sa.CheckConstraint(
            "taxable_amount + cgst_amount + sgst_amount + igst_amount = total_amount",
            name=op.f("ck_document_lines_tax_adds_up"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "document_id", "line_count"],
            ["documents.store_id", "documents.id", "documents.line_count"],
            name="fk_document_lines_store_id_document_id_line_count",
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "order_line_id"],
            ["order_lines.store_id", "order_lines.id"],
            name="fk_document_lines_store_id_order_line_id",
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_document_lines"),
        sa.UniqueConstraint(
            "store_id", "document_id", "order_line_id", name="uq_document_lines_store_id_document_id_order_line_id"
        ),
        sa.UniqueConstraint("store_id", "document_id", "position", name="uq_document_lines_store_id_document_id_position"),
    )
    op.create_index("ix_document_lines_order_line", "document_lines", ["store_id", "order_line_id"], unique=False)
