"""What of the provider's lists is news: only what moves something here, found in a constant number of statements."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import Session

from app.core.clock import machine_now
from app.core.ids import new_id
from app.payments import catching_up
from app.payments.watch_models import ProviderWatch
from app.providers.razorpay_facts import PaymentFacts, RefundFacts
from app.providers.razorpay_report_facts import DisputeFacts
from app.stores.models import Store
from tests.sandbox_control import Sandbox
from tests.shopping import make_shopper, place_and_start
from tests.tasks.test_watching import look_now

UnitOfWork = Callable[[], AbstractContextManager[Session]]

PAYMENT = PaymentFacts("pay_x", "order_x", 5000, "INR", "captured", True, "upi", None, None, None)
REFUND = RefundFacts("rfnd_x", "pay_x", 5000, "INR", "processed", None, "normal", 1, None)
DISPUTE = DisputeFacts("disp_x", "pay_x", 5000, 0, "INR", "open", None, None, None, 1)


@pytest.fixture
def booked(store: Store, sandbox: Sandbox, uow: UnitOfWork) -> PaymentFacts:
    """A payment in the books."""
    sandbox.webhooks("drop")
    with uow() as session:
        catching_up.ensure_watch(session)
    order, provider_order_id = place_and_start(make_shopper(store))
    paid = sandbox.pay(provider_order_id)["razorpay_payment_id"]
    look_now(store)
    return replace(PAYMENT, id=paid, order_id=provider_order_id, amount=order.total_amount)


def test_a_payment_is_news_where_it_moves_something(uow: UnitOfWork, booked: PaymentFacts) -> None:
    again: dict[str, Any] = {"id": "pay_second"}
    cases: list[tuple[dict[str, Any], bool]] = [
        ({}, False),
        ({"status": "refunded"}, False),
        (again, True),
        (again | {"status": "failed", "captured": False}, False),
        (again | {"status": "refunded", "captured": False}, False),
        ({"order_id": "order_of_another_system", "id": "pay_theirs"}, False),
        ({"order_id": None, "id": "pay_without_order"}, False),
    ]
    with uow() as session:
        for change, is_news in cases:
            told = replace(booked, **change)
            assert catching_up.news_of_payments(session, [told]) == ([told] if is_news else []), change


def test_a_refund_or_a_dispute_of_money_in_the_books_is_news(uow: UnitOfWork, booked: PaymentFacts) -> None:
    with uow() as session:
        for status, is_news in (("pending", True), ("processed", True), ("failed", False)):
            told = replace(REFUND, payment_id=booked.id, status=status)
            assert catching_up.news_of_refunds(session, [told]) == ([told] if is_news else []), status
        assert catching_up.news_of_refunds(session, [REFUND]) == [], "an uncaptured payment's refund never was ours"
        dispute = replace(DISPUTE, payment_id=booked.id)
        assert catching_up.news_of_disputes(session, [dispute, DISPUTE]) == [dispute]


def test_a_page_costs_no_more_statements_than_an_entity(uow: UnitOfWork, booked: PaymentFacts) -> None:
    def statements(news_of: Callable[..., Sequence[object]], told: object, many: int) -> int:
        counted = list[str]()
        with uow() as session:
            event.listen(session.connection(), "before_cursor_execute", lambda *given: counted.append(given[2]))
            news_of(session, [told] * many)
        return len(counted)

    for news_of, told in (
        (catching_up.news_of_payments, booked),
        (catching_up.news_of_refunds, replace(REFUND, payment_id=booked.id)),
        (catching_up.news_of_disputes, replace(DISPUTE, payment_id=booked.id)),
    ):
        assert statements(news_of, told, 100) == statements(news_of, told, 1) == 2


def test_a_look_begins_where_the_last_good_one_ended_however_long_ago() -> None:
    watch, now = ProviderWatch(store_id=new_id(), account_id=new_id()), machine_now()
    assert catching_up.begin_of_look(watch, now) == now - catching_up.OVERLAP
    watch.read_until = now - 30 * catching_up.LATE
    assert catching_up.begin_of_look(watch, now) == watch.read_until - catching_up.OVERLAP
    watch.read_until, watch.report_wanted_at = now, now
    assert catching_up.begin_of_look(watch, now) == now - catching_up.LATE
