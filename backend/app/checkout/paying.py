"""Ways of paying other than the provider's page: out of the wallet, in cash at the door, on account.

With all of them the order is accepted in the transaction that places it. What is owed afterwards is settled here too: cash by a
rider, an account by a transfer that finance has seen.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args
from uuid import UUID

from sqlmodel import Session

from app.accounts import service as accounts
from app.audit.service import record
from app.checkout import confirming, dunning, notifying
from app.checkout.errors import AmountNotOwed, CashNotOffered, CreditLimitExceeded, NothingOwed
from app.core.actor import Actor
from app.core.errors import Refusal
from app.orders import account_queries
from app.orders.models import Order
from app.payments import cash
from app.payments.receipt_models import Receipt
from app.stock import service as stock
from app.stores import service as stores
from app.wallets import holding
from app.wallets import spending as wallets

PaymentMethod = Literal["razorpay", "wallet", "cash_on_delivery", "account"]
METHODS: tuple[PaymentMethod, ...] = get_args(PaymentMethod)
MAX_CASH_AMOUNT = 5_000_00  # a large basket; what is sent out unpaid and comes back costs the shop, and so does a rider robbed


@dataclass(frozen=True)
class CashTerms:
    """Whether orders may be paid in cash on delivery, and up to how much: a customer's unpaid ones, all together."""

    is_offered: bool = True
    max_amount: int = MAX_CASH_AMOUNT

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "CashTerms":
        """The store's settings under `payments.cash_on_delivery`: is_offered, max_amount. ValueError for anything else."""
        given = settings.get("payments", {}).get("cash_on_delivery", {})
        terms = cls(**given) if isinstance(given, dict) and given.keys() <= {"is_offered", "max_amount"} else None
        if terms is None or type(terms.is_offered) is not bool or type(terms.max_amount) is not int or terms.max_amount < 0:
            raise ValueError(f"cash_on_delivery has is_offered (true or false) and max_amount (paise), not {given!r}")
        return terms


def lock_payer(session: Session, customer_id: UUID, method: str) -> None:
    """Before the cart: of two orders to be paid later, the second sees what the first took of the customer's limit."""
    if method in ("account", "cash_on_delivery"):
        accounts.lock_customer(session, customer_id)


@dataclass
class Allowances:
    """What some customers may still owe, by way of paying; other ways know no limit. Handed out in memory, nothing is locked:
    a checkout at the same moment may overstep a limit by its own amount, once.
    """

    left: dict[tuple[UUID, str], int]

    def take(self, customer_id: UUID, method: str, amount: int) -> bool:
        """All of it, or nothing."""
        key = (customer_id, method)
        if key not in self.left:
            return True
        if amount > self.left[key]:
            return False
        self.left[key] -= amount
        return True


def allowances(session: Session, payers: Collection[tuple[UUID, str]]) -> Allowances:
    """How much more each of these customers may owe this way. A statement or two, however many they are."""
    cash = {customer_id for customer_id, method in payers if method == "cash_on_delivery"}
    account = {customer_id for customer_id, method in payers if method == "account"}
    left: dict[tuple[UUID, str], int] = {}
    if cash:
        terms = CashTerms.of(stores.get(session).settings)
        owed = account_queries.outstanding_of(session, cash, "cash_on_delivery")
        maximum = terms.max_amount if terms.is_offered else 0
        left |= {(one, "cash_on_delivery"): maximum - owed.get(one, 0) for one in cash}
    if account:
        limits = accounts.credit_limits(session, account)
        owed = account_queries.outstanding_of(session, account, "account")
        left |= {(one, "account"): limits.get(one, 0) - owed.get(one, 0) for one in account}
    return Allowances(left)


@dataclass(frozen=True)
class Offer:
    """Whether an amount may be paid in this way: `refusal` says why not, `maximum_amount` up to how much (None: any)."""

    method: str
    maximum_amount: int | None
    refusal: Refusal | None


def offers(session: Session, customer_id: UUID | None, amount: int, currency: str) -> list[Offer]:
    """What `require` would say of each way of paying, as things stand: nothing is locked. None: nobody has signed in."""
    return [_judge(session, method, customer_id, amount, currency) for method in METHODS]


def require(session: Session, method: str, customer_id: UUID, amount: int, currency: str) -> None:
    """Refuse before anything is written what could not be paid this way. Locks the wallet, if it is to pay, after stock.

    WalletBalanceTooLow, CashNotOffered, CreditLimitExceeded: each names what would be possible.
    """
    if method == "wallet":
        wallets.lock(session, customer_id, currency)
    if refusal := _judge(session, method, customer_id, amount, currency).refusal:
        raise refusal


