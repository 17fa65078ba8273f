"""Who did what and why, for ever; and who read or signed in, for a while."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel, String

from app.core.clock import machine_now
from app.core.db import Row, by_the_stores_clock
from app.core.ids import new_id


class AuditEntry(Row, table=True):
    """One change of state, written in its transaction. UPDATE and DELETE are refused by the database."""

    __tablename__ = "audit_entries"
    __table_args__ = (Index("ix_audit_entries_object", "store_id", "object_id", "id"),)
    __mapper_args__: ClassVar[dict[str, Any]] = {"eager_defaults": False}  # nobody who writes an entry reads it again

    happened_at: datetime | None = by_the_stores_clock()
    actor_kind: str = Field(sa_type=String(10))
    actor_id: UUID | None = None
    actor_label: str = Field(default="", max_length=60)
    action: str = Field(max_length=60)  # order.placed, payment.captured, …
    object_type: str = Field(max_length=40)  # the table
    object_id: UUID
    changes: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)  # field → [before, after]; personal values masked
    cause: str = Field(default="", max_length=200)  # why: what it answers to, e.g. `webhook payment.captured evt_…`
    request_id: str = Field(default="", max_length=64)


class AccessLogEntry(SQLModel, table=True):
    """A sign-in or a read of personal data. Partitioned by month; old months are dropped by the documented clean-up."""

    __tablename__ = "access_log"
    __table_args__ = {"postgresql_partition_by": "RANGE (at)"}

    store_id: UUID = Field(primary_key=True)
    at: datetime = Field(default_factory=machine_now, primary_key=True)
    id: UUID = Field(default_factory=new_id, primary_key=True)
    actor_kind: str = Field(sa_type=String(10))
    actor_id: UUID | None = None
    action: str = Field(max_length=60)
    object_type: str = Field(default="", max_length=40)
    object_id: UUID | None = None
    ip: str = Field(default="", max_length=45)
    request_id: str = Field(default="", max_length=64)
