"""What mends a finding of `rozana check`. Each is safe to run twice: the second time there is nothing left for it to do.

No money moves on a repair's own account: only by what the provider says when it is asked, and by what the ledger holds.
"""

from collections.abc import Callable, Sequence
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from app.audit.service import record
from app.checkout import cancelling, confirming, documenting, expiring, refunding
from app.checkout.expiring import Look
from app.cli.choosing import OPERATOR
from app.core import clock
from app.core.errors import LeaseLost, ProviderError, Refusal
from app.core.work import Nothing, claim_call_settle, defer, unit_of_work
from app.core.work_columns import WorkRow
from app.core.work_waiting import StillWorking, wake
from app.insight.checks.frame import Finding
from app.insight.owed import DRAINS
from app.invoices import queries as documents
from app.orders import queries as orders
from app.orders.models import Order
from app.payments import queries as payments
from app.payments import refunding as refunds
from app.payments import service as booking
from app.payments.refunding import RefundCall, Refused
from app.providers.razorpay_facts import PaymentFacts, RefundFacts
from app.stock import service as stock
from app.stores import service as stores

CAUSE = "rozana check"
TABLES = {str(model.__tablename__): model for model in DRAINS}


def mend(store_id: UUID, finding: Finding) -> str:
    """Run the finding's repair; what came of it, in words. What cannot be mended stays as it is, and says why."""
    repair = REPAIRS.get(finding.check)
    if repair is None or finding.object_id is None:
        return "a person has to decide"
    try:
        return repair(store_id, finding)
    except (Refusal, ProviderError, LeaseLost) as error:
        return f"left as it is: {error}"


Repair = Callable[[UUID, Finding], str]


def _to_order(act: Callable[[Session, Order], str]) -> Repair:
    """One unit of work under the lock of the order that the finding is about."""

    def repair(store_id: UUID, finding: Finding) -> str:
        with unit_of_work(store_id) as session:
            return act(session, orders.get_locked(session, _id(finding)))

    return repair


def _settle_balance(session: Session, order: Order) -> str:
    started = refunding.settle_balance(session, order, OPERATOR, CAUSE, clock.now(stores.get(session)))
    return f"{order.number}: {len(started)} refunds started"


def _give_its_money(session: Session, order: Order) -> str:
    """What is captured pays the order that waits for it; of a cancelled one it goes back."""
    now = clock.now(stores.get(session))
    if order.status == "pending_payment":
        confirming.settle_paid(session, order, OPERATOR, CAUSE, now)
    elif order.payment_status != "paid":
        before, order.payment_status = order.payment_status, "paid"
        session.add(order)
        session.flush()
        record(session, OPERATOR, "order.paid_late", order, {"payment_status": [before, "paid"]}, cause=CAUSE)
    return f"{_settle_balance(session, order)}; it is {order.status} and {order.payment_status}"


def _follow(session: Session, order: Order) -> str:
    cancelling.follow(session, order, OPERATOR, CAUSE)
    return f"{order.number} is {order.status}"


def _ask(store_id: UUID, finding: Finding) -> str:
    """Look at the provider for payments of the order, and book what it has, by the one confirm path."""

    def claim(session: Session) -> Look | Nothing[str]:
        order = orders.get(session, _id(finding), None)
        payment = payments.of_order(session, order.id)
        tried = [one for one in payments.attempts_of_payment(session, payment.id) if one.provider_order_id] if payment else []
        if not tried:
            return Nothing(f"{order.number}: the provider was never asked for it")
        accounts = [stores.provider_account(session, "razorpay", one.account_id) for one in tried]
        return Look(order.id, [(account, one.provider_order_id or "") for account, one in zip(accounts, tried, strict=True)])

    def settle(session: Session, look: Look, outcome: Sequence[PaymentFacts] | ProviderError) -> str:
        if isinstance(outcome, ProviderError):
            raise outcome
        money, now = [facts for facts in outcome if booking.is_money(facts)], clock.now(stores.get(session))
        for facts in money:
            confirming.confirm(session, facts, actor=OPERATOR, cause=CAUSE, now=now, order_id=look.order_id)
        return f"the provider has {len(money)} payments of it"

    return claim_call_settle(store_id, claim, expiring.call, settle)


