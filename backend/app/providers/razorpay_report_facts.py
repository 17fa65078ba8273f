"""What Razorpay tells of settlements and disputes. Amounts in paise, times in Unix seconds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.providers.razorpay_values import number, one_of, paise

SETTLEMENT_STATUSES = frozenset({"created", "processed", "failed"})
DISPUTE_STATUSES = frozenset({"open", "under_review", "action_required", "won", "lost", "closed"})


@dataclass(frozen=True, slots=True)
class SettlementFacts:
    """One transfer to the bank: `amount` is what arrives; `fees` include `tax`."""

    id: str
    amount: int
    status: str  # created, processed, failed
    fees: int
    tax: int
    utr: str | None  # by which the bank's statement names it
    created_at: int


@dataclass(frozen=True, slots=True)
class SettlementLineFacts:
    """One line of the reconciliation report: what `entity_id` put into a settlement (`credit`) or took out (`debit`).

    `fee` includes `tax`, and is taken from the credit of a payment already.
    """

    entity_id: str
    type: str  # payment, refund, transfer, adjustment
    debit: int
    credit: int
    amount: int
    currency: str
    fee: int
    tax: int
    on_hold: bool
    settled: bool
    settlement_id: str | None
    utr: str | None
    settled_at: int | None
    created_at: int | None
    payment_id: str | None  # of a refund's line; None on a payment's own
    order_id: str | None
    dispute_id: str | None
    description: str | None


@dataclass(frozen=True, slots=True)
class DisputeFacts:
    """What Razorpay knows of a dispute: the customer went to the bank."""

    id: str
    payment_id: str
    amount: int
    amount_deducted: int
    currency: str
    status: str  # open, under_review, action_required, won, lost, closed
    phase: str | None
    reason_code: str | None
    respond_by: int | None
    created_at: int


def read_settlement(entity: Mapping[str, Any]) -> SettlementFacts:
    return SettlementFacts(
        id=str(entity["id"]),
        amount=paise(entity["amount"]),
        status=one_of(SETTLEMENT_STATUSES, entity["status"]),
        fees=paise(entity.get("fees") or 0),
        tax=paise(entity.get("tax") or 0),
        utr=entity.get("utr") or None,
        created_at=int(entity["created_at"]),
    )


def read_settlement_line(entity: Mapping[str, Any]) -> SettlementLineFacts:
    return SettlementLineFacts(
        entity_id=str(entity["entity_id"]),
        type=str(entity["type"]),
        debit=paise(entity.get("debit") or 0),
        credit=paise(entity.get("credit") or 0),
        amount=paise(entity["amount"]),
        currency=str(entity["currency"]),
        fee=paise(entity.get("fee") or 0),
        tax=paise(entity.get("tax") or 0),
        on_hold=bool(entity.get("on_hold")),
        settled=bool(entity.get("settled")),
        settlement_id=entity.get("settlement_id") or None,
        utr=entity.get("settlement_utr") or None,
        settled_at=number(entity.get("settled_at")),
        created_at=number(entity.get("created_at")),
        payment_id=entity.get("payment_id") or None,
        order_id=entity.get("order_id") or None,
        dispute_id=entity.get("dispute_id") or None,
        description=entity.get("description") or None,
    )


def read_dispute(entity: Mapping[str, Any]) -> DisputeFacts:
    return DisputeFacts(
        id=str(entity["id"]),
        payment_id=str(entity["payment_id"]),
        amount=paise(entity["amount"]),
        amount_deducted=paise(entity.get("amount_deducted") or 0),
        currency=str(entity["currency"]),
        status=one_of(DISPUTE_STATUSES, entity["status"]),
        phase=entity.get("phase") or None,
        reason_code=entity.get("reason_code") or None,
        respond_by=number(entity.get("respond_by")),
        created_at=int(entity["created_at"]),
    )
