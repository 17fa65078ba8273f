"""What is over-paid goes back, once, whatever happens on the way."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import Session, select

from app.accounts import service as accounts
from app.accounts.errors import StaffNotFound
from app.checkout import cancelling, conceding, fulfilling, notifying, paying, refunding, taking_back
from app.checkout.cancelling import Why
from app.checkout.errors import NotCancellable, RefundMoveNotAllowed, ReturnTooLate
from app.checkout.fulfilling import Carriage
from app.checkout.taking_back import Report
from app.core.actor import SYSTEM
from app.core.clock import machine_now
from app.core.ids import new_id
from app.insight.checks.frame import find_all
from app.insight.checks.registry import CHECKS
from app.invoices.models import Document
from app.ledger import service as ledger
from app.orders import queries as orders
from app.orders.errors import MoveNotAllowed, OrderNotFound
from app.orders.models import Order
from app.orders.reduction_models import Reduction, ReductionLine
from app.payments.models import Capture
from app.payments.refund_models import Refund
from app.providers.razorpay_facts import read_refund
from app.stock.models import StockLevel
from app.stores import service as stores
from app.stores.models import Store
from app.tasks import payments
from tests.fulfilment import again, buy, deliver, given_back, lines_of, pack, refunds, send
from tests.racing import race, somebody_waits
from tests.sandbox_control import Sandbox
from tests.shopping import Shopper, make_shopper, next_cart, place_and_start, place_by, work_off
from tests.unchanged import unchanged
from tests.workers import eventually

UnitOfWork = Callable[[], AbstractContextManager[Session]]


def cancel(uow: UnitOfWork, order: Order, reason: str = "staff") -> None:
    with uow() as session:
        cancelling.cancel(session, order.id, None, Why(reason), actor=SYSTEM, now=machine_now())


def cancel_pieces(uow: UnitOfWork, order: Order, quantity: int) -> None:
    line = lines_of(order)[0]
    with uow() as session:
        cancelling.cancel_lines(session, order.id, None, {line.id: quantity}, Why("staff"), actor=SYSTEM, now=machine_now())


def report(uow: UnitOfWork, order: Order, reason: str, quantity: int, to: str = "source") -> UUID:
    line = lines_of(order)[0]
    with uow() as session:
        told = Report(reason, {line.id: quantity}, "", to)
        return taking_back.report(session, order.id, None, told, actor=SYSTEM, now=machine_now()).id


def books_agree(uow: UnitOfWork, sandbox: Sandbox) -> None:
    """The provider's own ledger, ours and the captures say the same; every reduction is made of its lines."""
    captured = sum(entry["amount"] for entry in sandbox.ledger()["captures"])
    with uow() as session:
        assert ledger.balance(session, ledger.RAZORPAY) == captured - sum(given_back(sandbox))
        assert sum(session.exec(select(Capture.refunded_amount))) == sum(given_back(sandbox))
        for reduction in session.exec(select(Reduction)):
            lines = session.exec(select(ReductionLine).where(ReductionLine.reduction_id == reduction.id))
            assert sum(line.taxed.total_amount for line in lines) + reduction.round_off_amount == reduction.amount


def test_a_cancelled_order_gives_money_and_stock_back_once(store: Store, uow: UnitOfWork, sandbox: Sandbox) -> None:
    order = buy(make_shopper(store, 2), sandbox)
    cancel(uow, order)
    cancel(uow, order)
    work_off(store)
    assert given_back(sandbox) == [order.total_amount]
    assert [refund.status for refund in refunds(store)] == ["processed"]
    with uow() as session:
        assert session.exec(select(StockLevel.on_hand, StockLevel.reserved)).all() == [(10, 0)]
    books_agree(uow, sandbox)


def test_a_packed_order_goes_back_on_the_shelf_and_a_sent_one_is_no_longer_cancelled(
    store: Store, uow: UnitOfWork, sandbox: Sandbox
) -> None:
    order = buy(make_shopper(store, 2), sandbox)
    pack(order)
    with unchanged(store), pytest.raises(NotCancellable):
        cancel(uow, order, "customer")
    cancel(uow, order)
    with uow() as session:
        assert session.exec(select(StockLevel.on_hand, StockLevel.reserved)).all() == [(10, 0)]
    sent = buy(make_shopper(store, 2), sandbox)
    send(pack(sent))
    with unchanged(store), pytest.raises(NotCancellable):
        cancel(uow, sent)


