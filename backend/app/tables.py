"""Every table of the product, for Alembic and for tests; importing this module imports all models."""

from app.audit import models as audit
from app.core.db import metadata
from app.idempotency import models as idempotency
from app.inbox import models as inbox
from app.stores import models as stores

__all__ = ["audit", "idempotency", "inbox", "metadata", "stores"]
