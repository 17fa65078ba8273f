"""Counting what is on the shelf, goods that come back to it, and the price a shopper was shown last."""

import sqlalchemy as sa
from alembic import op

from migrations import security

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# Both are wider than before, so the rows of the past hold them; 0013 says so to the database.
CHECKS = (
    (
        "kind_known",
        "kind in ('receive', 'reserve', 'release', 'deduct', 'restock', 'adjust', 'count')",
        "kind in ('receive', 'reserve', 'release', 'deduct', 'adjust')",
    ),
    (
        "quantity_moves",
        "quantity > 0 or (kind in ('adjust', 'count') and quantity <> 0)",
        "quantity > 0 or (kind = 'adjust' and quantity <> 0)",
    ),
)


IGNORE = "-- squawk-ignore ban-drop-constraint\n"  # a wider one takes its place in the same transaction


def upgrade() -> None:
    for name, wider, _ in CHECKS:
        replace_check(name, wider)
    create_tables()
    for table in ("stock_counts", "stock_count_lines"):
        op.execute(security.protect(table))
    op.add_column("cart_lines", sa.Column("seen_amount", sa.BigInteger(), nullable=True))  # null: from before it was kept


def downgrade() -> None:
    op.drop_column("cart_lines", "seen_amount")
    op.drop_table("stock_count_lines")
    op.drop_table("stock_counts")
    for name, _, narrower in CHECKS:
        replace_check(name, narrower)  # for new rows: movements of the kinds in between stay what they are


def create_tables() -> None:
    op.create_table(
        "stock_counts",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("note", sa.String(length=120), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status in ('open', 'closed')", name=op.f("ck_stock_counts_status_known")),
        sa.CheckConstraint("(status = 'closed') = (closed_at is not null)", name=op.f("ck_stock_counts_closed_stamped")),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_stock_counts")),
    )
    op.create_table(
        "stock_count_lines",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count_id", sa.Uuid(), nullable=False),
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("expected_quantity", sa.Integer(), nullable=True),
        sa.Column("counted_quantity", sa.Integer(), nullable=True),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "num_nulls(expected_quantity, counted_quantity, counted_at) in (0, 3)",
            name=op.f("ck_stock_count_lines_counted_whole"),
        ),
        sa.CheckConstraint("expected_quantity >= 0 and counted_quantity >= 0", name=op.f("ck_stock_count_lines_not_negative")),
        sa.ForeignKeyConstraint(
            ["store_id", "count_id"],
            ["stock_counts.store_id", "stock_counts.id"],
            name=op.f("fk_stock_count_lines_store_id_count_id"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "variant_id"],
            ["variants.store_id", "variants.id"],
            name=op.f("fk_stock_count_lines_store_id_variant_id"),
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_stock_count_lines")),
        sa.UniqueConstraint(
            "store_id", "count_id", "variant_id", name=op.f("uq_stock_count_lines_store_id_count_id_variant_id")
        ),
    )
    op.create_index(
        "uq_stock_count_lines_open",
        "stock_count_lines",
        ["store_id", "variant_id"],
        unique=True,
        postgresql_where=sa.text("is_open"),
    )


def replace_check(name: str, rule: str) -> None:
    """The first migration spelled its checks out in full, and the naming convention put its prefix before that once more."""
    name = f"ck_stock_movements_{name}"
    op.execute(f"{IGNORE}ALTER TABLE stock_movements DROP CONSTRAINT IF EXISTS ck_stock_movements_{name}")
    op.execute(f"{IGNORE}ALTER TABLE stock_movements DROP CONSTRAINT IF EXISTS {name}")
    op.execute(f"ALTER TABLE stock_movements ADD CONSTRAINT {name} CHECK ({rule}) NOT VALID")
