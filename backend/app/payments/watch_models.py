"""How far we have read what the provider's account says, whoever told us and whoever did not."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from app.core.db import belongs_to
from app.core.work_rows import WorkRow, work_constraints


class ProviderWatch(WorkRow, table=True):
    """One per provider account. Its work never ends: every few minutes it lists what is new there, in case nobody told us.

    Its instants are the provider's, which in a test store go with the test clock. Rows of work wait by the machine's clock.
    """

    calls_provider: ClassVar[bool] = True  # it only reads there: who takes up a lost one begins anew
    looks_up: ClassVar[bool] = True

    __tablename__ = "provider_watches"
    __table_args__ = (
        belongs_to("provider_accounts", "account_id"),
        Index("uq_provider_watches_account", "store_id", "account_id", unique=True),
        *work_constraints("provider_watches"),
    )

    account_id: UUID
    read_until: datetime | None = None  # every payment, refund and dispute made up to here has been seen
    settled_until: datetime | None = None  # every settlement made up to here has been reconciled
    report_wanted_at: datetime | None = None  # the next look also reads settlements, and further back than usual
    found: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)  # what the last look found, by kind
