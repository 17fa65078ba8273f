"""Prepaid money: spent on orders, credited by top-ups, refunds and goodwill. With every change goes a transfer in the ledger.

Each takes effect once per cause, however often it is called. The row's lock makes two who want the same rupee go one after the
other, and the database refuses a balance below zero.
"""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.accounts import service as accounts
from app.audit.service import record
from app.core.actor import Actor
from app.core.db import Row
from app.core.ids import new_id
from app.ledger import service as ledger
from app.payments import refunding, taking
from app.payments.models import Capture
from app.payments.refund_models import Refund
from app.stores import service as stores
from app.wallets import queries
from app.wallets.errors import GoodwillTooLarge, WalletBalanceTooLow
from app.wallets.models import MAX_GOODWILL_AMOUNT, MovementKind, Wallet, WalletMovement


def account_of(customer_id: UUID) -> str:
    """The wallet's account in the ledger: what is owed to the customer, so its balance is the wallet's, negated."""
    return f"wallet:{customer_id}"


def lock(session: Session, customer_id: UUID, currency: str) -> Wallet:
    """Lock the wallet that is to pay in this currency."""
    wallet = queries.get_locked(session, customer_id, currency)
    if wallet.currency != currency:
        raise ValueError(f"a wallet in {wallet.currency} pays nothing in {currency}")
    return wallet


def balance(session: Session, customer_id: UUID | None) -> int:
    """What is in the customer's wallet, in paise; not locked. Nothing for somebody who has not signed in."""
    wallet = queries.of_customer(session, customer_id) if customer_id else None
    return wallet.balance_amount if wallet else 0


def too_low(balance_amount: int, amount: int, currency: str) -> WalletBalanceTooLow | None:
    """Why such a balance cannot pay `amount`, naming both; None: it can."""
    if balance_amount >= amount:
        return None
    return WalletBalanceTooLow(balance_amount=balance_amount, total_amount=amount, currency=currency)


def require(session: Session, customer_id: UUID, amount: int, currency: str) -> Wallet:
    """Lock the wallet, and refuse unless it can pay `amount`. WalletBalanceTooLow names both."""
    wallet = lock(session, customer_id, currency)
    if refusal := too_low(wallet.balance_amount, amount, currency):
        raise refusal
    return wallet


def spend(
    session: Session, customer_id: UUID, order_id: UUID, amount: int, currency: str, *, actor: Actor, cause: str, now: datetime
) -> Capture:
    """Pay an order out of its customer's wallet: the capture that it is. WalletBalanceTooLow, PaidAlready.

    The caller holds the order's lock; locks payment, wallet.
    """
    account = account_of(customer_id)
    capture = taking.take(session, order_id, "wallet", amount, currency, debit=account, actor=actor, cause=cause, now=now)
    _move(session, require(session, customer_id, amount, currency), "spend", -amount, capture, actor, cause, now)
    return capture


def refund(session: Session, customer_id: UUID, refund: Refund, now: datetime, actor: Actor) -> None:
    """Credit a refund to the wallet: it is processed with that. Safe to run twice. The caller holds the order's lock."""
    if not refund.is_on_its_way:
        return
    cause = f"into the wallet, receipt {refund.receipt}"
    refunding.finish(session, refund, now, credit=account_of(customer_id), actor=actor, cause=cause)
    wallet = queries.get_locked(session, customer_id, refund.currency)
    _move(session, wallet, "refund", refund.amount, refund, actor, cause, now)


def top_up(session: Session, customer_id: UUID, capture: Capture, actor: Actor, now: datetime) -> None:
    """Credit what was captured for a top-up, once. Whoever pays twice for one has paid in twice."""
    wallet = queries.get_locked(session, customer_id, capture.currency)
    cause = f"topped up by {capture.provider_payment_id}"
    if _move(session, wallet, "top_up", capture.amount, capture, actor, cause, now):
        _credit(session, "top_up", ledger.TOP_UPS, customer_id, capture.amount, capture.currency, capture)


