"""The first tables: stores, people, goods, carts, orders, payments, messages, what providers told us, and who did what."""

import sqlalchemy as sa
from alembic import op
from migrations import security
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

READ_AND_APPEND = ("access_log", "audit_entries")
WORK_TABLES = ("messages", "provider_events", "payment_attempts")
TENANT_TABLES = (
    "access_log",
    "audit_entries",
    "customers",
    "idempotency_keys",
    "ledger_accounts",
    "number_series",
    "one_time_codes",
    "price_lists",
    "products",
    "provider_accounts",
    "sign_in_tries",
    "staff",
    "addresses",
    "carts",
    "login_sessions",
    "messages",
    "provider_events",
    "transfers",
    "variants",
    "cart_lines",
    "message_receipts",
    "orders",
    "prices",
    "stock_levels",
    "variant_taxes",
    "order_lines",
    "payments",
    "reservations",
    "stock_movements",
    "payment_attempts",
    "captures",
)
STORE_COLUMNS = ("id", "slug", "host", "is_default", "mode", "zone", "clock_offset_seconds")
ACCOUNT_COLUMNS = ("store_id", "id", "provider", "is_active")


def upgrade() -> None:
    op.execute(security.ROLES)
    op.execute(security.APP_NOW)
    create_tables()
    op.execute(security.protect("stores", key="id"))
    for table in TENANT_TABLES:
        op.execute(security.protect(table, rights=security.APPEND if table in READ_AND_APPEND else security.CHANGE))
    for table in WORK_TABLES:
        op.execute(security.let_sweep_see(table))
    op.execute(security.let_sweep_see("stores", STORE_COLUMNS))
    op.execute(security.let_sweep_see("provider_accounts", ACCOUNT_COLUMNS))
    op.execute(security.HEARTBEATS)
    op.execute(security.APPEND_ONLY)
    op.execute(security.ACCESS_LOG)


def downgrade() -> None:
    """Everything but the roles: other databases of the cluster may use them."""
    op.execute("DROP FUNCTION prepare_access_log(int), drop_access_log_before(date)")
    op.drop_table("captures")
    op.drop_table("payment_attempts")
    op.drop_table("stock_movements")
    op.drop_table("reservations")
    op.drop_table("payments")
    op.drop_table("order_lines")
    op.drop_table("variant_taxes")
    op.drop_table("stock_levels")
    op.drop_table("prices")
    op.drop_table("orders")
    op.drop_table("message_receipts")
    op.drop_table("cart_lines")
    op.drop_table("variants")
    op.drop_table("transfers")
    op.drop_table("provider_events")
    op.drop_table("messages")
    op.drop_table("login_sessions")
    op.drop_table("carts")
    op.drop_table("addresses")
    op.drop_table("stores")
    op.drop_table("staff")
    op.drop_table("sign_in_tries")
    op.drop_table("provider_accounts")
    op.drop_table("products")
    op.drop_table("price_lists")
    op.drop_table("one_time_codes")
    op.drop_table("number_series")
    op.drop_table("ledger_accounts")
    op.drop_table("idempotency_keys")
    op.drop_table("heartbeats")
    op.drop_table("customers")
    op.drop_table("audit_entries")
    op.drop_table("access_log")
    op.execute("DROP FUNCTION app_now(), refuse_change()")


