"""Each settlement against the books: payments − refunds − fees − GST on fees ± adjustments is what the bank gets (AC-47)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session, select

from app.checkout import catching_up
from app.core import clock
from app.core.actor import SYSTEM
from app.core.work import unit_of_work
from app.ledger import service as ledger
from app.payments import reconciling, settlement_queries
from app.payments.models import Capture
from app.payments.settlement_models import SettlementLine
from app.payments.settlement_rules import PROBLEMS, Line, Ours, missing_amount, problem_of
from app.stores import service as stores
from app.stores.models import Store
from tests.sandbox_control import Sandbox
from tests.shopping import make_shopper, place_and_start
from tests.unchanged import unchanged

UnitOfWork = Callable[[], AbstractContextManager[Session]]
HOUR = timedelta(hours=1)


@dataclass
class Shop:
    """A shop whose provider tells nothing by itself, and what it reads there."""

    store: Store
    sandbox: Sandbox

    def sell(self, quantity: int = 2) -> str:
        return self.sandbox.pay(place_and_start(make_shopper(self.store, quantity))[1])["razorpay_payment_id"]

    def read(self) -> reconciling.Reconciled:
        now = clock.machine_now() + HOUR
        account = self.account
        catching_up.catch_up(self.store.id, account, now - 25 * HOUR, now, SYSTEM, "test")
        return self.reconcile()

    def reconcile(self) -> reconciling.Reconciled:
        now = clock.machine_now() + HOUR
        days = reconciling.days_between(now - 25 * HOUR, now)
        return reconciling.reconcile(self.store.id, self.account, days, now, SYSTEM)

    @property
    def account(self) -> stores.Account:
        with unit_of_work(self.store.id) as session:
            return stores.provider_account(session, "razorpay")

    def balances(self) -> dict[str, int]:
        codes = (
            ledger.RAZORPAY,
            ledger.BANK,
            ledger.RAZORPAY_FEES,
            ledger.GST_ON_FEES,
            ledger.DISPUTES_HELD,
            ledger.DISPUTES_LOST,
        )
        with unit_of_work(self.store.id) as session:
            return {code: ledger.balance(session, code) for code in codes}

    def problems(self) -> dict[str, str | None]:
        with unit_of_work(self.store.id) as session:
            return {line.entity_id: line.problem for line in settlement_queries.with_problem(session, 100)}

    def sums(self) -> list[settlement_queries.Sums]:
        now = clock.machine_now()
        with unit_of_work(self.store.id) as session:
            return list(settlement_queries.made_between(session, now - 48 * HOUR, now + 48 * HOUR))


@pytest.fixture
def shop(store: Store, sandbox: Sandbox) -> Shop:
    sandbox.webhooks("drop")
    return Shop(store, sandbox)


def test_ac47_each_settlement_is_matched_to_the_paisa(shop: Shop) -> None:
    first, second = shop.sell(2), shop.sell(3)
    shop.sandbox.refund_at_dashboard(first, 2500)
    made = shop.sandbox.settle()
    done = shop.read()
    assert done.lines == {"matched": 3}
    [sums] = shop.sums()
    assert (sums.lines, sums.missing_amount, sums.adds_up) == (3, 0, True)
    with unit_of_work(shop.store.id) as session:
        captures = {capture.provider_payment_id: capture for capture in session.exec(select(Capture))}
        fees = sum(capture.fee_amount or 0 for capture in captures.values())
        taxes = sum(capture.fee_tax_amount or 0 for capture in captures.values())
        assert captures.keys() == {first, second}
        gross = sum(capture.amount for capture in captures.values())
    assert made["amount"] == sums.settlement.amount == gross - 2500 - fees
    assert sums.settlement.utr == made["utr"]
    assert shop.balances() == {
        "razorpay": 0,
        "bank": made["amount"],
        "razorpay_fees": fees - taxes,
        "gst_on_fees": taxes,
        "disputes_held": 0,
        "disputes_lost": 0,
    }
    with unchanged(shop.store):
        shop.read()


def test_ac47_a_line_that_was_left_out_is_found_and_fits_once_it_is_there(shop: Shop) -> None:
    kept, left_out = shop.sell(), shop.sell(3)
    shop.sandbox.settle(leave_out=[left_out], amount_off=1000)
    shop.read()
    [sums] = shop.sums()
    assert (sums.lines, sums.missing_amount, sums.adds_up) == (1, 1000, False)
    later = clock.machine_now() + timedelta(days=7)
    with unit_of_work(shop.store.id) as session:
        [wrong] = settlement_queries.incomplete(session, later - timedelta(days=30), 10)
        assert wrong.settlement.id == sums.settlement.id
        [unsettled] = settlement_queries.captures_not_settled(session, later, 10)
        assert unsettled.provider_payment_id == left_out
    assert shop.problems() == {}
    shop.sandbox.settle()
    shop.read()
    with unit_of_work(shop.store.id) as session:
        assert settlement_queries.captures_not_settled(session, later, 10) == []
        lines = session.exec(select(SettlementLine)).all()
        assert {line.entity_id for line in lines} == {kept, left_out}


def test_ac47_a_fee_that_was_changed_is_found_with_its_repair(shop: Shop) -> None:
    right, wrong = shop.sell(), shop.sell(3)
    shop.sandbox.settle(changed={wrong: {"fee": 999, "tax": 152}})
    done = shop.read()
    assert done.lines == {"matched": 1, "fee_differs": 1}
    assert shop.problems() == {wrong: "fee_differs"}
    assert PROBLEMS["fee_differs"]
    [sums] = shop.sums()
    assert sums.missing_amount == 0, "what the provider kept is booked as it says"
    assert shop.balances()["razorpay"] == 0
    assert right not in shop.problems()


def test_an_adjustment_is_listed_and_one_of_a_dispute_is_explained(shop: Shop) -> None:
    disputed = shop.sell()
    shop.sell(3)
    shop.sandbox.adjust(250, "Goodwill")
    dispute = shop.sandbox.dispute(disputed, deduct=True, amount=1500)
    shop.sandbox.settle()
    done = shop.read()
    assert done.lines == {"matched": 3, "adjustment": 1}
    [sums] = shop.sums()
    assert sums.missing_amount == 0
    assert shop.balances()["disputes_held"] == 1500
    assert shop.balances()["razorpay"] == -250, "just what nobody has explained"
    shop.sandbox.decide_dispute(dispute["id"], "won")
    assert shop.reconcile().disputes == 1
    assert shop.balances()["disputes_held"] == 0


def test_a_payment_that_is_not_in_the_books_is_a_problem_until_it_is(shop: Shop) -> None:
    payment_id = shop.sell()
    shop.sandbox.settle()
    assert shop.reconcile().lines == {"payment_unknown": 1}
    shop.read()
    assert shop.problems() == {}
    assert shop.balances()["razorpay"] == 0
    with unit_of_work(shop.store.id) as session:
        [line] = session.exec(select(SettlementLine))
        assert (line.provider_payment_id, line.problem) == (payment_id, None)


def test_a_report_that_changes_what_was_booked_changes_nothing_but_says_so(shop: Shop, uow: UnitOfWork) -> None:
    shop.sell()
    shop.sandbox.settle()
    shop.read()
    with uow() as session:
        [line] = session.exec(select(SettlementLine))
        line.fee_amount += 1  # as if the report had said something else before
        session.add(line)
    before = shop.balances()
    shop.reconcile()
    assert set(shop.problems().values()) == {"changed"}
    assert shop.balances() == before


paise = st.integers(1, 10**9)


@given(amount=paise, fee=st.integers(0, 10**6), tax=st.integers(0, 10**5), by=st.integers(1, 100))
def test_a_line_fits_in_one_way_only(amount: int, fee: int, tax: int, by: int) -> None:
    fee = min(fee + tax, amount)
    tax = min(tax, fee)
    payment, ours = Line("payment", amount - fee, 0, amount, fee, tax), Ours(amount, fee, tax)
    assert problem_of(payment, ours) is None
    assert problem_of(payment, None) == "payment_unknown"
    assert problem_of(payment, Ours(amount + by, fee, tax)) == "amount_differs"
    assert problem_of(payment, Ours(amount, fee + by, tax)) == "fee_differs"
    assert problem_of(Line("payment", amount - fee + by, 0, amount, fee, tax), ours) == "line_wrong"
    refund = Line("refund", 0, amount, amount, 0, 0)
    assert problem_of(refund, Ours(amount)) is None
    assert problem_of(refund, None) == "refund_unknown"
    assert problem_of(refund, Ours(amount + by)) == "amount_differs"
    assert problem_of(Line("refund", by, amount, amount, 0, 0), Ours(amount)) == "line_wrong"
    assert missing_amount(amount - fee - by, [(amount - fee, 0), (0, by)]) == 0


def test_an_adjustment_needs_a_reason() -> None:
    line = Line("adjustment", 250, 0, 250, 0, 0)
    assert problem_of(line, None) == "adjustment"
    assert problem_of(line, None, is_explained=True) is None
