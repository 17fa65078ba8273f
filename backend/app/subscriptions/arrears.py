"""Deliveries that were not paid as agreed, seen from their subscription: what a change of it stops, what a new mandate pays."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import and_, or_
from sqlalchemy import select as columns
from sqlmodel import Session, col

from app.checkout import cancelling, dunning, dunning_queries
from app.checkout.dunning_models import Dunning
from app.checkout.dunning_rules import MIN_RETRY_DAYS, NOTICE_TIME, Terms
from app.core.actor import SYSTEM, Actor
from app.orders import queries as orders
from app.orders.models import Order
from app.payments import debit_outcomes
from app.payments.debit_rules import off_peak
from app.payments.mandate_models import Debit, Mandate
from app.payments.models import Payment, PaymentAttempt
from app.stores import service as stores
from app.subscriptions import queries
from app.subscriptions.models import Cycle, Subscription
from app.subscriptions.planning import Calendar


def lock(session: Session, subscriptions: Sequence[Subscription]) -> None:
    """The orders of all their arrears, in the order of ids: before the mandate that may pay them."""
    found = [order_id for one in subscriptions for order_id, _ in _in_arrears(session, one.id)]
    orders.lock_many(session, sorted(found))


def stop(
    session: Session,
    subscription: Subscription,
    cause: str,
    *,
    actor: Actor,
    calendar: Calendar,
    day: date | None = None,
) -> list[tuple[Order, date]]:
    """Ask for nothing of it any more (of one `day`: nothing of that): retries and reminders are void, in this transaction.

    What waits for its payment is cancelled, and told; what went out on credit stays owed. The subscription is locked.
    """
    ended = []
    for order_id, delivers_on in _in_arrears(session, subscription.id):
        if day not in (None, delivers_on):
            continue
        order = orders.get_locked(session, order_id)
        is_waiting = order.status == "pending_payment"
        can_end = is_waiting and debit_outcomes.withdraw(session, order.id, actor, cause, calendar.now)
        dunning.void(session, order, cause, actor, calendar.now)
        if can_end:
            why = cancelling.Why("customer" if actor.kind == "customer" else "staff", cause)
            ended.append((cancelling.cancel(session, order.id, None, why, actor=actor, now=calendar.now), delivers_on))
    return ended


def recover(session: Session, subscription: Subscription, mandate: Mandate, calendar: Calendar) -> None:
    """A mandate is good again: it pays the delivery whose turn it is, and those before it only where the shop wants that.

    Their subscription is the same, and so are its dates. The orders are locked.
    """
    terms = Terms.of(stores.get(session).settings)
    latest = queries.latest_created(session, subscription.id)
    place = 0
    for order_id, delivers_on in _in_arrears(session, subscription.id):
        order, kept = orders.get_locked(session, order_id), dunning_queries.open_of(session, order_id)
        if kept is None:
            continue
        if terms.recovers != "all" and (latest is None or delivers_on != latest.delivers_on):
            cause = "a new mandate pays only the current delivery"
            dunning.void(session, order, cause, SYSTEM, calendar.now)
            continue
        at = calendar.now + NOTICE_TIME[mandate.method] + timedelta(days=MIN_RETRY_DAYS * place)
        if dunning.take_up(session, order, kept, mandate, off_peak(mandate.method, at)):
            place += 1


def _in_arrears(session: Session, subscription_id: UUID) -> Sequence[tuple[UUID, date]]:
    """Orders with open dunning, or with a debit that failed and is to be tried again; in order of their days."""
    is_dunned = columns(col(Dunning.id)).where(col(Dunning.order_id) == col(Order.id), col(Dunning.status) == "open").exists()
    is_retried = (
        columns(col(Debit.id))
        .join(PaymentAttempt, col(PaymentAttempt.id) == col(Debit.attempt_id))
        .join(Payment, col(Payment.id) == col(PaymentAttempt.payment_id))
        .where(col(Payment.order_id) == col(Order.id), col(Debit.status) == "failed", col(PaymentAttempt.debit_at).is_not(None))
        .exists()
    )
    mine = columns(col(Order.id), col(Cycle.delivers_on)).join(Cycle, col(Cycle.id) == col(Order.cycle_id))
    waits = or_(is_dunned, and_(col(Order.status) == "pending_payment", is_retried))
    found = session.execute(mine.where(col(Cycle.subscription_id) == subscription_id, waits).order_by(col(Cycle.delivers_on)))
    return [(row[0], row[1]) for row in found]
