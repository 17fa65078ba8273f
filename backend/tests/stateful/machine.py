"""Anything that can happen to orders and their money, in any order: a machine that hypothesis drives."""

from collections.abc import Callable
from datetime import timedelta

from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.stateful import invariants
from tests.stateful.shop import STAFF, Placed, Shop

SMALL = some.integers(0, 5)
BUYER = some.integers(0, 1)
WANTED = some.dictionaries(some.integers(0, 2), some.integers(1, 4), min_size=1, max_size=2)
METHODS = some.sampled_from(["razorpay", "razorpay", "razorpay", "wallet", "cash_on_delivery", "account"])
OUTCOMES = some.sampled_from(["captured", "captured", "failed", "authorized", "late_captured"])
FAULTS = some.sampled_from(["bad_gateway_html", "connection_reset", "rate_limited", "rejected", "conflict"])
CALLS = some.sampled_from(
    ["orders.create", "orders.payments", "payments.fetch", "refunds.create", "refunds.fetch", "payments.list"]
)
REASONS = some.sampled_from(["not_delivered", "short", "spoilt", "unwanted"])
REFUND_TO = some.sampled_from(["source", "wallet"])
LENGTHS = some.sampled_from([timedelta(minutes=6), timedelta(minutes=31), timedelta(days=1), timedelta(days=6)])


