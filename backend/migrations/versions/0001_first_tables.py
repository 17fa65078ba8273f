"""The first tables (being built: made from the models until they settle)."""

import pkgutil

from alembic import op
from migrations import security

import app
from app.core.db import metadata

revision, down_revision, branch_labels, depends_on = "0001", None, None, None


def upgrade() -> None:
    import importlib
    for m in pkgutil.walk_packages(app.__path__, "app."):
        if m.name.endswith(".models"):
            importlib.import_module(m.name)
    op.execute(security.ROLES)
    op.execute(security.APP_NOW)
    metadata.create_all(op.get_bind())
    for table in metadata.sorted_tables:
        if table.name == "heartbeats":
            continue
        rights = "SELECT, INSERT" if table.name in ("audit_entries", "access_log") else "SELECT, INSERT, UPDATE, DELETE"
        op.execute(security.protect(table.name, rights=rights, key="id" if table.name == "stores" else "store_id"))
        if "work_status" in table.columns:
            op.execute(security.let_sweep_see(table.name))
    op.execute(security.let_sweep_see("stores", ("id", "slug", "host", "is_default", "mode", "zone", "clock_offset_seconds")))
    op.execute(security.HEARTBEATS)
    op.execute(security.let_sweep_see("provider_accounts", ("store_id", "id", "provider", "is_active")))
    op.execute(security.APPEND_ONLY)
    op.execute(security.ACCESS_LOG)


def downgrade() -> None:
    raise NotImplementedError
