"""Hold older subscriptions to the new constraints, build indexes without stopping anybody, and drop what moved into terms."""

import sqlalchemy as sa
from alembic import op

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
    raise NotImplementedError("terms from a day on do not fit into one row: restore a backup")
