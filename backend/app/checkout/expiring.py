"""Orders that were not paid in time give their stock back; before that the provider is asked, for webhooks get lost.

Claim, call, settle around a read: losing it anywhere costs one tick, and asking twice changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from app.audit.service import record
from app.checkout import confirming, dunning, on_credit
from app.core.actor import SYSTEM, provider
from app.core.errors import ProviderError, Rejected
from app.orders import queries
from app.orders.models import Order
from app.payments import debit_outcomes, service
from app.payments import queries as payments
from app.payments.rules import status_of
from app.providers import registry
from app.providers.razorpay_facts import PaymentFacts
from app.stock import service as stock
from app.stores import service as stores
from app.stores.service import Account

CAUSE = "not paid in time"
HELD_AT_MOST = timedelta(days=7)  # since it was placed; then its stock is for others, and a late payment finds its way
AGAIN = timedelta(minutes=5)  # it was away, or a payment is being made at this moment


@dataclass(frozen=True)
class Look:
    """Which of the provider's orders to ask about; the payments of each are listed."""

    order_id: UUID
    orders: Sequence[tuple[Account, str]]


def claim(session: Session, order_id: UUID, now: datetime) -> Look | None:
    """What to ask before the order may expire; None when it expired here and now, or need not."""
    order = queries.get_locked(session, order_id)
    if order.status != "pending_payment" or order.expires_at > now:
        return None
    payment = payments.of_order(session, order.id)
    started = [one for one in payments.attempts_of_payment(session, payment.id) if one.provider_order_id] if payment else []
    if not started:
        _expire(session, order, now)
        return None
    accounts = [(stores.provider_account(session, "razorpay", one.account_id), one.provider_order_id or "") for one in started]
    return Look(order.id, accounts)


def call(look: Look) -> list[PaymentFacts]:
    """Every payment that was tried for the order. No transaction is open."""
    found = list[PaymentFacts]()
    for account, provider_order_id in look.orders:
        found += registry.razorpay(account.secrets).order_payments(provider_order_id)
    return found


def settle(session: Session, look: Look, outcome: Sequence[PaymentFacts] | ProviderError, now: datetime) -> str:
    """Confirm what was paid after all, else expire; the order's status. Locks order, payments, stock."""
    order = queries.get_locked(session, look.order_id)
    if order.status != "pending_payment" or order.expires_at > now:
        return order.status
    if isinstance(outcome, ProviderError):
        if not isinstance(outcome, Rejected) and now - order.placed_at < HELD_AT_MOST:
            return _look_again(session, order, now, "the provider could not be asked")
    else:
        for facts in outcome:
            if service.is_money(facts):
                confirming.confirm(session, facts, actor=provider("razorpay"), cause="asked before it expired", now=now)
        session.refresh(order)
        if order.status != "pending_payment":
            return order.status
        is_authorised = any(status_of(facts.status) == "authorised" for facts in outcome)
        if is_authorised and now - order.placed_at < HELD_AT_MOST:
            return _look_again(session, order, now, "a payment is authorised and not captured yet")
    _expire(session, order, now)
    return order.status


def _look_again(session: Session, order: Order, now: datetime, why: str) -> str:
    """Its stock stays with it a little longer."""
    before, order.expires_at = order.expires_at, now + AGAIN
    session.add(order)
    session.flush()
    stock.hold_until(session, order.id, order.expires_at)
    record(session, SYSTEM, "order.held", order, {"expires_at": [before.isoformat(), order.expires_at.isoformat()]}, cause=why)
    return order.status


def _expire(session: Session, order: Order, now: datetime) -> None:
    """Nothing was paid: the goods are for others. A payment that comes all the same revives it, or goes back."""
    if not debit_outcomes.withdraw(session, order.id, SYSTEM, CAUSE, now):
        _look_again(session, order, now, "a debit is under way")
        return
    if on_credit.deliver(session, order, now):
        return
    dunning.void(session, order, CAUSE, SYSTEM, now)
    before = order.cancel(now, "expired")
    session.add(order)
    stock.release_many(session, order.id, cause=CAUSE, actor=SYSTEM, now=now)
    lines = queries.lines(session, [order.id])[order.id]
    for line in lines:
        line.cancelled_quantity = line.quantity
    session.add_all(lines)
    session.flush()
    record(session, SYSTEM, "order.cancelled", order, {"status": [before, order.status], "reason": [None, "expired"]}, CAUSE)
