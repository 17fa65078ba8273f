"""What Razorpay tells of a schedule that it keeps: plans, subscriptions, the invoice of each cycle. Amounts in paise."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.providers.razorpay_values import number, one_of, paise

KEY_NOTE = "rozana_id"  # the note in which our own id travels: nothing else tells two alike apart
STATUSES = frozenset({"created", "authenticated", "active", "pending", "halted", "paused", "cancelled", "completed", "expired"})


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """How much is charged how often. Never changes."""

    id: str
    period: str
    interval: int
    amount: int
    currency: str
    key: str | None  # ours


@dataclass(frozen=True, slots=True)
class SubscriptionFacts:
    """What Razorpay knows of a subscription, at one moment."""

    id: str
    plan_id: str
    key: str | None  # ours
    status: str
    customer_id: str | None  # only after the customer has approved it
    quantity: int
    total_count: int
    paid_count: int
    remaining_count: int | None
    start_at: datetime | None  # of an immediate start: only after it
    current_start: datetime | None
    current_end: datetime | None
    charge_at: datetime | None  # the next charge
    ended_at: datetime | None
    short_url: str | None
    payment_method: str | None


@dataclass(frozen=True, slots=True)
class ChargeFacts:
    """The invoice of a cycle that was paid: which payment, and which cycle it was for."""

    invoice_id: str
    payment_id: str
    order_id: str
    amount: int
    currency: str
    billing_start: datetime | None  # of an invoice of add-ons alone: none
    billing_end: datetime | None


def read_plan(entity: Mapping[str, Any]) -> PlanFacts:
    item = entity["item"]
    return PlanFacts(
        id=str(entity["id"]),
        period=str(entity["period"]),
        interval=int(entity["interval"]),
        amount=paise(item["amount"]),
        currency=str(item["currency"]),
        key=_key(entity),
    )


def read_subscription(entity: Mapping[str, Any]) -> SubscriptionFacts:
    """ValueError for a status that is not documented: whether money is still taken would be a guess."""
    return SubscriptionFacts(
        id=str(entity["id"]),
        plan_id=str(entity["plan_id"]),
        key=_key(entity),
        status=one_of(STATUSES, entity["status"]),
        customer_id=entity.get("customer_id") or None,
        quantity=int(entity["quantity"]),
        total_count=int(entity["total_count"]),
        paid_count=int(entity["paid_count"]),
        remaining_count=number(entity.get("remaining_count")),
        start_at=_instant(entity.get("start_at")),
        current_start=_instant(entity.get("current_start")),
        current_end=_instant(entity.get("current_end")),
        charge_at=_instant(entity.get("charge_at")),
        ended_at=_instant(entity.get("ended_at")),
        short_url=entity.get("short_url") or None,
        payment_method=entity.get("payment_method") or None,
    )


def read_charge(invoice: Mapping[str, Any]) -> ChargeFacts | None:
    """None for an invoice that is not paid."""
    if invoice["status"] != "paid":
        return None
    return ChargeFacts(
        invoice_id=str(invoice["id"]),
        payment_id=str(invoice["payment_id"]),
        order_id=str(invoice["order_id"]),
        amount=paise(invoice["amount"]),
        currency=str(invoice["currency"]),
        billing_start=_instant(invoice.get("billing_start")),
        billing_end=_instant(invoice.get("billing_end")),
    )


def _key(entity: Mapping[str, Any]) -> str | None:
    notes = entity.get("notes")  # an empty one is a list
    return (notes.get(KEY_NOTE) or None) if isinstance(notes, Mapping) else None


def _instant(value: Any) -> datetime | None:
    seconds = number(value)
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
