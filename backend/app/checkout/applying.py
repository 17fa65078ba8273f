"""A payment just fetched from the provider finds what it was made for: an order, a mandate or a wallet's top-up."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.checkout import confirming
from app.core.actor import Actor
from app.payments import service as payments
from app.providers.razorpay_facts import PaymentFacts
from app.wallets import topping_up


def apply_payment(session: Session, facts: PaymentFacts, *, actor: Actor, cause: str, now: datetime) -> tuple[UUID, str]:
    """The id of what the payment is for, and what changed, in words. Safe to run any number of times.

    Webhook, poller and back-fill come here. Refuses as `confirming` and `topping_up` do; OrderUnknown if it is none of ours.
    """
    payment = payments.owner_of(session, facts).payment
    if payment.mandate_id:
        mandate, change = confirming.approve(session, facts, actor=actor, cause=cause, now=now)
        return mandate.id, f"{change}; mandate {mandate.id} is {mandate.status}"
    if payment.top_up_id:
        top_up, change = topping_up.confirm(session, facts, actor=actor, cause=cause, now=now)
        return top_up.id, f"{change}; top-up {top_up.id} is {'paid' if top_up.paid_at else 'not paid'}"
    order, change = confirming.confirm(session, facts, actor=actor, cause=cause, now=now)
    return order.id, f"{change}; order {order.number} is {order.status}"
