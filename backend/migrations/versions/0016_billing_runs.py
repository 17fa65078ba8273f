"""A billing run is a row, and so is who gets what of something scarce; products say what is done where there is not enough."""

import sqlalchemy as sa
from alembic import op
from migrations import security
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

CONSTRAINTS = (
    (
        "products",
        "ck_products_shortage_policy_known",
        "CHECK (shortage_policy in ('skip', 'drop_line', 'substitute', 'backorder'))",
    ),
    ("products", "ck_products_catch_up_policy_known", "CHECK (catch_up_policy in ('skip', 'ship_once', 'bill_all'))"),
    (
        "variants",
        "fk_variants_store_id_substitute_id",
        "FOREIGN KEY (store_id, substitute_id) REFERENCES variants (store_id, id)",
    ),
    ("variants", "ck_variants_substitute_is_another", "CHECK (substitute_id <> id)"),
)


def upgrade() -> None:
    create_tables()
    for table in ("billing_runs", "allocations"):
        op.execute(security.protect(table))
    op.add_column("products", sa.Column("shortage_policy", sa.String(length=10), server_default="skip", nullable=False))
    op.add_column("products", sa.Column("catch_up_policy", sa.String(length=9), server_default="skip", nullable=False))
    op.add_column("variants", sa.Column("substitute_id", sa.Uuid(), nullable=True))
    for table, name, rule in CONSTRAINTS:
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {rule} NOT VALID")


def downgrade() -> None:
    for table, name, _ in CONSTRAINTS:
        op.drop_constraint(name, table)
    op.drop_column("variants", "substitute_id")
    op.drop_column("products", "catch_up_policy")
    op.drop_column("products", "shortage_policy")
    op.drop_table("allocations")
    op.drop_table("billing_runs")


def create_tables() -> None:
    op.create_table(
        "billing_runs",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(length=7), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expected_count", sa.Integer(), nullable=False),
        sa.Column("expected_amount", sa.BigInteger(), nullable=False),
        sa.Column("hold_reason", sa.String(length=200), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by", sa.String(length=60), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("report", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint("status in ('held', 'running', 'done')", name=op.f("ck_billing_runs_status_known")),
        sa.CheckConstraint("expected_count >= 0 and expected_amount >= 0", name=op.f("ck_billing_runs_expected_not_negative")),
        sa.CheckConstraint("(status = 'done') = (finished_at is not null)", name=op.f("ck_billing_runs_finished_stamped")),
        sa.CheckConstraint(
            "status <> 'held' or (hold_reason <> '' and approved_at is null)", name=op.f("ck_billing_runs_held_for_a_reason")
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_billing_runs")),
    )
    op.create_index(
        "uq_billing_runs_open",
        "billing_runs",
        ["store_id"],
        unique=True,
        postgresql_where=sa.text("status <> 'done'"),
    )
    op.create_table(
        "allocations",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("delivers_on", sa.Date(), nullable=False),
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("allotted", sa.Integer(), nullable=False),
        sa.CheckConstraint("allotted between 0 and wanted", name=op.f("ck_allocations_allotted_within_wanted")),
        sa.ForeignKeyConstraint(
            ["store_id", "run_id"], ["billing_runs.store_id", "billing_runs.id"], name=op.f("fk_allocations_store_id_run_id")
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "subscription_id"],
            ["subscriptions.store_id", "subscriptions.id"],
            name=op.f("fk_allocations_store_id_subscription_id"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "variant_id"], ["variants.store_id", "variants.id"], name=op.f("fk_allocations_store_id_variant_id")
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_allocations")),
        sa.UniqueConstraint(
            "store_id",
            "subscription_id",
            "delivers_on",
            "variant_id",
            name=op.f("uq_allocations_store_id_subscription_id_delivers_on_variant_id"),
        ),
    )
    op.create_index("ix_allocations_run_id", "allocations", ["store_id", "run_id"], unique=False)
