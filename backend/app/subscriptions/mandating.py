"""The mandate by which a new subscription is paid: its limit, and what the bank needs to know."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.accounts import service as accounts
from app.core.actor import Actor
from app.payments import mandates
from app.payments.debit_rules import MAX_UNATTENDED_AMOUNT
from app.payments.mandate_models import Mandate, MandateMethod
from app.payments.models import PaymentAttempt
from app.stores import service as stores
from app.subscriptions.errors import MandateLimitTooHigh, MandateLimitTooLow, PhoneNeeded

LIMIT_FACTOR = 2  # a mandate's limit, unless the customer sets one: room for other quantities, not for surprises


@dataclass(frozen=True)
class Asked:
    """`max_amount`: the most a debit may take, None: ours to propose; `price`: what a delivery costs. In paise."""

    method: MandateMethod
    max_amount: int | None
    price: int


def ask(session: Session, customer_id: UUID, asked: Asked, *, now: datetime, actor: Actor) -> tuple[Mandate, PaymentAttempt]:
    """The mandate to be approved, and the attempt at its first payment.

    MandateLimitTooHigh, MandateLimitTooLow, PhoneNeeded.
    """
    limit = _limit(asked)
    if not accounts.get_customer(session, customer_id).phone:
        raise PhoneNeeded
    return mandates.ask(session, customer_id, asked.method, limit, stores.get(session).currency, now=now, actor=actor)


def _limit(asked: Asked) -> int:
    """What the customer set, within what one delivery costs and what the law lets pass unattended."""
    price, max_amount = asked.price, asked.max_amount
    if price > MAX_UNATTENDED_AMOUNT:
        raise MandateLimitTooHigh(field="lines", maximum=MAX_UNATTENDED_AMOUNT, price=price)
    if max_amount is None:
        return min(LIMIT_FACTOR * price, MAX_UNATTENDED_AMOUNT)
    if max_amount < price:
        raise MandateLimitTooLow(field="mandate.max_amount", minimum=price)
    if max_amount > MAX_UNATTENDED_AMOUNT:
        raise MandateLimitTooHigh(field="mandate.max_amount", maximum=MAX_UNATTENDED_AMOUNT)
    return max_amount
