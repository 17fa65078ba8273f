"""What providers told us: every verified event, once, as it came."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, LargeBinary, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, String

from app.core.db import belongs_to, by_the_stores_clock
from app.core.work_rows import WorkRow, work_constraints


class ProviderEvent(WorkRow, table=True):
    """A webhook delivery, stored raw before it is answered and applied later. UNIQUE by account and the provider's event id."""

    __tablename__ = "provider_events"
    __table_args__ = (
        UniqueConstraint("store_id", "account_id", "event_id"),
        belongs_to("provider_accounts", "account_id"),
        Index("ix_provider_events_subject", "store_id", "subject_id"),
        *work_constraints("provider_events"),
    )

    happened_at: datetime | None = by_the_stores_clock()  # came in
    account_id: UUID
    provider: str = Field(sa_type=String(20))
    event_id: str = Field(max_length=128)  # the provider's, or a hash of the body where it gives none
    event_type: str = Field(max_length=80)
    headers: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)
    body: bytes = Field(sa_type=LargeBinary)
    outcome: str = Field(default="", max_length=200)  # what applying it did, in words
    subject_id: UUID | None = None  # the order or message it was about, once known