class Trade(RuleBasedStateMachine):
    """One shop. Steps that find nothing to act upon do nothing."""

    def __init__(self, open_shop: Callable[[], Shop]) -> None:
        super().__init__()
        self.shop = open_shop()

    def order(self, which: int) -> Placed:
        return self.shop.orders[which % len(self.shop.orders)]

    def has_orders(self) -> bool:
        return bool(self.shop.orders)

    def has_payments(self) -> bool:
        return any(order.payment_ids for order in self.shop.orders)

    @invariant()
    def everything_holds(self) -> None:
        invariants.check(self.shop)

    def teardown(self) -> None:
        try:
            self.shop.come_to_rest()
            invariants.check_at_rest(self.shop)
        finally:
            self.shop.close()

    # -- customers

    @initialize(who=BUYER, wanted=WANTED, method=METHODS, is_paid=some.booleans(), steps=some.integers(0, 3))
    def begin(self, who: int, wanted: dict[int, int], method: str, is_paid: bool, steps: int) -> None:
        """An order that has come some way already: most of what can go wrong begins there."""
        if is_paid:
            self.buy_and_pay(who, wanted)
        else:
            self.shop.buy(who, wanted, method)
        if self.shop.orders:
            self.fulfil(0, steps)

    @rule(who=BUYER, wanted=WANTED)
    def buy_and_pay(self, who: int, wanted: dict[int, int]) -> None:
        """As most do."""
        self.shop.buy(who, wanted, "razorpay")
        if self.shop.orders:
            self.shop.pay(self.shop.orders[-1], "captured", even_if_paid=False)
            self.shop.come_back(self.shop.orders[-1], -1, by_form=True)

    @precondition(has_orders)
    @rule(which=SMALL, steps=some.integers(1, 3))
    def fulfil(self, which: int, steps: int) -> None:
        """As most orders are: all at once, one after the other."""
        for to in ("packed", "out_for_delivery", "delivered")[:steps]:
            self.shop.move_order(self.order(which), to)

    @rule(who=BUYER, wanted=WANTED, method=METHODS)
    def buy(self, who: int, wanted: dict[int, int], method: str) -> None:
        self.shop.buy(who, wanted, method)

    @precondition(has_orders)
    @rule(which=SMALL, outcome=OUTCOMES, even_if_paid=some.booleans())
    def pay(self, which: int, outcome: str, even_if_paid: bool) -> None:
        self.shop.pay(self.order(which), outcome, even_if_paid=even_if_paid)

    @precondition(has_orders)
    @rule(which=SMALL)
    def ask_to_pay(self, which: int) -> None:
        self.shop.ask_to_pay(self.order(which))

    @precondition(has_payments)
    @rule(which=SMALL, back=SMALL, by_form=some.booleans())
    def come_back(self, which: int, back: int, by_form: bool) -> None:
        self.shop.come_back(self.order(which), back, by_form=by_form)

    @precondition(has_orders)
    @rule(which=SMALL, by_staff=some.booleans(), pieces=some.none() | some.integers(1, 3), line=SMALL)
    def cancel(self, which: int, by_staff: bool, pieces: int | None, line: int) -> None:
        order = self.order(which)
        self.shop.cancel(order, STAFF if by_staff else order.customer, line, pieces)

    @precondition(has_orders)
    @rule(which=SMALL, line=SMALL, pieces=some.integers(1, 3), reason=REASONS, refund_to=REFUND_TO)
    def report(self, which: int, line: int, pieces: int, reason: str, refund_to: str) -> None:
        self.shop.report(self.order(which), line, pieces, reason, refund_to)

    # -- staff

    @precondition(has_orders)
    @rule(which=SMALL, line=SMALL, pieces=some.none() | some.integers(1, 3), grams=some.integers(500, 1200))
    def pack(self, which: int, line: int, pieces: int | None, grams: int) -> None:
        self.shop.pack(self.order(which), line, pieces, grams)

    @precondition(lambda self: self.shop.shipments)
    @rule(which=SMALL, act=some.sampled_from(["dispatch", "delivery", "failed-delivery"]))
    def move_parcel(self, which: int, act: str) -> None:
        self.shop.move_parcel(which, act)

    @precondition(lambda self: self.shop.shipments)
    @rule(which=SMALL, to=some.sampled_from(["packed", "out_for_delivery", "delivered", "cancelled"]))
    def move_order(self, which: int, to: str) -> None:
        self.shop.move_order(self.order(which), to)

    @precondition(lambda self: self.shop.returns)
    @rule(which=SMALL, accepted=some.booleans(), restocks=some.booleans())
    def decide(self, which: int, accepted: bool, restocks: bool) -> None:
        self.shop.decide(which, accepted=accepted, restocks=restocks)

    @precondition(has_orders)
    @rule(which=SMALL, amount=some.integers(100, 9000), refund_to=REFUND_TO)
    def concede(self, which: int, amount: int, refund_to: str) -> None:
        self.shop.concede(self.order(which), amount, refund_to)

    @precondition(has_orders)
    @rule(which=SMALL)
    def take_money(self, which: int) -> None:
        self.shop.take_money(self.order(which))

    @precondition(lambda self: self.shop.took_cash)
    @rule(counted=some.integers(-500, 500))
    def hand_in(self, counted: int) -> None:
        self.shop.hand_in(counted)

    @rule(who=BUYER, amount=some.integers(100, 20_000))
    def give_to_wallet(self, who: int, amount: int) -> None:
        self.shop.give_to_wallet(who, amount)

    @precondition(has_payments)
    @rule(status=some.sampled_from(["pending", "failed"]), act=some.sampled_from(["payout", "retry"]), which=SMALL)
    def see_to_refund(self, status: str, act: str, which: int) -> None:
        self.shop.see_to_refund(status, act, which)

    # -- the provider, and who works

    @precondition(has_payments)
    @rule(which=SMALL, copies=some.integers(0, 2))
    def tell(self, which: int, copies: int) -> None:
        self.shop.tell(which, copies)

    @rule()
    def work(self) -> None:
        self.shop.work()

    @rule(by=LENGTHS)
    def time_passes(self, by: timedelta) -> None:
        self.shop.time_passes(by)

    @rule(operation=CALLS, fault=FAULTS, after_effect=some.booleans())
    def spoil(self, operation: str, fault: str, after_effect: bool) -> None:
        self.shop.spoil(operation, fault, after_effect=after_effect)

    @precondition(has_payments)
    @rule(which=SMALL, payment=SMALL, amount=some.none() | some.integers(100, 9000))
    def refund_in_dashboard(self, which: int, payment: int, amount: int | None) -> None:
        self.shop.refund_in_dashboard(self.order(which), payment, amount)

    @precondition(has_payments)
    @rule(which=SMALL, payment=SMALL, capture=some.booleans())
    def bank_answers_late(self, which: int, payment: int, capture: bool) -> None:
        self.shop.bank_answers_late(self.order(which), payment, capture=capture)

    @precondition(has_payments)
    @rule(outcomes=some.lists(some.sampled_from(["processed", "failed"]), max_size=2), slow=some.booleans())
    def set_refunds(self, outcomes: list[str], slow: bool) -> None:
        self.shop.set_refunds(outcomes, slow=slow)
