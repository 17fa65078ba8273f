"""Answers kept under the caller's Idempotency-Key."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, String

from app.core.db import Row


class IdempotencyKey(Row, table=True):
    """One write of one caller: first `in_progress` (two-step endpoints), then the answer that a repeat is given."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        UniqueConstraint("store_id", "caller", "key"),
        CheckConstraint("status in ('in_progress', 'completed')", name="status_known"),
        CheckConstraint("(status = 'completed') = (response_status is not null)", name="completed_has_answer"),
        Index("ix_idempotency_keys_created_at", "store_id", "created_at"),
    )

    caller: str = Field(max_length=80)  # customer:…, staff:…, cart:…
    key: str = Field(max_length=255)
    fingerprint: str = Field(sa_type=String(64))  # SHA-256 of method, path and body
    status: str = Field(default="in_progress", sa_type=String(12))
    lease_until: datetime | None = None  # while in progress: a second caller meanwhile is told to wait
    response_status: int | None = None
    response_body: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
