"""A shop in the middle of its day: orders in every state, money on every way, and each sum right."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from app.accounts import service as accounts
from app.accounts.models import Staff
from app.checkout import cancelling, conceding, confirming, fulfilling, paying, refunding, taking_back
from app.checkout.cancelling import Why
from app.checkout.fulfilling import Carriage, Packed
from app.checkout.taking_back import Report
from app.core.actor import SYSTEM, Actor, provider
from app.core.clock import machine_now
from app.core.ids import new_id
from app.core.work import store_of, unit_of_work
from app.inbox import service as inbox
from app.invoices import stating
from app.invoices.account_months import Month
from app.orders import queries as orders
from app.orders.models import Order, OrderLine
from app.payments import cash, disputes, mandate_queries, settlements
from app.payments import queries as payments
from app.payments.models import PaymentAttempt
from app.payments.refund_models import Refund
from app.providers.razorpay_facts import PaymentFacts, RefundFacts
from app.providers.razorpay_report_facts import DisputeFacts, SettlementFacts, SettlementLineFacts
from app.stores import service as stores
from app.stores.models import Store
from app.wallets import service as wallets
from app.wallets import topping_up
from tests.builders import make_customer
from tests.shopping import Shopper, make_shopper, place, place_by
from tests.subscribing import make_subscriber, subscribe, today

PACKER, RAZORPAY = Actor("staff", label="packer"), provider("razorpay")
SHIPPING = {"shipping_amount": 4000, "free_shipping_from_amount": 50000, "rounds_to_rupee": True}


@dataclass(frozen=True)
class Busy:
    """The store, and the ids of what stands where its name says."""

    store: Store
    waiting: UUID  # for its payment
    confirmed: UUID  # paid, three pieces to be packed
    split: UUID  # one piece packed, one cancelled and its money on its way back, one still to be packed
    returned: UUID  # delivered; one piece of three was spoilt, and paid back with a credit note
    cancelled: UUID  # paid, cancelled, paid back
    twice: UUID  # paid twice; the second payment is on its way back
    cash: UUID  # delivered and paid at the door; the rider has handed it in
    held: UUID  # the same, and the rider still has it
    door: UUID  # delivered, to be paid at the door, and nobody has said so
    wallet: UUID  # paid out of it
    subscription: UUID
    mandate: UUID  # approved for a rupee, which is on its way back


def make_busy(store: Store) -> Busy:
    with unit_of_work(store.id) as session:
        store.settings = {**store.settings, "pricing": SHIPPING}
        session.add(store)
    weekly = subscribe(make_subscriber(store), today(store) + timedelta(days=9))
    by_cash = [_paid_in_cash(store) for _ in range(2)]
    _hand_in(store, by_cash[0][1])
    busy = Busy(
        store,
        waiting=placed(store)[0].id,
        confirmed=paid(store),
        split=_split(store),
        returned=returned(store),
        cancelled=cancelled(store),
        twice=paid(store, times=2),
        cash=by_cash[0][0],
        held=by_cash[1][0],
        door=delivered(store, _at_the_door(store)),
        wallet=_paid_by_wallet(store),
        subscription=weekly.id,
        mandate=_approved(store),
    )
    _top_up(store)
    _settle(store, busy.returned)
    return busy


def make_busier(store: Store) -> Busy:
    """And whatever else a shop goes through."""
    busy = make_busy(store)
    _in_two_parcels(store)
    _on_account(store)
    _weighed(store)
    _conceded(store, delivered(store, paid(store)))
    _given_back_in_the_dashboard(store, delivered(store, paid(store)))
    _paid_too_late(store)
    return busy


def _on_account(store: Store) -> None:
    """Delivered to a distributor, who will be told of it."""
    shopper = make_shopper(store)
    with unit_of_work(store.id) as session:
        customer = accounts.get_customer(session, shopper.customer.id)
        customer.kind = "distributor"
        session.add(customer)
        session.flush()
        accounts.set_credit_limit(session, customer.id, 100_000, RAZORPAY)
    with unit_of_work(store.id) as session:
        order, _ = place_by(session, shopper, "account")
    delivered(store, order.id)
    month = Month.of(today(store), "UTC")
    with unit_of_work(store.id) as session:
        stating.issue(session, stores.get(session), shopper.customer.id, month, RAZORPAY, month.due_at)


def placed(store: Store, quantity: int = 3, **variant: Any) -> tuple[Order, PaymentAttempt]:
    """An order with goods and delivery, which the provider knows, and nobody has paid."""
    shopper: Shopper = make_shopper(store, quantity, rate_bp=1800, **variant)
    with unit_of_work(store.id) as session:
        order, attempt = place(session, shopper)
        _answer(session, attempt)
    return order, attempt


def _answer(session: Session, attempt: PaymentAttempt) -> PaymentFacts:
    """The provider made an order of the attempt, and this is what it would tell once that is paid."""
    if attempt.provider_order_id is None:
        attempt.provider_order_id, attempt.work_status = f"order_{new_id().hex[:14]}", "done"
        attempt.settled_at, attempt.next_attempt_at = machine_now(), None
        session.add(attempt)
        session.flush()
    payment_id, order_id = f"pay_{new_id().hex[:14]}", attempt.provider_order_id
    return PaymentFacts(payment_id, order_id, attempt.amount, "INR", "captured", True, "upi", 236, 36, None)


def paid(store: Store, times: int = 1) -> UUID:
    """What the provider tells of a payment is applied as if it had been asked."""
    order, attempt = placed(store)
    for _ in range(times):
        with unit_of_work(store.id) as session:
            facts = _answer(session, attempt)
            confirming.confirm(session, facts, actor=RAZORPAY, cause="webhook payment.captured", now=machine_now())
    return order.id


def pay_back(store: Store, order_id: UUID, status: str = "processed") -> None:
    """What the provider tells of the order's refunds, which it was asked for."""
    with unit_of_work(store.id) as session:
        for refund in refunds(session, order_id):
            capture, refund_id = payments.get_capture(session, refund.capture_id), f"rfnd_{new_id().hex[:14]}"
            facts = RefundFacts(
                refund_id, capture.provider_payment_id, refund.amount, "INR", status, refund.receipt, "normal", 0, None
            )
            refund.work_status, refund.settled_at, refund.next_attempt_at = "done", machine_now(), None
            session.add(refund)
            refunding.adopt(session, facts, RAZORPAY, "webhook refund.processed", machine_now())