def _expire(store_id: UUID, finding: Finding) -> str:
    def claim(session: Session) -> Look | Nothing[str]:
        asked = expiring.claim(session, _id(finding), clock.now(stores.get(session)))
        return asked or Nothing(f"it is {orders.get(session, _id(finding), None).status}")

    def settle(session: Session, asked: Look, outcome: Sequence[PaymentFacts] | ProviderError) -> str:
        return f"it is {expiring.settle(session, asked, outcome, clock.now(stores.get(session)))}"

    return claim_call_settle(store_id, claim, expiring.call, settle)


def _send_refund(store_id: UUID, finding: Finding) -> str:
    """Ask the provider what became of it, or for it once more: its receipt is the key, so it is made once."""

    def claim(session: Session) -> RefundCall | Nothing[str]:
        refund = payments.refund_locked(session, _id(finding))
        if not refund.is_on_its_way or refund.destination != "source":
            return Nothing(f"it is {refund.status}")
        _again(session, refund)
        return refunding.claim(session, refund.id) or Nothing("somebody works on it")

    def settle(session: Session, asked: RefundCall, outcome: RefundFacts | Refused | ProviderError) -> str:
        return f"it is {refunding.settle(session, asked, outcome, clock.now(stores.get(session)))}"

    return claim_call_settle(store_id, claim, refunds.call, settle)


def _try_again(store_id: UUID, finding: Finding) -> str:
    """A dead row is work again."""
    model = TABLES[finding.object_type]
    with unit_of_work(store_id) as session:
        row = session.get_one(model, (store_id, _id(finding)), with_for_update=True)
        if row.work_status != "dead":
            return f"it is {row.work_status}"
        _again(session, row)
        defer(session, DRAINS[model])
        return "it is tried again"


def _again(session: Session, row: WorkRow) -> None:
    """Due now, with all its tries. What may have reached a provider that can be asked begins with a look."""
    before = row.work_status
    if before == "working":
        raise StillWorking
    row.attempts, row.lost_leases = 0, 0
    wake(session, row)
    if row.calls_provider and row.looks_up:
        row.work_status = "unknown"
        session.add(row)
        session.flush()
    record(session, OPERATOR, "work.retried", row, {"work_status": [before, row.work_status]}, cause=CAUSE)


def _end_hold(store_id: UUID, finding: Finding) -> str:
    with unit_of_work(store_id) as session:
        found = session.execute(text("SELECT order_id FROM reservations WHERE id = :id"), {"id": finding.object_id}).scalar()
        if found is None:
            return "it is held for no order: a person has to decide"
        order = orders.get_locked(session, found)
        if order.status == "cancelled":
            now = clock.now(stores.get(session))
            released = stock.release_many(session, order.id, cause=CAUSE, actor=OPERATOR, now=now)
            return f"{sum(released.values())} let go"
        return f"{stock.firm_up(session, order.id)} made firm: {order.number} is {order.status}"


def _issue_document(store_id: UUID, finding: Finding) -> str:
    with unit_of_work(store_id) as session:
        shipment = orders.shipment(session, _id(finding))
        order = orders.get_locked(session, shipment.order_id)
        lines = orders.shipment_lines(session, [shipment.id])[shipment.id]
        now = clock.now(stores.get(session))
        return f"{documenting.issue(session, order, shipment, lines, OPERATOR, now).number} issued"


def _issue_credit_note(store_id: UUID, finding: Finding) -> str:
    with unit_of_work(store_id) as session:
        reduction = orders.reduction(session, _id(finding))
        order = orders.get_locked(session, reduction.order_id)
        if found := documents.of_reduction(session, reduction.id):
            return f"{found.number} was issued"
        note = documenting.credit(session, order, reduction, OPERATOR, clock.now(stores.get(session)))
        return f"{note.number} issued" if note else "no document was issued for it"


def _id(finding: Finding) -> UUID:
    assert finding.object_id is not None  # noqa: S101 - `mend` has looked
    return finding.object_id


REPAIRS: dict[str, Repair] = {
    "captured_without_order": _to_order(_give_its_money),
    "over_paid": _to_order(_settle_balance),
    "refund_failed": _to_order(_settle_balance),
    "order_status": _to_order(_follow),
    "paid_without_capture": _ask,
    "order_not_expired": _expire,
    "refund_slow": _send_refund,
    "dead_refunds": _send_refund,
    "dead_rows": _try_again,
    "dead_events": _try_again,
    "dead_attempts": _try_again,
    "hold_expired": _end_hold,
    "parcel_without_document": _issue_document,
    "credit_note_missing": _issue_credit_note,
}