def test_lines_are_cancelled_piece_by_piece_and_the_last_one_ends_the_order_at_zero(
    store: Store, uow: UnitOfWork, sandbox: Sandbox
) -> None:
    order = buy(make_shopper(store, 3, amount=3_333), sandbox)
    cancel_pieces(uow, order, 1)
    work_off(store)
    assert given_back(sandbox) == [3_333]
    cancel_pieces(uow, order, 2)
    work_off(store)
    assert again(order).status == "cancelled"
    assert sum(given_back(sandbox)) == order.total_amount
    books_agree(uow, sandbox)


def test_ac46_a_refund_of_a_document_has_one_credit_note_and_one_without_has_none(
    store: Store, uow: UnitOfWork, sandbox: Sandbox
) -> None:
    order = buy(make_shopper(store, 3), sandbox)
    cancel_pieces(uow, order, 1)
    deliver(order)
    report(uow, order, "spoilt", 1)
    work_off(store)
    assert given_back(sandbox) == [6_000, 6_000]
    with uow() as session:
        found = session.exec(select(Document.kind, Document.total_amount).order_by(Document.id)).all()  # type: ignore[arg-type]
    assert [total for _, total in found] == [12_000, 6_000]
    assert found[1][0] == "credit_note"
    books_agree(uow, sandbox)


def test_a_dear_or_unwanted_return_waits_for_staff_and_its_goods_may_come_back(
    store: Store, uow: UnitOfWork, sandbox: Sandbox
) -> None:
    order = buy(make_shopper(store, 2, amount=50_000), sandbox)
    deliver(order)
    return_id = report(uow, order, "unwanted", 2)
    assert refunds(store) == []
    with uow() as session:
        taking_back.accept(session, return_id, [lines_of(order)[0].id], "came back", actor=SYSTEM, now=machine_now())
    work_off(store)
    assert given_back(sandbox) == [100_000]
    with uow() as session:
        assert session.exec(select(StockLevel.on_hand)).one() == 10
    books_agree(uow, sandbox)


def test_small_reports_are_accepted_up_to_a_months_amount_and_not_before_the_delivery(
    store: Store, uow: UnitOfWork, sandbox: Sandbox
) -> None:
    shopper = make_shopper(store, 4, amount=15_000)
    order = buy(shopper, sandbox)
    send(pack(order))
    report(uow, order, "not_delivered", 1)
    assert refunds(store) == []
    with uow() as session:
        shipment = orders.shipments(session, order.id)[0]
        fulfilling.deliver(session, shipment.id, actor=SYSTEM, now=machine_now())
    for _ in range(3):
        report(uow, order, "spoilt", 1)
    next_order = buy(next_cart(shopper, 4), sandbox)
    deliver(next_order)
    report(uow, next_order, "spoilt", 1)
    work_off(store)
    assert given_back(sandbox) == [15_000] * 3


def test_a_parcel_is_given_only_to_a_rider_there_is(store: Store, uow: UnitOfWork, sandbox: Sandbox) -> None:
    shipment = pack(buy(make_shopper(store), sandbox))
    with unchanged(store), pytest.raises(StaffNotFound), uow() as session:
        fulfilling.dispatch(session, shipment.id, Carriage(rider_id=new_id()), actor=SYSTEM, now=machine_now())


def test_a_customer_reports_within_days(store: Store, uow: UnitOfWork, sandbox: Sandbox) -> None:
    shopper = make_shopper(store, 1)
    order = buy(shopper, sandbox)
    deliver(order)
    later = machine_now() + timedelta(days=8)
    told = Report("spoilt", {lines_of(order)[0].id: 1})
    with unchanged(store), pytest.raises(ReturnTooLate), uow() as session:
        taking_back.report(session, order.id, shopper.customer.id, told, actor=shopper.actor, now=later)


def test_goodwill_goes_to_the_wallet_and_never_beyond_what_is_owed(store: Store, uow: UnitOfWork, sandbox: Sandbox) -> None:
    order = buy(make_shopper(store, 1), sandbox)
    deliver(order)
    with uow() as session:
        conceding.concede(session, order.id, 2_000, "wallet", "late", actor=SYSTEM, now=machine_now())
    with uow() as session:
        conceding.concede(session, order.id, 99_999, "source", "very late", actor=SYSTEM, now=machine_now())
    work_off(store)
    assert [(one.amount, one.destination, one.status) for one in refunds(store)] == [
        (2_000, "wallet", "processed"),
        (4_000, "source", "processed"),
    ]
    assert again(order).owed_amount == 0
    assert given_back(sandbox) == [4_000]