def take_back(session: Session, top_up_id: UUID, refund: Refund, actor: Actor, now: datetime) -> None:
    """A top-up went back to where it came from, by the provider's dashboard: so does what is left of it here, once.

    What was spent meanwhile stays as a difference of the ledger's account `top_ups`, for people to see.
    """
    customer_id = queries.top_up(session, top_up_id, None).customer_id
    wallet = queries.get_locked(session, customer_id, refund.currency)
    amount = min(wallet.balance_amount, refund.amount)
    cause = f"top-up refunded at the provider, receipt {refund.receipt}"
    if amount and _move(session, wallet, "taken_back", -amount, refund, actor, cause, now):
        account, currency = account_of(customer_id), refund.currency
        ledger.transfer(
            session, "taken_back", debit=account, credit=ledger.TOP_UPS, amount=amount, currency=currency, cause=refund
        )


def put_back(session: Session, top_up_id: UUID, refund: Refund, actor: Actor, now: datetime) -> None:
    """The refund of a top-up was sent back: what was taken back for it is in the wallet again, once."""
    taken = queries.movement(session, "taken_back", refund.id)
    if taken is None:
        return
    customer_id, amount = queries.top_up(session, top_up_id, None).customer_id, -taken.amount
    wallet = queries.get_locked(session, customer_id, refund.currency)
    if _move(session, wallet, "refund", amount, refund, actor, f"its refund was sent back, receipt {refund.receipt}", now):
        _credit(session, "put_back", ledger.TOP_UPS, customer_id, amount, refund.currency, refund)


def give(session: Session, customer_id: UUID, amount: int, note: str, actor: Actor, now: datetime) -> WalletMovement:
    """Goodwill: the shop's own money. Each call gives once more. GoodwillTooLarge, CustomerNotFound."""
    if not 0 < amount <= MAX_GOODWILL_AMOUNT:
        raise GoodwillTooLarge(field="amount", maximum=MAX_GOODWILL_AMOUNT)
    accounts.get_customer(session, customer_id)
    wallet = queries.get_locked(session, customer_id, stores.get(session).currency)
    movement = _write(session, wallet, "goodwill", amount, None, note, now)
    _credit(session, "goodwill", ledger.GOODWILL, customer_id, amount, wallet.currency, movement)
    _record(session, wallet, movement, actor, f"goodwill: {note}")
    return movement


def _move(
    session: Session, wallet: Wallet, kind: MovementKind, amount: int, cause: Row, actor: Actor, why: str, now: datetime
) -> bool:
    """Change the locked wallet, once per kind and cause: False when it had been."""
    if queries.movement(session, kind, cause.id):
        return False
    _record(session, wallet, _write(session, wallet, kind, amount, cause, "", now), actor, why)
    return True


def _write(
    session: Session, wallet: Wallet, kind: MovementKind, amount: int, cause: Row | None, note: str, now: datetime
) -> WalletMovement:
    movement_id = new_id()
    wallet.balance_amount += amount
    movement = WalletMovement(
        store_id=wallet.store_id,
        id=movement_id,
        wallet_id=wallet.id,
        kind=kind,
        amount=amount,
        balance_amount=wallet.balance_amount,
        cause_type=str(cause.__tablename__) if cause else WalletMovement.__tablename__,
        cause_id=cause.id if cause else movement_id,
        note=note[:200],
        moved_at=now,
    )
    session.add_all([wallet, movement])
    session.flush()
    return movement


def _credit(session: Session, kind: str, debit: str, customer_id: UUID, amount: int, currency: str, cause: Row) -> None:
    ledger.transfer(session, kind, debit=debit, credit=account_of(customer_id), amount=amount, currency=currency, cause=cause)


def _record(session: Session, wallet: Wallet, movement: WalletMovement, actor: Actor, why: str) -> None:
    changes = {"balance_amount": [movement.balance_amount - movement.amount, movement.balance_amount]}
    record(session, actor, f"wallet.{movement.kind}", wallet, changes, cause=why)
