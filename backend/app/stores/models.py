"""The tenant: a store, and its accounts at providers."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel, String

from app.core.clock import machine_now
from app.core.db import Row
from app.core.ids import new_id

PROVIDERS = ("razorpay", "sendgrid", "twilio")


class Store(SQLModel, table=True):
    """A shop. The only table without `store_id`: its `id` is everybody's `store_id`."""

    __tablename__ = "stores"
    __table_args__ = (
        CheckConstraint("mode in ('live', 'test')", name="mode_known"),
        CheckConstraint("mode = 'test' or clock_offset_seconds = 0", name="live_clock_is_real"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_code"),
        CheckConstraint("state_code ~ '^[0-9]{2}$'", name="state_code_digits"),
        UniqueConstraint("slug"),
        UniqueConstraint("host"),
        Index("uq_stores_default", "is_default", unique=True, postgresql_where=text("is_default")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    slug: str = Field(max_length=60)
    name: str = Field(max_length=120)
    host: str | None = Field(default=None, max_length=253)  # requests to this host name are this store's
    frontend_url: str = Field(default="", max_length=300)  # its storefront; empty: FRONTEND_URL
    is_default: bool = False  # the provider settings of the environment and the bare webhook URLs are this store's
    mode: str = Field(default="test", sa_type=String(4))
    zone: str = Field(default="Asia/Kolkata", max_length=60)
    currency: str = Field(default="INR", sa_type=String(3))
    state_code: str = Field(sa_type=String(2))  # GST state of supply, 2 digits
    gstin: str | None = Field(default=None, max_length=15)
    order_prefix: str = Field(default="ORD", max_length=4)
    contact_email: str = Field(default="", max_length=254)
    clock_offset_seconds: int = Field(default=0, sa_type=BigInteger)  # how far a test clock runs ahead
    clock_moves_until: datetime | None = None  # somebody is moving the test clock; by the database's own
    settings: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)
    created_at: datetime = Field(default_factory=machine_now)


class ProviderAccount(Row, table=True):
    """A store's account at a provider. Without credentials of its own it uses the environment's (the default store's)."""

    __tablename__ = "provider_accounts"
    __table_args__ = (
        CheckConstraint(f"provider in {PROVIDERS!r}", name="provider_known"),
        Index("uq_provider_accounts_active", "store_id", "provider", unique=True, postgresql_where=text("is_active")),
    )

    provider: str = Field(sa_type=String(20))
    credentials: bytes | None = Field(default=None, sa_type=LargeBinary)  # encrypted JSON; None: from the environment
    is_active: bool = True
    rejected_events: int = Field(default=0, sa_type=BigInteger)  # webhooks whose signature did not fit
    rejected_at: datetime | None = None  # the last of them


class NumberSeries(Row, table=True):
    """The last number taken of a series (`orders:2026`). Locked last and briefly."""

    __tablename__ = "number_series"
    __table_args__ = (UniqueConstraint("store_id", "series"), CheckConstraint("last_number >= 0", name="not_negative"))

    series: str = Field(max_length=40)
    last_number: int = Field(default=0, sa_type=BigInteger)
