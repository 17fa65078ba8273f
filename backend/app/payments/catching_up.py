"""What the provider's lists tell that is not in the books yet. Reads only; whoever asks applies it, one by one."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlmodel import Session, col, select

from app.core.clock import machine_now
from app.core.db import add_once
from app.core.work import defer, store_of
from app.core.work_columns import has_status
from app.core.work_waiting import wake
from app.payments import disputes
from app.payments.dispute_rules import may_become
from app.payments.models import Capture, Payment, PaymentAttempt
from app.payments.refund_models import Refund
from app.payments.rules import moves_forward, status_of
from app.payments.service import is_money
from app.payments.watch_models import ProviderWatch
from app.providers.razorpay_facts import PaymentFacts, RefundFacts
from app.providers.razorpay_report_facts import DisputeFacts
from app.stores import service as stores
from app.stores.errors import NotConfigured

LOOK_SECONDS = 300.0  # half of the ten minutes within which a payment that nobody told us of is to be known
OVERLAP = timedelta(hours=1)  # each look begins so much before the last one's end: what was begun then may be paid by now
LATE = timedelta(days=5)  # a bank may answer for a payment that failed as late as that: once a day it is looked so far back


def ensure_watch(session: Session) -> None:
    """Have the store's account at the payment provider looked at from now on. Safe to run twice, or ten at once.

    A watch whose holders kept dying is taken up again: without it nobody would know what webhooks lose.
    """
    try:
        account = stores.provider_account(session, "razorpay")
    except NotConfigured:
        return
    first_look = machine_now() + timedelta(seconds=LOOK_SECONDS)
    row = ProviderWatch(store_id=store_of(session), account_id=account.id, next_attempt_at=first_look)
    if add_once(session, row, "account_id"):
        return
    dead = update(ProviderWatch).where(col(ProviderWatch.account_id) == account.id, has_status(ProviderWatch, "dead"))
    again = dead.values(work_status="queued", settled_at=None, lost_leases=0, next_attempt_at=first_look)
    session.execute(again, execution_options={"synchronize_session": False})


def news_of_payments(session: Session, told: Sequence[PaymentFacts]) -> list[PaymentFacts]:
    """Payments of ours that would move forward by this. A constant number of statements, however many were told."""
    booked = _captured(session, [facts.id for facts in told])
    present = _statuses(session, [facts.order_id for facts in told if facts.order_id])
    return [
        facts
        for facts in told
        if facts.order_id in present and facts.id not in booked and _is_news(present[facts.order_id], facts)
    ]


def _is_news(present: str, facts: PaymentFacts) -> bool:
    if is_money(facts):
        return True
    told = "failed" if facts.status == "refunded" else status_of(facts.status)
    return moves_forward(present, told)


NEWS_OF_REFUNDS = {  # what we know (None: nothing), and what is told
    (None, "pending"),
    (None, "processed"),
    ("pending", "processed"),
    ("pending", "failed"),
    ("processed", "failed"),
}


def news_of_refunds(session: Session, told: Sequence[RefundFacts]) -> list[RefundFacts]:
    """Refunds of money in our books that we do not know, know as pending and that are decided, or that failed after all."""
    statement = select(Refund.provider_refund_id, Refund.status)
    found = session.exec(statement.where(col(Refund.provider_refund_id).in_([facts.id for facts in told])))
    present = {refund_id: status for refund_id, status in found if refund_id}
    booked = _captured(session, [facts.payment_id for facts in told])  # of an uncaptured payment, nothing was ours
    return [facts for facts in told if facts.payment_id in booked and (present.get(facts.id), facts.status) in NEWS_OF_REFUNDS]


def news_of_disputes(session: Session, told: Sequence[DisputeFacts]) -> list[DisputeFacts]:
    """Disputes of money in our books that we do not know, or that have gone on."""
    known = disputes.with_ids(session, [facts.id for facts in told])
    booked = _captured(session, [facts.payment_id for facts in told])
    return [
        facts
        for facts in told
        if facts.payment_id in booked and (facts.id not in known or may_become(known[facts.id].status, facts.status))
    ]


def want_report(session: Session, now: datetime) -> int:
    """Have the next look at each account, which is now, read settlements too; how many accounts. Safe to run twice."""
    ensure_watch(session)
    watches = session.exec(select(ProviderWatch).with_for_update()).all()
    for watch in watches:
        watch.report_wanted_at = now
        session.add(watch)
        if watch.work_status == "queued":  # else whoever has it sees the wish when he settles it
            wake(session, watch)
            defer(session, "drain_watches")
    return len(watches)


def refunds_left_pending(session: Session, limit: int) -> list[str]:
    """The provider's ids of refunds that were made there, and that it had not decided when we last heard of them."""
    pending = select(Refund.provider_refund_id).where(Refund.status == "pending", Refund.work_status == "done")
    found = session.exec(pending.where(col(Refund.provider_refund_id).is_not(None)).order_by(col(Refund.id)).limit(limit))
    return [refund_id for refund_id in found if refund_id]


def begin_of_look(watch: ProviderWatch, now: datetime) -> datetime:
    """From where the next look reads: a little before the end of the last one, however long ago that is."""
    usual = (watch.read_until or now) - OVERLAP
    return min(usual, now - LATE) if watch.report_wanted_at else usual


def first_report_day(watch: ProviderWatch, now: datetime) -> datetime:
    """From where settlements are read: some days again, for a settlement's lines may come later than itself."""
    return (watch.settled_until or now) - LATE


def _captured(session: Session, provider_payment_ids: Collection[str]) -> set[str]:
    return set(
        session.exec(select(Capture.provider_payment_id).where(col(Capture.provider_payment_id).in_(provider_payment_ids)))
    )


def _statuses(session: Session, provider_order_ids: Collection[str]) -> dict[str | None, str]:
    """The status of our payments, by the provider's order."""
    statement = select(PaymentAttempt.provider_order_id, Payment.status).join(
        Payment, col(Payment.id) == col(PaymentAttempt.payment_id)
    )
    return dict(session.exec(statement.where(col(PaymentAttempt.provider_order_id).in_(provider_order_ids))).all())