def refunds(session: Session, order_id: UUID) -> list[Refund]:
    payment = payments.of_order(session, order_id)
    return list(payments.refunds_of_payment(session, payment.id)) if payment else []


def line_of(session: Session, order_id: UUID) -> OrderLine:
    return orders.lines(session, [order_id])[order_id][0]


def delivered(store: Store, order_id: UUID) -> UUID:
    with unit_of_work(store.id) as session:
        shipment = fulfilling.pack(session, order_id, None, actor=PACKER, now=machine_now())
        fulfilling.dispatch(session, shipment.id, Carriage("Own van"), actor=PACKER, now=machine_now())
        fulfilling.deliver(session, shipment.id, actor=PACKER, now=machine_now())
    return order_id


def returned(store: Store) -> UUID:
    order_id = delivered(store, paid(store))
    with unit_of_work(store.id) as session:
        told = Report("spoilt", {line_of(session, order_id).id: 1}, "it was sour")
        customer = Actor("customer", orders.get(session, order_id, None).customer_id, "customer")
        taking_back.report(session, order_id, None, told, actor=customer, now=machine_now())
    pay_back(store, order_id)
    return order_id


def cancelled(store: Store) -> UUID:
    order_id = paid(store)
    with unit_of_work(store.id) as session:
        cancelling.cancel(session, order_id, None, Why("customer"), actor=SYSTEM, now=machine_now())
    pay_back(store, order_id)
    return order_id


def _split(store: Store) -> UUID:
    order_id = paid(store)
    with unit_of_work(store.id) as session:
        line_id = line_of(session, order_id).id
        fulfilling.pack(session, order_id, {line_id: Packed(1)}, actor=PACKER, now=machine_now())
        why = Why("staff", "the jar broke")
        cancelling.cancel_lines(session, order_id, None, {line_id: 1}, why, actor=PACKER, now=machine_now())
    return order_id


def _at_the_door(store: Store) -> UUID:
    shopper = make_shopper(store, 3, rate_bp=1800)
    with unit_of_work(store.id) as session:
        return place_by(session, shopper, "cash_on_delivery")[0].id


def _paid_in_cash(store: Store) -> tuple[UUID, UUID]:
    """The order and its rider."""
    order_id = delivered(store, _at_the_door(store))
    with unit_of_work(store.id) as session:
        rider = _staff(session, "packer")
        order = orders.get_locked(session, order_id)
        paying.record_cash(session, order, rider.id, order.owed_amount, actor=PACKER, now=machine_now())
    return order.id, rider.id


def _hand_in(store: Store, rider_id: UUID) -> None:
    """It was fifty rupees too little."""
    with unit_of_work(store.id) as session:
        till = _staff(session, "finance")
        cash.hand_over(session, rider_id, 17000, till.id, actor=SYSTEM, now=machine_now())