def test_ac09_a_timeout_and_five_retries_leave_one_refund(store: Store, uow: UnitOfWork, sandbox: Sandbox) -> None:
    order = buy(make_shopper(store), sandbox)
    sandbox.fault("refunds.create", "connection_reset", times=1, after_effect=True)
    cancel(uow, order)
    refund = refunds(store)[0]
    with uow() as session:
        session.info["nudges"].clear()
    for _ in range(6):
        make_due(uow)
        payments.send(store.id, refund.id)
    assert given_back(sandbox) == [order.total_amount]
    assert refunds(store)[0].status == "processed"


def make_due(uow: UnitOfWork) -> None:
    with uow() as session:
        for row in session.exec(select(Refund)):
            if row.work_status in ("queued", "unknown"):
                row.next_attempt_at = machine_now() - timedelta(seconds=1)


def test_ac09_pending_is_not_refunded_until_the_provider_says_processed(
    store: Store, uow: UnitOfWork, sandbox: Sandbox
) -> None:
    sandbox.refunds(refund_seconds=3_600)
    order = buy(make_shopper(store), sandbox)
    cancel(uow, order)
    work_off(store)
    assert [refund.status for refund in refunds(store)] == ["pending"]
    with uow() as session:
        assert ledger.balance(session, ledger.RAZORPAY) == order.total_amount
    sandbox.decide_refund(str(refunds(store)[0].provider_refund_id), "processed")
    make_due(uow)
    work_off(store)
    assert [refund.status for refund in refunds(store)] == ["processed"]


def test_ac09_a_low_balance_waits_in_sight_and_then_goes_out(store: Store, uow: UnitOfWork, sandbox: Sandbox) -> None:
    sandbox.refunds(balance=0)
    order = buy(make_shopper(store), sandbox)
    cancel(uow, order)
    work_off(store)
    waiting = refunds(store)[0]
    assert (waiting.status, waiting.failure_reason, waiting.work_status) == ("pending", "insufficient_balance", "queued")
    sandbox.refunds(balance=None)
    make_due(uow)
    work_off(store)
    assert given_back(sandbox) == [order.total_amount]
    assert refunds(store)[0].failure_reason is None


def test_ac09_a_refund_made_in_the_dashboard_lowers_what_is_left(
    store: Store, uow: UnitOfWork, sandbox: Sandbox, live_api: str
) -> None:
    order = buy(make_shopper(store), sandbox)
    with uow() as session:
        paid = session.exec(select(Capture.provider_payment_id)).one()
    sandbox.refund_at_dashboard(paid, 2_000)

    def arrived() -> object:
        work_off(store)
        return refunds(store)

    eventually(arrived, 10)
    assert again(order).owed_amount == order.total_amount - 2_000
    cancel(uow, order)
    work_off(store)
    assert given_back(sandbox) == [2_000, order.total_amount - 2_000]
    books_agree(uow, sandbox)


def test_ac09_what_the_dashboard_gives_back_though_the_wallet_had_it_is_in_the_books_and_in_sight(
    store: Store, uow: UnitOfWork, sandbox: Sandbox, live_api: str
) -> None:
    order = buy(make_shopper(store), sandbox)
    with uow() as session:
        conceding.concede(session, order.id, 2_000, "wallet", "late", actor=SYSTEM, now=machine_now())
        paid = session.exec(select(Capture.provider_payment_id)).one()
    sandbox.refund_at_dashboard(paid)

    def arrived() -> object:
        work_off(store)
        return len(refunds(store)) == 2

    eventually(arrived, 10)
    with uow() as session:
        assert ledger.balance(session, ledger.RAZORPAY) == 0
        assert session.exec(select(Capture.refunded_amount)).one() == order.total_amount
        found = {one.check for one in find_all(session, CHECKS, machine_now(), "INR")}
    assert found == {"refunds_over_capture"}
    assert again(order).owed_amount == 0


def test_a_failed_refund_is_tried_again_by_hand(store: Store, uow: UnitOfWork, sandbox: Sandbox) -> None:
    sandbox.refunds(refund_seconds=3_600)
    order = buy(make_shopper(store), sandbox)
    cancel(uow, order)
    work_off(store)
    first = refunds(store)[0]
    with uow() as session, pytest.raises(RefundMoveNotAllowed):
        refunding.retry(session, first.id, actor=SYSTEM, now=machine_now())
    sandbox.decide_refund(str(first.provider_refund_id), "failed")
    make_due(uow)
    work_off(store)
    assert refunds(store)[0].status == "failed"
    sandbox.refunds(refund_seconds=0)
    for _ in range(2):
        with uow() as session:
            refunding.retry(session, first.id, actor=SYSTEM, now=machine_now())
    work_off(store)
    assert given_back(sandbox) == [order.total_amount]
    books_agree(uow, sandbox)


