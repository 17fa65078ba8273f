"""What mends a finding of `rozana check`. Each is safe to run twice: the second time there is nothing left for it to do.

No money moves on a repair's own account: only by what the provider says when it is asked, and by what the ledger holds.
"""

from collections.abc import Callable
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from app.audit.service import record
from app.checkout import cancelling, confirming, documenting, refunding
from app.cli import repairs_of_subscriptions
from app.cli.choosing import OPERATOR
from app.cli.repairs_by_asking import CAUSE, ask, expire, id_of, send_refund, try_again
from app.core import clock
from app.core.errors import LeaseLost, ProviderError, Refusal
from app.core.work import unit_of_work
from app.insight.checks.frame import Finding
from app.invoices import queries as documents
from app.orders import queries as orders
from app.orders.models import Order
from app.payments import queries as payments
from app.payments import refunding as refunds
from app.stock import service as stock
from app.stores import service as stores
from app.wallets import holding

Repair = Callable[[UUID, Finding], str]


def mend(store_id: UUID, finding: Finding) -> str:
    """Run the finding's repair; what came of it, in words. What cannot be mended stays as it is, and says why."""
    repair = REPAIRS.get(finding.check)
    if repair is None or finding.object_id is None:
        return "a person has to decide"
    try:
        return repair(store_id, finding)
    except (Refusal, ProviderError, LeaseLost) as error:
        return f"left as it is: {error}"


def _to_order(act: Callable[[Session, Order], str]) -> Repair:
    """One unit of work under the lock of the order that the finding is about."""

    def repair(store_id: UUID, finding: Finding) -> str:
        with unit_of_work(store_id) as session:
            return act(session, orders.get_locked(session, id_of(finding)))

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


def _give_back_approval(store_id: UUID, finding: Finding) -> str:
    with unit_of_work(store_id) as session:
        capture = payments.capture_locked(session, id_of(finding))
        if not capture.refundable_amount:
            return "it is on its way back"
        refunds.book(session, capture, capture.refundable_amount, reason="approval", actor=OPERATOR, cause=CAUSE)
        return "1 refund started"


def _follow(session: Session, order: Order) -> str:
    cancelling.follow(session, order, OPERATOR, CAUSE)
    return f"{order.number} is {order.status}"


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
        shipment = orders.shipment(session, id_of(finding))
        order = orders.get_locked(session, shipment.order_id)
        lines = orders.shipment_lines(session, [shipment.id])[shipment.id]
        now = clock.now(stores.get(session))
        return f"{documenting.issue(session, order, shipment, lines, OPERATOR, now).number} issued"


def _issue_credit_note(store_id: UUID, finding: Finding) -> str:
    with unit_of_work(store_id) as session:
        reduction = orders.reduction(session, id_of(finding))
        order = orders.get_locked(session, reduction.order_id)
        if found := documents.of_reduction(session, reduction.id):
            return f"{found.number} was issued"
        note = documenting.credit(session, order, reduction, OPERATOR, clock.now(stores.get(session)))
        return f"{note.number} issued" if note else "no document was issued for it"


def _let_go_of_wallet(store_id: UUID, finding: Finding) -> str:
    with unit_of_work(store_id) as session:
        holding.release(session, id_of(finding), actor=OPERATOR, cause=CAUSE)
        return "nothing of the wallet is kept for it any more"


REPAIRS: dict[str, Repair] = {
    "captured_without_order": _to_order(_give_its_money),
    "over_paid": _to_order(_settle_balance),
    "refund_failed": _to_order(_settle_balance),
    "approval_kept": _give_back_approval,
    "order_status": _to_order(_follow),
    "paid_without_capture": ask,
    "order_not_expired": expire,
    "refund_slow": send_refund,
    "dead_refunds": send_refund,
    "dead_rows": try_again,
    "dead_events": try_again,
    "dead_attempts": try_again,
    "hold_expired": _end_hold,
    "hold_left_over": _let_go_of_wallet,
    "subscription_forgotten": repairs_of_subscriptions.plan_next,
    "subscription_held": repairs_of_subscriptions.try_again,
    "parcel_without_document": _issue_document,
    "credit_note_missing": _issue_credit_note,
}
