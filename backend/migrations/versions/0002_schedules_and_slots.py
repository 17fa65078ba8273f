"""Schedules and their slots; who is moving a test clock."""

import sqlalchemy as sa
from alembic import op
from migrations import security
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SCHEDULE_COLUMNS = ("store_id", "id", "name", "is_enabled", "next_due_at")


def upgrade() -> None:
    op.add_column("stores", sa.Column("clock_moves_until", sa.DateTime(timezone=True), nullable=True))
    op.execute("GRANT SELECT (clock_moves_until) ON stores TO rozana_sweep")
    create_tables()
    op.execute(security.protect("schedules"))
    op.execute(security.protect("slots"))
    op.execute(security.let_sweep_see("schedules", SCHEDULE_COLUMNS))
    op.execute(security.let_sweep_see("slots"))


def downgrade() -> None:
    op.drop_table("slots")
    op.drop_table("schedules")
    op.drop_column("stores", "clock_moves_until")


def create_tables() -> None:
    op.create_table(
        "schedules",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("task", sa.String(length=120), nullable=False),
        sa.Column("minute", sa.String(length=100), nullable=True),
        sa.Column("hour", sa.String(length=100), nullable=True),
        sa.Column("weekday", sa.String(length=40), nullable=True),
        sa.Column("interval_seconds", sa.Integer(), nullable=True),
        sa.Column("zone", sa.String(length=60), nullable=False),
        sa.Column("arguments", postgresql.JSONB(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("catch_up", sa.String(length=4), nullable=False),
        sa.Column("opened_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(interval_seconds is null) = (minute is not null and hour is not null and weekday is not null)",
            name="ck_schedules_one_rhythm",
        ),
        sa.CheckConstraint("interval_seconds > 0", name="ck_schedules_interval_positive"),
        sa.CheckConstraint("catch_up in ('all', 'last', 'none')", name="ck_schedules_catch_up_known"),
        sa.CheckConstraint("name <> '' and task <> ''", name="ck_schedules_named"),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_schedules"),
        sa.UniqueConstraint("store_id", "name", name="uq_schedules_store_id_name"),
    )
    op.create_table(
        "slots",
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
        sa.Column("schedule", sa.String(length=60), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("task", sa.String(length=120), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("arguments", postgresql.JSONB(), nullable=False),
        sa.Column("counts", postgresql.JSONB(), nullable=False),
        sa.Column("outcome", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "(work_status = 'working') = (lease_token is not null and lease_until is not null)", name="ck_slots_lease_held"
        ),
        sa.CheckConstraint("(work_status in ('done', 'dead')) = (settled_at is not null)", name="ck_slots_settled_stamped"),
        sa.CheckConstraint(
            "work_status in ('queued', 'working', 'unknown', 'done', 'dead')", name="ck_slots_work_status_known"
        ),
        sa.CheckConstraint("attempts >= 0 and lost_leases >= 0", name="ck_slots_counts_not_negative"),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_slots"),
        sa.UniqueConstraint("store_id", "schedule", "key", name="uq_slots_store_id_schedule_key"),
    )
    op.create_index(
        "ix_slots_due",
        "slots",
        ["store_id", "next_attempt_at"],
        unique=False,
        postgresql_where=sa.text("work_status in ('queued', 'unknown')"),
    )
    op.create_index(
        "ix_slots_leased", "slots", ["lease_until"], unique=False, postgresql_where=sa.text("work_status = 'working'")
    )
    op.create_index("ix_slots_schedule", "slots", ["store_id", "schedule", "due_at"], unique=False)
