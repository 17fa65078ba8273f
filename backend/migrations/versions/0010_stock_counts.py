"""Counting what is on the shelf, and goods that come back to it."""

from alembic import op

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


def upgrade() -> None:
    for name, wider, _ in CHECKS:
        replace_check(name, wider)


def downgrade() -> None:
    for name, _, narrower in CHECKS:
        replace_check(name, narrower)  # for new rows: movements of the kinds in between stay what they are


def replace_check(name: str, rule: str) -> None:
    """The first migration spelled its checks out in full, and the naming convention put its prefix before that once more."""
    name = f"ck_stock_movements_{name}"
    op.execute(f"ALTER TABLE stock_movements DROP CONSTRAINT IF EXISTS ck_stock_movements_{name}")
    op.execute(f"ALTER TABLE stock_movements DROP CONSTRAINT IF EXISTS {name}")
    op.execute(f"ALTER TABLE stock_movements ADD CONSTRAINT {name} CHECK ({rule}) NOT VALID")