def _settle(store: Store, order_id: UUID) -> None:
    """The provider pays the order's money out, and tells of a dispute about it; it has just told of something else, too."""
    now = int(machine_now().timestamp())
    with unit_of_work(store.id) as session:
        account = stores.provider_account(session, "razorpay")
        (capture,) = payments.captures_of_order(session, order_id)
        taken, kept = capture.provider_payment_id, capture.amount - 236
        settlements.take_in(
            session, account.id, SettlementFacts("setl_1", kept, "processed", 236, 36, "UTR1", now), "INR", SYSTEM
        )
        line = {
            "on_hold": False,
            "settled": True,
            "settlement_id": "setl_1",
            "utr": "UTR1",
            "settled_at": now,
            "created_at": now,
        }
        more: dict[str, Any] = {**line, "payment_id": None, "order_id": None, "dispute_id": None, "description": None}
        settlements.take_in_lines(
            session, [SettlementLineFacts(taken, "payment", 0, kept, capture.amount, "INR", 236, 36, **more)]
        )
        facts = DisputeFacts("disp_1", taken, 5000, 5000, "INR", "open", "chargeback", "goods", now + 20 * 86400, now)
        disputes.apply_facts(session, facts, RAZORPAY, "webhook payment.dispute.created", machine_now())
        inbox.receive(session, account, "evt_0", "payment.captured", {}, b"{}")
        session.execute(text("UPDATE provider_events SET work_status = 'done', settled_at = now(), next_attempt_at = NULL"))


def _staff(session: Session, role: str) -> Staff:
    """Somebody who never signs in: a password takes its time."""
    row = Staff(store_id=store_of(session), email=f"{new_id().hex}@example.in", name="", role=role, password_hash="")
    session.add(row)
    session.flush()
    return row


def _in_two_parcels(store: Store) -> None:
    """Two parcels with a document each, a piece cancelled between them, and a total that was rounded to the rupee."""
    order, attempt = placed(store, 4, amount=6033)
    with unit_of_work(store.id) as session:
        confirming.confirm(session, _answer(session, attempt), actor=RAZORPAY, cause="webhook", now=machine_now())
        line_id = line_of(session, order.id).id
        first = fulfilling.pack(session, order.id, {line_id: Packed(1)}, actor=PACKER, now=machine_now())
        fulfilling.dispatch(session, first.id, Carriage(), actor=PACKER, now=machine_now())
        cancelling.cancel_lines(session, order.id, None, {line_id: 1}, Why("staff"), actor=PACKER, now=machine_now())
        fulfilling.deliver(session, first.id, actor=PACKER, now=machine_now())
    delivered(store, order.id)
    pay_back(store, order.id)


def _weighed(store: Store) -> None:
    """Tomatoes that were 60 grams lighter than ordered; some of what was left was spoilt."""
    order, attempt = placed(store, 2, sold_by_weight=True, weight_grams=1000)
    with unit_of_work(store.id) as session:
        confirming.confirm(session, _answer(session, attempt), actor=RAZORPAY, cause="webhook", now=machine_now())
        line_id = line_of(session, order.id).id
        parcel = fulfilling.pack(session, order.id, {line_id: Packed(2, 1940)}, actor=PACKER, now=machine_now())
        fulfilling.dispatch(session, parcel.id, Carriage(), actor=PACKER, now=machine_now())
        fulfilling.deliver(session, parcel.id, actor=PACKER, now=machine_now())
        taking_back.report(session, order.id, None, Report("short", {line_id: 1}), actor=PACKER, now=machine_now())
    pay_back(store, order.id)


def _conceded(store: Store, order_id: UUID) -> None:
    with unit_of_work(store.id) as session:
        conceding.concede(session, order_id, 1000, "wallet", "it came late", actor=PACKER, now=machine_now())


def _given_back_in_the_dashboard(store: Store, order_id: UUID) -> None:
    with unit_of_work(store.id) as session:
        (capture,) = payments.captures_of_order(session, order_id)
        made = RefundFacts(
            f"rfnd_{new_id().hex[:14]}", capture.provider_payment_id, 700, "INR", "processed", None, "normal", 0, None
        )
        refunding.adopt(session, made, RAZORPAY, "webhook refund.processed", machine_now())


def _paid_too_late(store: Store) -> None:
    order, attempt = placed(store)
    with unit_of_work(store.id) as session:
        cancelling.cancel(session, order.id, None, Why("customer"), actor=SYSTEM, now=machine_now())
        confirming.confirm(session, _answer(session, attempt), actor=RAZORPAY, cause="webhook", now=machine_now())
    pay_back(store, order.id)


def _approved(store: Store) -> UUID:
    subscription = subscribe(make_subscriber(store), today(store) + timedelta(days=9), method="upi")
    assert subscription.mandate_id is not None
    with unit_of_work(store.id) as session:
        found = mandate_queries.approval_of(session, subscription.mandate_id)
        assert found is not None
        confirming.approve(session, _answer(session, found[1]), actor=RAZORPAY, cause="webhook", now=machine_now())
    return subscription.mandate_id


def _top_up(store: Store) -> None:
    with unit_of_work(store.id) as session:
        customer = make_customer(session)
        attempt = topping_up.start(session, customer.id, 300_00, actor=SYSTEM, now=machine_now())
        topping_up.confirm(session, _answer(session, attempt), actor=RAZORPAY, cause="webhook", now=machine_now())


def _paid_by_wallet(store: Store) -> UUID:
    shopper = make_shopper(store, 3, rate_bp=1800)
    with unit_of_work(store.id) as session:
        wallets.give(session, shopper.customer.id, 500_00, "sorry", SYSTEM, machine_now())
        order, _ = place_by(session, shopper, "wallet")
    return order.id