def _judge(session: Session, method: str, customer_id: UUID | None, amount: int, currency: str) -> Offer:
    """The rules of all ways of paying."""
    if method == "wallet":
        left = holding.available(session, customer_id)
        return Offer(method, left, wallets.too_low(left, amount, currency))
    if method == "cash_on_delivery":
        terms = CashTerms.of(stores.get(session).settings)
        left = max(0, terms.max_amount - _outstanding(session, customer_id, method)) if terms.is_offered else 0
        is_offered = terms.is_offered and amount <= left
        refused = CashNotOffered(maximum_amount=left, total_amount=amount, currency=currency)
        return Offer(method, left, None if is_offered else refused)
    if method == "account":
        customer = accounts.get_customer(session, customer_id) if customer_id else None
        limit = (customer.credit_limit_amount if customer and customer.kind == "distributor" else None) or 0
        outstanding = _outstanding(session, customer_id, method)
        exceeded = CreditLimitExceeded(
            limit_amount=limit, outstanding_amount=outstanding, total_amount=amount, currency=currency
        )
        return Offer(method, max(0, limit - outstanding), exceeded if outstanding + amount > limit else None)
    return Offer(method, None, None)


def _outstanding(session: Session, customer_id: UUID | None, method: str) -> int:
    return account_queries.outstanding_amount(session, customer_id, method) if customer_id else 0


def settle(session: Session, order: Order, actor: Actor, now: datetime) -> None:
    """The order, which waits for its payment, is paid out of the wallet, or accepted to be paid later; after `require`.

    The caller holds the order's lock (or has just made it); locks payment, wallet, stock.
    """
    if order.payment_method == "wallet":
        cause = f"order {order.number}"
        capture = wallets.spend(
            session, order.customer_id, order.id, order.owed_amount, order.currency, actor=actor, cause=cause, now=now
        )
        confirming.settle_paid(session, order, actor, capture.provider_payment_id, now)
        return
    before = order.accept(now)
    session.add(order)
    session.flush()
    stock.firm_up(session, order.id)
    dunning.void(session, order, "paid in another way", actor, now)
    cause = "to be paid on account" if order.payment_method == "account" else "to be paid on delivery"
    record(session, actor, "order.confirmed", order, {"status": [before, order.status]}, cause=cause)
    notifying.order_confirmed(session, order)


def switch(session: Session, order: Order, method: str, actor: Actor, now: datetime) -> None:
    """Pay an order that waits for its payment in another way than was chosen first. The caller holds the order's lock.

    A payment that was begun at the provider may still arrive: it pays the order, or goes back if that is paid by then.
    """
    require(session, method, order.customer_id, order.owed_amount, order.currency)
    before, order.payment_method = order.payment_method, method
    session.add(order)
    record(session, actor, "order.paid_otherwise", order, {"payment_method": [before, method]})
    settle(session, order, actor, now)


def record_cash(session: Session, order: Order, rider_id: UUID, amount: int, *, actor: Actor, now: datetime) -> Receipt:
    """The rider took the order's money at the door: it is paid, and the rider holds it until it is handed in.

    Exactly what is owed, or AmountNotOwed names it; NothingOwed for one that is paid, or not to be paid at the door. The caller
    holds the order's lock; locks the payment.
    """
    _require_owed(order, ("cash_on_delivery",), amount)
    receipt = cash.collect(session, order.id, rider_id, amount, order.currency, actor=actor, now=now)
    _paid(session, order, actor, "cash at the door")
    return receipt


def record_transfer(session: Session, order: Order, amount: int, reference: str, *, actor: Actor, now: datetime) -> Receipt:
    """The money of an order on account was seen in the bank's statement; refuses as `record_cash` does. Locks the payment."""
    _require_owed(order, ("account",), amount)
    receipt = cash.credit_from_bank(session, order.id, amount, order.currency, reference, actor=actor, now=now)
    _paid(session, order, actor, f"bank transfer {reference}")
    return receipt


def _require_owed(order: Order, methods: tuple[str, ...], amount: int) -> None:
    waits = order.status not in ("pending_payment", "cancelled") and order.payment_status != "paid"
    if not waits or order.payment_method not in methods or not order.owed_amount:
        raise NothingOwed(order_status=order.status, payment_status=order.payment_status, payment_method=order.payment_method)
    if amount != order.owed_amount:
        raise AmountNotOwed(field="amount", owed_amount=order.owed_amount, currency=order.currency)


def _paid(session: Session, order: Order, actor: Actor, cause: str) -> None:
    before, order.payment_status = order.payment_status, "paid"
    session.add(order)
    session.flush()
    record(session, actor, "order.paid", order, {"payment_status": [before, "paid"]}, cause=cause)
