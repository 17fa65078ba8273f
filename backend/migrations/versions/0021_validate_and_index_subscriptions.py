"""Hold older subscriptions to the new constraints, build indexes without stopping anybody, and drop what moved into terms."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

CONSTRAINTS = (
    ("subscriptions", "ck_subscriptions_payment_method_known"),
    ("subscriptions", "ck_subscriptions_status_known"),
    ("subscriptions", "ck_subscriptions_billing_owner_known"),
    ("subscriptions", "ck_subscriptions_one_billing_owner"),
    ("subscriptions", "ck_subscriptions_ends_after_some"),
    ("subscriptions", "ck_subscriptions_held_for_a_reason"),
    ("subscription_lines", "ck_subscription_lines_quantity_sane"),
    ("subscription_lines", "ck_subscription_lines_terms_given"),
    ("subscription_lines", "fk_subscription_lines_store_id_terms_id"),
    ("cycles", "ck_cycles_shift_known"),
    ("products", "ck_products_shortage_policy_known"),
    ("products", "ck_products_catch_up_policy_known"),
    ("variants", "fk_variants_store_id_substitute_id"),
    ("variants", "ck_variants_substitute_is_another"),
    ("top_ups", "ck_top_ups_amount_positive"),
)
INDEXES = (
    ("subscription_lines", "uq_subscription_lines_variant", ["store_id", "terms_id", "variant_id"], True, None),
    ("subscription_lines", "ix_subscription_lines_subscription_id", ["store_id", "subscription_id"], False, None),
    ("cycles", "ix_cycles_delivers_on", ["store_id", "delivers_on"], False, None),
)
IN_TERMS = ("rule", "anchor_on", "address_id")


def upgrade() -> None:
    for table, name in CONSTRAINTS:
        op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")
    for column in IN_TERMS:  # nobody has read or written them since 0015
        op.execute(f"-- squawk-ignore ban-drop-column\nALTER TABLE subscriptions DROP COLUMN {column}")
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
    """What holds from the latest day on goes back into the subscription's own row."""
    for table, name, *_ in INDEXES:
        op.drop_index(name, table, if_exists=True)
    op.add_column("subscriptions", sa.Column("rule", postgresql.JSONB(), nullable=True))
    op.add_column("subscriptions", sa.Column("anchor_on", sa.Date(), nullable=True))
    op.add_column("subscriptions", sa.Column("address_id", sa.Uuid(), nullable=True))
    for table in ("subscriptions", "subscription_terms"):  # whose policies bind their owner too
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "UPDATE subscriptions AS one SET rule = held.rule, anchor_on = held.anchor_on, address_id = held.address_id "
        "FROM (SELECT DISTINCT ON (store_id, subscription_id) * FROM subscription_terms "
        "ORDER BY store_id, subscription_id, from_on DESC) AS held "
        "WHERE held.store_id = one.store_id AND held.subscription_id = one.id"
    )
    for table in ("subscriptions", "subscription_terms"):
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.create_foreign_key(
        "fk_subscriptions_store_id_address_id",
        "subscriptions",
        "addresses",
        ["store_id", "address_id"],
        ["store_id", "id"],
    )
