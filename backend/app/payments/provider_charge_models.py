"""What the payment provider charged by its own calendar."""

from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, String

from app.core.db import Row, belongs_to

ChargeStatus = Literal["waiting", "booked", "surplus"]


class ProviderCharge(Row, table=True):
    """Money the provider took for one cycle, by its own calendar: once per payment, however many events tell of it.

    `waiting` until it is booked for a delivery; `surplus` where there is none that it could be for.
    """

    __tablename__ = "provider_charges"
    __table_args__ = (
        belongs_to("provider_subscriptions", "agreement_id"),
        belongs_to("cycles"),
        UniqueConstraint("store_id", "provider_payment_id"),
        UniqueConstraint("store_id", "provider_invoice_id"),
        Index("uq_provider_charges_cycle", "store_id", "cycle_id", unique=True),
        Index("ix_provider_charges_agreement", "store_id", "agreement_id", "id"),
        CheckConstraint(f"status in {get_args(ChargeStatus)!r}", name="status_known"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("status <> 'booked' or cycle_id is not null", name="booked_for_a_cycle"),
    )

    agreement_id: UUID  # the subscription as the provider keeps it
    provider_payment_id: str = Field(max_length=40)
    provider_invoice_id: str = Field(max_length=40)
    provider_order_id: str = Field(max_length=40)
    amount: int = Field(sa_type=BigInteger)
    currency: str = Field(sa_type=String(3))
    billing_start: datetime | None = None
    billing_end: datetime | None = None
    status: str = Field(default="waiting", sa_type=String(7))
    cycle_id: UUID | None = None
