"""Debits under mandates meet orders and wallets: due ones are decided on, sent one by one, and end in the one confirm path."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.checkout import dunning
from app.checkout.applying import apply_payment
from app.core import clock
from app.core.actor import provider
from app.core.errors import ProviderError
from app.core.work import defer
from app.core.work_rows import hold, settle_done
from app.orders import queries as orders
from app.payments import debit_calls, debiting
from app.payments import queries as payments
from app.payments.debit_calls import Accepted, DebitCall
from app.payments.debit_outcomes import GivenUp
from app.payments.mandate_models import Debit
from app.providers.razorpay_facts import PaymentFacts
from app.stores import service as stores
from app.wallets import notifying as wallets_notifying
from app.wallets import queries as wallets

ANSWERED = ("captured", "failed", "refunded")  # the provider's words for a payment the bank has decided on


def decide_due(session: Session, now: datetime) -> int:
    """Decide on a chunk of due debits, and tell those whose delivery no debit will pay; how many. Again until it is 0."""
    decided = debiting.decide_due(session, now)
    tell(session, decided.given_up)
    if decided.count == debiting.CHUNK:
        defer(session, "charge_due")
    return decided.count


def tell(session: Session, given_up: Sequence[GivenUp]) -> None:
    """Once per payment: nobody will be debited for it, so an order has to be paid by hand, and a wallet stays as it is."""
    for end in given_up:
        if end.payment.order_id is not None:
            order = orders.get(session, end.payment.order_id, None)
            dunning.payment_failed(session, order, end.reason, clock.now(stores.get(session)))
        elif end.payment.top_up_id is not None:
            wallets_notifying.top_up_failed(session, wallets.top_up(session, end.payment.top_up_id, None), end.reason)


def claim(session: Session, debit_id: UUID, now: datetime) -> DebitCall | None:
    """See `debit_calls.claim`; the bank statement names the shop, and the order or the wallet."""
    debit = session.get_one(Debit, (stores.get(session).id, debit_id))
    _, payment = payments.attempt_with_payment(session, debit.attempt_id)
    what = orders.of_payment(session, payment.id).number if payment.order_id else "wallet"
    claimed = debit_calls.claim(session, debit_id, f"{stores.get(session).name}: {what}", now)
    if isinstance(claimed, GivenUp):
        tell(session, [claimed])
        return None
    return claimed


def settle(session: Session, asked: DebitCall, outcome: Accepted | PaymentFacts | ProviderError, now: datetime) -> str:
    """Record what became of the debit; its status. Safe to race with the webhook. LeaseLost for a late holder."""
    debit = hold(session, asked.debit)
    if isinstance(outcome, ProviderError):
        if end := debit_calls.settle_error(session, debit, outcome, now):
            tell(session, [end])
    elif isinstance(outcome, PaymentFacts) and outcome.status in ANSWERED:
        cause = f"debit {debit.id}"
        apply_payment(session, outcome, actor=provider("razorpay"), cause=cause, now=now)
        if debit.is_undecided:
            debit_calls.settle_accepted(session, debit, outcome.id)
        else:
            settle_done(session, debit)
    elif debit.is_undecided:
        debit_calls.settle_accepted(session, debit, outcome.id if isinstance(outcome, PaymentFacts) else outcome.payment_id)
    else:
        settle_done(session, debit)
    return debit.status
