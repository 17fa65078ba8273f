"""Money that came in for something that does not come: it is the customer's, and theirs to spend."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.audit.service import record
from app.core.actor import Actor
from app.core.ids import new_id
from app.core.work import store_of
from app.payments import adopting
from app.payments.models import Payment
from app.providers.razorpay_facts import PaymentFacts
from app.wallets import topping_up
from app.wallets.models import TopUp


def credit_charge(
    session: Session, customer_id: UUID, facts: PaymentFacts, account_id: UUID, *, actor: Actor, cause: str, now: datetime
) -> TopUp:
    """What the provider charged by itself, as a top-up that nobody asked for, however small; once per payment.

    Locks the wallet.
    """
    top_up = TopUp(
        store_id=store_of(session),
        id=new_id(),
        customer_id=customer_id,
        amount=facts.amount,
        currency=facts.currency,
        started_at=now,
    )
    session.add(top_up)
    session.flush()
    record(session, actor, "top_up.started", top_up, {"amount": [None, facts.amount]}, cause=cause)
    payment = Payment(
        store_id=top_up.store_id, top_up_id=top_up.id, provider="razorpay", amount=facts.amount, currency=facts.currency
    )
    adopting.adopt(session, payment, str(facts.order_id), account_id, actor, cause)
    return topping_up.confirm(session, facts, actor=actor, cause=cause, now=now)[0]