def create_tables() -> None:
    op.create_table(
        "access_log",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("actor_kind", sa.String(length=10), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("object_type", sa.String(length=40), nullable=False),
        sa.Column("object_id", sa.Uuid(), nullable=True),
        sa.Column("ip", sa.String(length=45), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("store_id", "at", "id", name="pk_access_log"),
        postgresql_partition_by="RANGE (at)",
    )
    op.create_table(
        "audit_entries",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.String(length=10), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_label", sa.String(length=60), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("object_type", sa.String(length=40), nullable=False),
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column("changes", postgresql.JSONB(), nullable=False),
        sa.Column("cause", sa.String(length=200), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_audit_entries"),
    )
    op.create_index("ix_audit_entries_object", "audit_entries", ["store_id", "object_id", "id"], unique=False)
    op.create_table(
        "customers",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("phone", sa.String(length=16), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=11), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "erased_at is null or (phone is null and email is null and name = '' and password_hash is null)",
            name="ck_customers_erased_is_empty",
        ),
        sa.CheckConstraint("kind in ('consumer', 'distributor')", name="ck_customers_kind_known"),
        sa.CheckConstraint("phone ~ '^\\+[1-9][0-9]{6,14}$'", name="ck_customers_phone_e164"),
        sa.CheckConstraint("email = lower(email)", name="ck_customers_email_lower_case"),
        sa.CheckConstraint("phone is not null or email is not null or erased_at is not null", name="ck_customers_reachable"),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_customers"),
        sa.UniqueConstraint("store_id", "email", name="uq_customers_store_id_email"),
        sa.UniqueConstraint("store_id", "phone", name="uq_customers_store_id_phone"),
    )
    op.create_table(
        "heartbeats",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_heartbeats"),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("caller", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("response_status", sa.Integer(), nullable=True),
        sa.Column("response_body", postgresql.JSONB(), nullable=True),
        sa.CheckConstraint(
            "(status = 'completed') = (response_status is not null)", name="ck_idempotency_keys_completed_has_answer"
        ),
        sa.CheckConstraint("status in ('in_progress', 'completed')", name="ck_idempotency_keys_status_known"),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_idempotency_keys"),
        sa.UniqueConstraint("store_id", "caller", "key", name="uq_idempotency_keys_store_id_caller_key"),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["store_id", "created_at"], unique=False)
    op.create_table(
        "ledger_accounts",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_ledger_accounts"),
        sa.UniqueConstraint("store_id", "code", name="uq_ledger_accounts_store_id_code"),
    )
    op.create_table(
        "number_series",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("series", sa.String(length=40), nullable=False),
        sa.Column("last_number", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("last_number >= 0", name="ck_number_series_not_negative"),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_number_series"),
        sa.UniqueConstraint("store_id", "series", name="uq_number_series_store_id_series"),
    )
    op.create_table(
        "one_time_codes",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("purpose", sa.String(length=12), nullable=False),
        sa.Column("destination_hash", sa.String(length=64), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ip", sa.String(length=45), nullable=False),
        sa.CheckConstraint("purpose in ('sign_in', 'change_phone')", name="ck_one_time_codes_purpose_known"),
        sa.CheckConstraint("tries between 0 and 5", name="ck_one_time_codes_tries_limited"),
        sa.CheckConstraint("used_at is null or withdrawn_at is null", name="ck_one_time_codes_used_or_withdrawn"),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_one_time_codes"),
    )
    op.create_index("ix_one_time_codes_expires_at", "one_time_codes", ["store_id", "expires_at"], unique=False)
    op.create_index(
        "uq_one_time_codes_live",
        "one_time_codes",
        ["store_id", "purpose", "destination_hash"],
        unique=True,
        postgresql_where=sa.text("used_at is null and withdrawn_at is null"),
    )
    op.create_table(
        "price_lists",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("includes_tax", sa.Boolean(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_price_lists"),
        sa.UniqueConstraint("store_id", "code", name="uq_price_lists_store_id_code"),
    )
    op.create_index("uq_price_lists_default", "price_lists", ["store_id"], unique=True, postgresql_where=sa.text("is_default"))
    op.create_table(
        "products",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("description", sa.String(length=2000), nullable=False),
        sa.Column("category", sa.String(length=60), nullable=False),
        sa.Column("image", sa.String(length=80), nullable=False),
        sa.Column("is_veg", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.CheckConstraint("name <> ''", name="ck_products_name_given"),
        sa.CheckConstraint("slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'", name="ck_products_slug_form"),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_products"),
        sa.UniqueConstraint("store_id", "slug", name="uq_products_store_id_slug"),
    )
    op.create_index(
        "ix_products_listed", "products", ["store_id", "position", "id"], unique=False, postgresql_where=sa.text("is_active")
    )
    op.create_table(
        "provider_accounts",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("credentials", sa.LargeBinary(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("rejected_events", sa.BigInteger(), nullable=False),
        sa.Column("rejected_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("provider in ('razorpay', 'sendgrid', 'twilio')", name="ck_provider_accounts_provider_known"),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_provider_accounts"),
    )
    op.create_index(
        "uq_provider_accounts_active",
        "provider_accounts",
        ["store_id", "provider"],
        unique=True,
        postgresql_where=sa.text("is_active"),
    )
    op.create_table(
        "sign_in_tries",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=14), nullable=False),
        sa.Column("subject_hash", sa.String(length=64), nullable=False),
        sa.Column("ip", sa.String(length=45), nullable=False),
        sa.CheckConstraint("kind in ('code_sent', 'password_tried')", name="ck_sign_in_tries_kind_known"),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_sign_in_tries"),
    )
    op.create_index("ix_sign_in_tries_created_at", "sign_in_tries", ["store_id", "kind", "created_at"], unique=False)
    op.create_index("ix_sign_in_tries_ip", "sign_in_tries", ["store_id", "kind", "ip", "created_at"], unique=False)
    op.create_index(
        "ix_sign_in_tries_subject", "sign_in_tries", ["store_id", "kind", "subject_hash", "created_at"], unique=False
    )
    op.create_table(
        "staff",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=8), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("role in ('support', 'packer', 'finance', 'manager', 'admin')", name="ck_staff_role_known"),
        sa.CheckConstraint("email = lower(email)", name="ck_staff_email_lower_case"),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_staff"),
        sa.UniqueConstraint("store_id", "email", name="uq_staff_store_id_email"),
    )
    op.create_table(
        "stores",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("host", sa.String(length=253), nullable=True),
        sa.Column("frontend_url", sa.String(length=300), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("mode", sa.String(length=4), nullable=False),
        sa.Column("zone", sa.String(length=60), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("state_code", sa.String(length=2), nullable=False),
        sa.Column("gstin", sa.String(length=15), nullable=True),
        sa.Column("order_prefix", sa.String(length=4), nullable=False),
        sa.Column("contact_email", sa.String(length=254), nullable=False),
        sa.Column("clock_offset_seconds", sa.BigInteger(), nullable=False),
        sa.Column("settings", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name="ck_stores_currency_code"),
        sa.CheckConstraint("mode = 'test' or clock_offset_seconds = 0", name="ck_stores_live_clock_is_real"),
        sa.CheckConstraint("mode in ('live', 'test')", name="ck_stores_mode_known"),
        sa.CheckConstraint("state_code ~ '^[0-9]{2}$'", name="ck_stores_state_code_digits"),
        sa.PrimaryKeyConstraint("id", name="pk_stores"),
        sa.UniqueConstraint("host", name="uq_stores_host"),
        sa.UniqueConstraint("slug", name="uq_stores_slug"),
    )
    op.create_index("uq_stores_default", "stores", ["is_default"], unique=True, postgresql_where=sa.text("is_default"))
    op.create_table(
        "addresses",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("phone", sa.String(length=16), nullable=False),
        sa.Column("line1", sa.String(length=200), nullable=False),
        sa.Column("line2", sa.String(length=200), nullable=False),
        sa.Column("city", sa.String(length=80), nullable=False),
        sa.Column("state_code", sa.String(length=2), nullable=False),
        sa.Column("pin", sa.String(length=6), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("phone ~ '^\\+[1-9][0-9]{6,14}$'", name="ck_addresses_phone_e164"),
        sa.CheckConstraint("pin ~ '^[1-9][0-9]{5}$'", name="ck_addresses_pin_six_digits"),
        sa.CheckConstraint("state_code ~ '^[0-9]{2}$'", name="ck_addresses_state_code_digits"),
        sa.ForeignKeyConstraint(
            ["store_id", "customer_id"], ["customers.store_id", "customers.id"], name="fk_addresses_store_id_customer_id"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_addresses"),
    )
    op.create_index("ix_addresses_customer_id", "addresses", ["store_id", "customer_id", "id"], unique=False)
    op.create_table(
        "carts",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("token_hash", sa.String(length=64), nullable=True),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("touched_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("status in ('open', 'converted', 'merged', 'expired')", name="ck_carts_status_known"),
        sa.CheckConstraint("(customer_id is null) <> (token_hash is null)", name="ck_carts_one_owner"),
        sa.ForeignKeyConstraint(
            ["store_id", "customer_id"], ["customers.store_id", "customers.id"], name="fk_carts_store_id_customer_id"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_carts"),
        sa.UniqueConstraint("store_id", "token_hash", name="uq_carts_store_id_token_hash"),
    )
    op.create_index(
        "ix_carts_untouched", "carts", ["store_id", "touched_at"], unique=False, postgresql_where=sa.text("status = 'open'")
    )
    op.create_index(
        "uq_carts_open", "carts", ["store_id", "customer_id"], unique=True, postgresql_where=sa.text("status = 'open'")
    )
    op.create_table(
        "login_sessions",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("staff_id", sa.Uuid(), nullable=True),
        sa.Column("family_hash", sa.String(length=64), nullable=False),
        sa.Column("refresh_hash", sa.String(length=64), nullable=False),
        sa.Column("previous_refresh_hash", sa.String(length=64), nullable=True),
        sa.Column("rotated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("user_agent", sa.String(length=200), nullable=False),
        sa.Column("ip", sa.String(length=45), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_reason", sa.String(length=30), nullable=True),
        sa.CheckConstraint("(revoked_at is null) = (revoked_reason is null)", name="ck_login_sessions_revoked_with_reason"),
        sa.CheckConstraint("num_nonnulls(customer_id, staff_id) = 1", name="ck_login_sessions_one_person"),
        sa.ForeignKeyConstraint(
            ["store_id", "customer_id"], ["customers.store_id", "customers.id"], name="fk_login_sessions_store_id_customer_id"
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "staff_id"], ["staff.store_id", "staff.id"], name="fk_login_sessions_store_id_staff_id"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_login_sessions"),
        sa.UniqueConstraint("store_id", "family_hash", name="uq_login_sessions_store_id_family_hash"),
        sa.UniqueConstraint("store_id", "refresh_hash", name="uq_login_sessions_store_id_refresh_hash"),
    )
    op.create_index(
        "ix_login_sessions_customer_id",
        "login_sessions",
        ["store_id", "customer_id"],
        unique=False,
        postgresql_where=sa.text("revoked_at is null"),
    )
    op.create_index("ix_login_sessions_last_used_at", "login_sessions", ["store_id", "last_used_at"], unique=False)
    op.create_index(
        "ix_login_sessions_staff_id",
        "login_sessions",
        ["store_id", "staff_id"],
        unique=False,
        postgresql_where=sa.text("revoked_at is null"),
    )
    op.create_table(
        "messages",
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
        sa.Column("channel", sa.String(length=5), nullable=False),
        sa.Column("template", sa.String(length=60), nullable=False),
        sa.Column("template_version", sa.SmallInteger(), nullable=False),
        sa.Column("kind", sa.String(length=13), nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("locale", sa.String(length=10), nullable=False),
        sa.Column("context", postgresql.JSONB(), nullable=False),
        sa.Column("secret_context", sa.LargeBinary(), nullable=True),
        sa.Column("event_key", sa.String(length=120), nullable=False),
        sa.Column("subject", sa.String(length=500), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("segments", sa.SmallInteger(), nullable=True),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("provider", sa.String(length=20), nullable=True),
        sa.Column("provider_id", sa.String(length=120), nullable=True),
        sa.Column("error_code", sa.String(length=60), nullable=True),
        sa.Column("error", sa.String(length=500), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("subject_type", sa.String(length=40), nullable=True),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(work_status = 'working') = (lease_token is not null and lease_until is not null)", name="ck_messages_lease_held"
        ),
        sa.CheckConstraint("(work_status in ('done', 'dead')) = (settled_at is not null)", name="ck_messages_settled_stamped"),
        sa.CheckConstraint("channel in ('email', 'sms')", name="ck_messages_channel_known"),
        sa.CheckConstraint("kind in ('transactional', 'reminder', 'marketing')", name="ck_messages_kind_known"),
        sa.CheckConstraint("status <> 'delivered' or delivered_at is not null", name="ck_messages_delivered_stamped"),
        sa.CheckConstraint(
            "status in ('queued', 'sending', 'sent', 'delivered', 'bounced', 'failed', 'suppressed', 'unknown', 'cancelled')",
            name="ck_messages_status_known",
        ),
        sa.CheckConstraint("work_status <> 'done' or secret_context is null", name="ck_messages_secrets_wiped"),
        sa.CheckConstraint(
            "work_status in ('queued', 'working', 'unknown', 'done', 'dead')", name="ck_messages_work_status_known"
        ),
        sa.CheckConstraint("(subject_type is null) = (subject_id is null)", name="ck_messages_subject_whole"),
        sa.CheckConstraint("attempts >= 0 and lost_leases >= 0", name="ck_messages_counts_not_negative"),
        sa.ForeignKeyConstraint(
            ["store_id", "customer_id"], ["customers.store_id", "customers.id"], name="fk_messages_store_id_customer_id"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_messages"),
        sa.UniqueConstraint(
            "store_id",
            "event_key",
            "channel",
            "recipient",
            "template",
            name="uq_messages_store_id_event_key_channel_recipient_template",
        ),
    )
    op.create_index("ix_messages_customer_id", "messages", ["store_id", "customer_id", "id"], unique=False)
    op.create_index(
        "ix_messages_due",
        "messages",
        ["store_id", "next_attempt_at"],
        unique=False,
        postgresql_where=sa.text("work_status in ('queued', 'unknown')"),
    )
    op.create_index(
        "ix_messages_leased", "messages", ["lease_until"], unique=False, postgresql_where=sa.text("work_status = 'working'")
    )
    op.create_index(
        "ix_messages_provider_id",
        "messages",
        ["store_id", "provider_id"],
        unique=False,
        postgresql_where=sa.text("provider_id is not null"),
    )
    op.create_index("ix_messages_subject", "messages", ["store_id", "subject_type", "subject_id"], unique=False)
    op.create_table(
        "provider_events",
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
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("event_id", sa.String(length=128), nullable=False),
        sa.Column("event_type", sa.String(length=80), nullable=False),
        sa.Column("headers", postgresql.JSONB(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("outcome", sa.String(length=200), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(work_status = 'working') = (lease_token is not null and lease_until is not null)",
            name="ck_provider_events_lease_held",
        ),
        sa.CheckConstraint(
            "(work_status in ('done', 'dead')) = (settled_at is not null)", name="ck_provider_events_settled_stamped"
        ),
        sa.CheckConstraint(
            "work_status in ('queued', 'working', 'unknown', 'done', 'dead')", name="ck_provider_events_work_status_known"
        ),
        sa.CheckConstraint("attempts >= 0 and lost_leases >= 0", name="ck_provider_events_counts_not_negative"),
        sa.ForeignKeyConstraint(
            ["store_id", "account_id"],
            ["provider_accounts.store_id", "provider_accounts.id"],
            name="fk_provider_events_store_id_account_id",
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_provider_events"),
        sa.UniqueConstraint("store_id", "account_id", "event_id", name="uq_provider_events_store_id_account_id_event_id"),
    )
    op.create_index(
        "ix_provider_events_due",
        "provider_events",
        ["store_id", "next_attempt_at"],
        unique=False,
        postgresql_where=sa.text("work_status in ('queued', 'unknown')"),
    )
    op.create_index(
        "ix_provider_events_leased",
        "provider_events",
        ["lease_until"],
        unique=False,
        postgresql_where=sa.text("work_status = 'working'"),
    )
    op.create_index("ix_provider_events_subject", "provider_events", ["store_id", "subject_id"], unique=False)
    op.create_table(
        "transfers",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("debit_account_id", sa.Uuid(), nullable=False),
        sa.Column("credit_account_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("cause_type", sa.String(length=40), nullable=False),
        sa.Column("cause_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("amount > 0", name="ck_transfers_amount_positive"),
        sa.CheckConstraint("debit_account_id <> credit_account_id", name="ck_transfers_two_accounts"),
        sa.ForeignKeyConstraint(
            ["store_id", "credit_account_id"],
            ["ledger_accounts.store_id", "ledger_accounts.id"],
            name="fk_transfers_store_id_credit_account_id",
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "debit_account_id"],
            ["ledger_accounts.store_id", "ledger_accounts.id"],
            name="fk_transfers_store_id_debit_account_id",
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_transfers"),
        sa.UniqueConstraint("store_id", "kind", "cause_id", name="uq_transfers_store_id_kind_cause_id"),
    )
    op.create_index("ix_transfers_credit", "transfers", ["store_id", "credit_account_id"], unique=False)
    op.create_index("ix_transfers_debit", "transfers", ["store_id", "debit_account_id"], unique=False)
    op.create_table(
        "variants",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("weight_grams", sa.Integer(), nullable=True),
        sa.Column("sold_by_weight", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.CheckConstraint("sku ~ '^[A-Z0-9]+(-[A-Z0-9]+)*$'", name="ck_variants_sku_form"),
        sa.CheckConstraint("not sold_by_weight or weight_grams is not null", name="ck_variants_sold_by_weight_has_weight"),
        sa.CheckConstraint("weight_grams > 0", name="ck_variants_weight_positive"),
        sa.ForeignKeyConstraint(
            ["store_id", "product_id"], ["products.store_id", "products.id"], name="fk_variants_store_id_product_id"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_variants"),
        sa.UniqueConstraint("store_id", "sku", name="uq_variants_store_id_sku"),
    )
    op.create_index("ix_variants_product", "variants", ["store_id", "product_id"], unique=False)
    op.create_table(
        "cart_lines",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cart_id", sa.Uuid(), nullable=False),
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity between 1 and 99", name="ck_cart_lines_quantity_in_range"),
        sa.ForeignKeyConstraint(
            ["store_id", "cart_id"], ["carts.store_id", "carts.id"], name="fk_cart_lines_store_id_cart_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "variant_id"], ["variants.store_id", "variants.id"], name="fk_cart_lines_store_id_variant_id"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_cart_lines"),
        sa.UniqueConstraint("store_id", "cart_id", "variant_id", name="uq_cart_lines_store_id_cart_id_variant_id"),
    )
    op.create_table(
        "message_receipts",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("event_id", sa.String(length=128), nullable=False),
        sa.Column("event", sa.String(length=40), nullable=False),
        sa.Column("error_code", sa.String(length=60), nullable=True),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["store_id", "message_id"], ["messages.store_id", "messages.id"], name="fk_message_receipts_store_id_message_id"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_message_receipts"),
        sa.UniqueConstraint("store_id", "provider", "event_id", name="uq_message_receipts_store_id_provider_event_id"),
    )
    op.create_index("ix_message_receipts_message_id", "message_receipts", ["store_id", "message_id", "id"], unique=False)
    op.create_table(
        "orders",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("number", sa.String(length=30), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("cart_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("payment_status", sa.String(length=20), nullable=False),
        sa.Column("payment_method", sa.String(length=20), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("subtotal_amount", sa.BigInteger(), nullable=False),
        sa.Column("shipping_amount", sa.BigInteger(), nullable=False),
        sa.Column("round_off_amount", sa.BigInteger(), nullable=False),
        sa.Column("tax_amount", sa.BigInteger(), nullable=False),
        sa.Column("total_amount", sa.BigInteger(), nullable=False),
        sa.Column("place_of_supply", sa.String(length=2), nullable=False),
        sa.Column("address", postgresql.JSONB(), nullable=False),
        sa.Column("pricing", postgresql.JSONB(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(status = 'cancelled') = (cancelled_at is not null)", name="ck_orders_cancelled_stamped"),
        sa.CheckConstraint(
            "confirmed_at is not null or status in ('pending_payment', 'cancelled')", name="ck_orders_confirmed_stamped"
        ),
        sa.CheckConstraint("payment_status in ('unpaid', 'authorised', 'paid')", name="ck_orders_payment_status_known"),
        sa.CheckConstraint(
            "status in ('pending_payment', 'confirmed', 'packed', 'out_for_delivery', 'delivered', 'cancelled')",
            name="ck_orders_status_known",
        ),
        sa.CheckConstraint(
            "subtotal_amount + shipping_amount + round_off_amount = total_amount", name="ck_orders_total_adds_up"
        ),
        sa.CheckConstraint("tax_amount between 0 and total_amount", name="ck_orders_tax_within_total"),
        sa.CheckConstraint(
            "total_amount > 0 and subtotal_amount >= 0 and shipping_amount >= 0", name="ck_orders_amounts_not_negative"
        ),
        sa.ForeignKeyConstraint(["store_id", "cart_id"], ["carts.store_id", "carts.id"], name="fk_orders_store_id_cart_id"),
        sa.ForeignKeyConstraint(
            ["store_id", "customer_id"], ["customers.store_id", "customers.id"], name="fk_orders_store_id_customer_id"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_orders"),
        sa.UniqueConstraint("store_id", "cart_id", name="uq_orders_store_id_cart_id"),
        sa.UniqueConstraint("store_id", "number", name="uq_orders_store_id_number"),
    )
    op.create_index("ix_orders_customer", "orders", ["store_id", "customer_id", "id"], unique=False)
    op.create_table(
        "prices",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("price_list_id", sa.Uuid(), nullable=False),
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("mrp_amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name="ck_prices_currency_code"),
        sa.CheckConstraint("amount > 0", name="ck_prices_amount_positive"),
        sa.CheckConstraint("mrp_amount >= amount", name="ck_prices_never_above_mrp"),
        sa.ForeignKeyConstraint(
            ["store_id", "price_list_id"], ["price_lists.store_id", "price_lists.id"], name="fk_prices_store_id_price_list_id"
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "variant_id"], ["variants.store_id", "variants.id"], name="fk_prices_store_id_variant_id"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_prices"),
        sa.UniqueConstraint("store_id", "price_list_id", "variant_id", name="uq_prices_store_id_price_list_id_variant_id"),
    )
    op.create_table(
        "stock_levels",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("on_hand", sa.Integer(), nullable=False),
        sa.Column("reserved", sa.Integer(), nullable=False),
        sa.CheckConstraint("on_hand >= 0", name="ck_stock_levels_on_hand_not_negative"),
        sa.CheckConstraint("reserved <= on_hand", name="ck_stock_levels_reserved_is_there"),
        sa.CheckConstraint("reserved >= 0", name="ck_stock_levels_reserved_not_negative"),
        sa.ForeignKeyConstraint(
            ["store_id", "variant_id"], ["variants.store_id", "variants.id"], name="fk_stock_levels_store_id_variant_id"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_stock_levels"),
        sa.UniqueConstraint("store_id", "variant_id", name="uq_stock_levels_store_id_variant_id"),
    )
    op.create_table(
        "variant_taxes",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("rate_bp", sa.Integer(), nullable=False),
        sa.Column("hsn", sa.String(length=8), nullable=False),
        sa.Column("is_exempt", sa.Boolean(), nullable=False),
        sa.CheckConstraint("hsn ~ '^[0-9]{4,8}$'", name="ck_variant_taxes_hsn_digits"),
        sa.CheckConstraint("not is_exempt or rate_bp = 0", name="ck_variant_taxes_exempt_has_no_rate"),
        sa.CheckConstraint("rate_bp between 0 and 10000", name="ck_variant_taxes_rate_in_range"),
        sa.ForeignKeyConstraint(
            ["store_id", "variant_id"], ["variants.store_id", "variants.id"], name="fk_variant_taxes_store_id_variant_id"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_variant_taxes"),
        sa.UniqueConstraint("store_id", "variant_id", "valid_from", name="uq_variant_taxes_store_id_variant_id_valid_from"),
    )
    op.create_table(
        "order_lines",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("unit", sa.String(length=40), nullable=False),
        sa.Column("hsn", sa.String(length=8), nullable=False),
        sa.Column("tax_rate_bp", sa.Integer(), nullable=False),
        sa.Column("is_exempt", sa.Boolean(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_price_amount", sa.BigInteger(), nullable=False),
        sa.Column("taxable_amount", sa.BigInteger(), nullable=False),
        sa.Column("cgst_amount", sa.BigInteger(), nullable=False),
        sa.Column("sgst_amount", sa.BigInteger(), nullable=False),
        sa.Column("igst_amount", sa.BigInteger(), nullable=False),
        sa.Column("total_amount", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "cgst_amount = sgst_amount and (cgst_amount = 0 or igst_amount = 0)", name="ck_order_lines_tax_heads"
        ),
        sa.CheckConstraint("quantity between 1 and 99", name="ck_order_lines_quantity_sane"),
        sa.CheckConstraint("tax_rate_bp between 0 and 10000", name="ck_order_lines_tax_rate_sane"),
        sa.CheckConstraint(
            "taxable_amount + cgst_amount + sgst_amount + igst_amount = total_amount", name="ck_order_lines_tax_adds_up"
        ),
        sa.CheckConstraint("unit_price_amount > 0 and total_amount > 0", name="ck_order_lines_amounts_positive"),
        sa.ForeignKeyConstraint(
            ["store_id", "order_id"], ["orders.store_id", "orders.id"], name="fk_order_lines_store_id_order_id"
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "variant_id"], ["variants.store_id", "variants.id"], name="fk_order_lines_store_id_variant_id"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_order_lines"),
        sa.UniqueConstraint("store_id", "order_id", "variant_id", name="uq_order_lines_store_id_order_id_variant_id"),
    )
    op.create_table(
        "payments",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("captured_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure_reason", sa.String(length=100), nullable=True),
        sa.CheckConstraint("(status = 'captured') = (captured_at is not null)", name="ck_payments_captured_stamped"),
        sa.CheckConstraint("status in ('created', 'failed', 'authorised', 'captured')", name="ck_payments_status_known"),
        sa.CheckConstraint("amount > 0", name="ck_payments_amount_positive"),
        sa.ForeignKeyConstraint(
            ["store_id", "order_id"], ["orders.store_id", "orders.id"], name="fk_payments_store_id_order_id"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_payments"),
    )
    op.create_index("uq_payments_order", "payments", ["store_id", "order_id"], unique=True)
    op.create_table(
        "reservations",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status in ('held', 'released', 'deducted')", name="ck_reservations_status_known"),
        sa.CheckConstraint("quantity > 0", name="ck_reservations_quantity_positive"),
        sa.ForeignKeyConstraint(
            ["store_id", "order_id"], ["orders.store_id", "orders.id"], name="fk_reservations_store_id_order_id"
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "variant_id"], ["variants.store_id", "variants.id"], name="fk_reservations_store_id_variant_id"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_reservations"),
    )
    op.create_index(
        "uq_reservations_held",
        "reservations",
        ["store_id", "order_id", "variant_id"],
        unique=True,
        postgresql_where=sa.text("status = 'held'"),
    )
    op.create_table(
        "stock_movements",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("on_hand_after", sa.Integer(), nullable=False),
        sa.Column("reserved_after", sa.Integer(), nullable=False),
        sa.Column("cause", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "kind in ('receive', 'reserve', 'release', 'deduct', 'adjust')", name="ck_stock_movements_kind_known"
        ),
        sa.CheckConstraint("quantity > 0 or (kind = 'adjust' and quantity <> 0)", name="ck_stock_movements_quantity_moves"),
        sa.CheckConstraint("reserved_after between 0 and on_hand_after", name="ck_stock_movements_level_possible"),
        sa.ForeignKeyConstraint(
            ["store_id", "order_id"], ["orders.store_id", "orders.id"], name="fk_stock_movements_store_id_order_id"
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "variant_id"], ["variants.store_id", "variants.id"], name="fk_stock_movements_store_id_variant_id"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_stock_movements"),
    )
    op.create_index("ix_stock_movements_order", "stock_movements", ["store_id", "order_id"], unique=False)
    op.create_index("ix_stock_movements_variant", "stock_movements", ["store_id", "variant_id", "id"], unique=False)
    op.create_table(
        "payment_attempts",
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
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("receipt", sa.String(length=40), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("provider_order_id", sa.String(length=40), nullable=True),
        sa.CheckConstraint(
            "(work_status = 'working') = (lease_token is not null and lease_until is not null)",
            name="ck_payment_attempts_lease_held",
        ),
        sa.CheckConstraint(
            "(work_status in ('done', 'dead')) = (settled_at is not null)", name="ck_payment_attempts_settled_stamped"
        ),
        sa.CheckConstraint("work_status <> 'done' or provider_order_id is not null", name="ck_payment_attempts_done_has_order"),
        sa.CheckConstraint(
            "work_status in ('queued', 'working', 'unknown', 'done', 'dead')", name="ck_payment_attempts_work_status_known"
        ),
        sa.CheckConstraint("amount > 0", name="ck_payment_attempts_amount_positive"),
        sa.CheckConstraint("attempts >= 0 and lost_leases >= 0", name="ck_payment_attempts_counts_not_negative"),
        sa.ForeignKeyConstraint(
            ["store_id", "account_id"],
            ["provider_accounts.store_id", "provider_accounts.id"],
            name="fk_payment_attempts_store_id_account_id",
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "payment_id"], ["payments.store_id", "payments.id"], name="fk_payment_attempts_store_id_payment_id"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_payment_attempts"),
        sa.UniqueConstraint("store_id", "receipt", name="uq_payment_attempts_store_id_receipt"),
    )
    op.create_index(
        "ix_payment_attempts_due",
        "payment_attempts",
        ["store_id", "next_attempt_at"],
        unique=False,
        postgresql_where=sa.text("work_status in ('queued', 'unknown')"),
    )
    op.create_index(
        "ix_payment_attempts_leased",
        "payment_attempts",
        ["lease_until"],
        unique=False,
        postgresql_where=sa.text("work_status = 'working'"),
    )
    op.create_index(
        "uq_payment_attempts_open",
        "payment_attempts",
        ["store_id", "payment_id"],
        unique=True,
        postgresql_where=sa.text("work_status in ('queued', 'working', 'unknown')"),
    )
    op.create_index("uq_payment_attempts_provider_order", "payment_attempts", ["store_id", "provider_order_id"], unique=True)
    op.create_table(
        "captures",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("provider_payment_id", sa.String(length=40), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("method", sa.String(length=20), nullable=False),
        sa.Column("fee_amount", sa.BigInteger(), nullable=True),
        sa.Column("fee_tax_amount", sa.BigInteger(), nullable=True),
        sa.Column("captured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_counted", sa.Boolean(), nullable=False),
        sa.CheckConstraint("amount > 0", name="ck_captures_amount_positive"),
        sa.ForeignKeyConstraint(
            ["store_id", "attempt_id"],
            ["payment_attempts.store_id", "payment_attempts.id"],
            name="fk_captures_store_id_attempt_id",
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "payment_id"], ["payments.store_id", "payments.id"], name="fk_captures_store_id_payment_id"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name="pk_captures"),
        sa.UniqueConstraint("store_id", "provider_payment_id", name="uq_captures_store_id_provider_payment_id"),
    )
    op.create_index(
        "uq_captures_counted", "captures", ["store_id", "payment_id"], unique=True, postgresql_where=sa.text("is_counted")
    )