def test_a_second_payment_goes_back_once_though_twenty_settle_the_balance(
    store: Store, uow: UnitOfWork, sandbox: Sandbox
) -> None:
    order = buy(make_shopper(store), sandbox)

    def settle(_: int) -> int:
        with uow() as session:
            locked = orders.get_locked(session, order.id)
            locked.reduced_amount = 1_000
            return len(refunding.settle_balance(session, locked, SYSTEM, "race", machine_now()))

    assert sum(race(20, settle)) == 1
    assert [refund.amount for refund in refunds(store)] == [1_000]


def test_a_return_is_for_the_customer_it_belongs_to(store: Store, uow: UnitOfWork, sandbox: Sandbox) -> None:
    order = buy(make_shopper(store, 1), sandbox)
    deliver(order)
    other: Shopper = make_shopper(store)
    with unchanged(store), pytest.raises(OrderNotFound), uow() as session:
        told = Report("spoilt", {lines_of(order)[0].id: 1})
        taking_back.report(session, order.id, other.customer.id, told, actor=other.actor, now=machine_now())


def bring_back(uow: UnitOfWork, order: Order) -> None:
    with uow() as session:
        for shipment in orders.shipments(session, order.id):
            fulfilling.bring_back(session, shipment.id, "nobody at home", actor=SYSTEM)


@pytest.mark.parametrize("method", ["razorpay", "cash_on_delivery"])
def test_ac46_an_order_cancelled_after_its_parcel_came_back_has_a_credit_note(
    store: Store, uow: UnitOfWork, sandbox: Sandbox, method: str
) -> None:
    shopper = make_shopper(store, 2)
    if method == "razorpay":
        order = buy(shopper, sandbox)
    else:
        with uow() as session:
            order, _ = place_by(session, shopper, method)
    send(pack(order))
    bring_back(uow, order)
    cancel(uow, order)
    work_off(store)
    assert given_back(sandbox) == ([order.total_amount] if method == "razorpay" else [])
    with uow() as session:
        invoice, note = session.exec(select(Document).order_by(Document.id)).all()  # type: ignore[arg-type]
        assert (note.kind, note.original_document_id, note.total_amount) == ("credit_note", invoice.id, invoice.total_amount)
        assert session.exec(select(StockLevel.on_hand, StockLevel.reserved)).all() == [(10, 0)]
    books_agree(uow, sandbox)


def test_an_order_of_which_pieces_were_taken_back_is_not_cancelled_and_no_return_of_a_cancelled_one_accepted(
    store: Store, uow: UnitOfWork, sandbox: Sandbox
) -> None:
    shopper = make_shopper(store, 2)
    taken, reported = buy(shopper, sandbox), buy(next_cart(shopper, 2), sandbox)
    send(pack(taken))
    send(pack(reported))
    first, second = report(uow, taken, "unwanted", 1), report(uow, reported, "unwanted", 1)
    with uow() as session:
        taking_back.accept(session, first, (), "at the door", actor=SYSTEM, now=machine_now())
    bring_back(uow, taken)
    bring_back(uow, reported)
    with unchanged(store), pytest.raises(NotCancellable):
        cancel(uow, taken)
    cancel(uow, reported)
    with unchanged(store), pytest.raises(MoveNotAllowed), uow() as session:
        taking_back.accept(session, second, (), "late", actor=SYSTEM, now=machine_now())


def in_dashboard(uow: UnitOfWork, sandbox: Sandbox, amount: int) -> None:
    """Somebody refunds there, and we are told."""
    with uow() as session:
        paid = session.exec(select(Capture.provider_payment_id)).one()
        facts = read_refund(sandbox.refund_at_dashboard(paid, amount, send_webhooks=False))
        refunding.adopt(session, facts, SYSTEM, "told", machine_now())


def test_a_refund_in_the_dashboard_for_one_of_ours_that_failed_takes_its_place(
    store: Store, uow: UnitOfWork, sandbox: Sandbox
) -> None:
    order = buy(make_shopper(store), sandbox)
    deliver(order)
    sandbox.refunds(refund_seconds=3_600)
    with uow() as session:
        conceding.concede(session, order.id, 2_000, "source", "late", actor=SYSTEM, now=machine_now())
    work_off(store)
    sandbox.decide_refund(str(refunds(store)[0].provider_refund_id), "failed")
    make_due(uow)
    work_off(store)
    assert [one.status for one in refunds(store)] == ["failed"]
    sandbox.refunds(refund_seconds=0)
    in_dashboard(uow, sandbox, 2_000)
    with uow() as session:
        assert refunding.retry(session, refunds(store)[0].id, actor=SYSTEM, now=machine_now()) == []
        notes = session.exec(select(Document.total_amount).where(Document.kind == "credit_note")).all()
    assert (again(order).owed_amount, list(notes)) == (order.total_amount - 2_000, [2_000])


def test_a_refund_in_the_dashboard_is_not_taken_for_one_of_ours_whose_answer_is_lost(
    store: Store, uow: UnitOfWork, sandbox: Sandbox
) -> None:
    order = buy(make_shopper(store), sandbox)
    sandbox.fault("refunds.create", "connection_reset", times=1, after_effect=True)
    with uow() as session:
        conceding.concede(session, order.id, 2_000, "source", "late", actor=SYSTEM, now=machine_now())
    work_off(store)
    assert [one.work_status for one in refunds(store)] == ["unknown"]
    in_dashboard(uow, sandbox, 2_000)
    make_due(uow)
    work_off(store)
    assert [one.status for one in refunds(store)] == ["processed"] * 2
    assert again(order).reduced_amount == 4_000
    books_agree(uow, sandbox)


def test_what_lowered_the_price_before_it_was_paid_does_not_go_back_in_a_returns_place(
    store: Store, uow: UnitOfWork, sandbox: Sandbox
) -> None:
    with uow() as session:
        order, _ = place_by(session, make_shopper(store, 2, amount=10_000), "cash_on_delivery")
        rider = accounts.add_staff(session, "rider@example.in", "a long password", "packer", SYSTEM, name="rider").id
    with uow() as session:
        conceding.concede(session, order.id, 5_000, "source", "bruised", actor=SYSTEM, now=machine_now())
    deliver(order)
    report(uow, order, "spoilt", 1)  # while its cash is on its way, somebody has to look
    assert again(order).owed_amount == 15_000
    with uow() as session:
        paying.record_cash(session, orders.get_locked(session, order.id), rider, 15_000, actor=SYSTEM, now=machine_now())
    report(uow, order, "spoilt", 1, to="wallet")
    assert [(one.amount, one.destination, one.status) for one in refunds(store)] == [(7_500, "wallet", "processed")]


def test_an_order_of_the_past_whose_delivery_is_on_no_line_can_be_taken_back(
    store: Store, uow: UnitOfWork, sandbox: Sandbox
) -> None:
    order = buy(make_shopper(store, 2), sandbox)
    with uow() as session:
        past = orders.get_locked(session, order.id)
        past.shipping_amount += 4_000
        past.total_amount += 4_000
    deliver(order)
    report(uow, order, "spoilt", 2)
    work_off(store)
    assert again(order).owed_amount == 4_000
    with uow() as session:
        note = session.exec(select(Document).where(Document.kind == "credit_note")).one()
        assert (note.total_amount, note.round_off_amount) == (12_000, 0)


def test_nobody_is_asked_to_pay_for_a_cancelled_order(store: Store, uow: UnitOfWork, sandbox: Sandbox) -> None:
    order, _ = place_and_start(make_shopper(store))
    cancel(uow, order, "customer")
    with uow() as session:
        assert notifying.payment_due(session, orders.get(session, order.id, None), "insufficient_funds") == []


def test_who_reports_and_who_tells_the_customer_of_the_order_do_not_wait_for_each_other(
    store: Store, uow: UnitOfWork, sandbox: Sandbox
) -> None:
    order = buy(make_shopper(store, 1), sandbox)
    deliver(order)
    with ThreadPoolExecutor(1) as pool, uow() as session:
        locked = orders.get_locked(session, order.id)
        reported = pool.submit(report, uow, order, "unwanted", 1)
        eventually(lambda: somebody_waits(session), 10)
        assert notifying.order_cancelled(session, locked)
        session.commit()
        assert reported.result()


def test_a_refund_that_went_out_is_in_the_books_though_its_credit_note_cannot_be_issued(
    store: Store, uow: UnitOfWork, sandbox: Sandbox
) -> None:
    order = buy(make_shopper(store, 1), sandbox)
    deliver(order)
    with uow() as session:
        ours = stores.get(session)
        ours.settings = {**ours.settings, "invoices": {}}
        session.add(ours)
    report(uow, order, "spoilt", 1)
    work_off(store)
    assert [refund.status for refund in refunds(store)] == ["processed"]
    books_agree(uow, sandbox)
    with uow() as session:
        found = find_all(session, CHECKS, machine_now(), "INR")
    assert [one.check for one in found] == ["credit_note_missing"]
