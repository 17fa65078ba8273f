"""Prepaid money: credited by top-ups, refunds and goodwill; `spending` pays orders with it. With every change goes a transfer
in the ledger.

Each takes effect once per cause, however often it is called. The row's lock makes two who want the same rupee go one after the
other, and the database refuses a balance below zero.
"""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.accounts import service as accounts
from app.core.actor import Actor
from app.core.db import Row
from app.ledger import service as ledger
from app.payments import refunding
from app.payments.models import Capture
from app.payments.refund_models import Refund
from app.stores import service as stores
from app.wallets import queries
from app.wallets.errors import GoodwillTooLarge
from app.wallets.models import MAX_GOODWILL_AMOUNT, WalletMovement
from app.wallets.moving import Move, account_of, move_many, move_once


def refund(session: Session, customer_id: UUID, refund: Refund, now: datetime, actor: Actor) -> None:
    """Credit a refund to the wallet: it is processed with that. Safe to run twice. The caller holds the order's lock."""
    if not refund.is_on_its_way:
        return
    cause = f"into the wallet, receipt {refund.receipt}"
    refunding.finish(session, refund, now, credit=account_of(customer_id), actor=actor, cause=cause)
    wallet = queries.get_locked(session, customer_id, refund.currency)
    move_once(session, "refund", Move(wallet, refund.amount, refund, cause), refund, actor, now)


def top_up(session: Session, customer_id: UUID, capture: Capture, actor: Actor, now: datetime) -> None:
    """Credit what was captured for a top-up, once. Whoever pays twice for one has paid in twice."""
    wallet = queries.get_locked(session, customer_id, capture.currency)
    move = Move(wallet, capture.amount, capture, f"topped up by {capture.provider_payment_id}")
    if move_once(session, "top_up", move, capture, actor, now):
        _credit(session, "top_up", ledger.TOP_UPS, customer_id, capture.amount, capture.currency, capture)


def take_back(session: Session, top_up_id: UUID, refund: Refund, actor: Actor, now: datetime) -> None:
    """A top-up went back to where it came from, by the provider's dashboard: so does what is left of it here, once.

    What was spent meanwhile stays as a difference of the ledger's account `top_ups`, for people to see. No hold keeps it: the
    money is gone.
    """
    customer_id = queries.top_up(session, top_up_id, None).customer_id
    wallet = queries.get_locked(session, customer_id, refund.currency)
    amount = min(wallet.balance_amount, refund.amount)
    move = Move(wallet, -amount, refund, f"top-up refunded at the provider, receipt {refund.receipt}")
    if amount and move_once(session, "taken_back", move, refund, actor, now):
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
    move = Move(wallet, amount, refund, f"its refund was sent back, receipt {refund.receipt}")
    if move_once(session, "refund", move, refund, actor, now):
        _credit(session, "put_back", ledger.TOP_UPS, customer_id, amount, refund.currency, refund)


def give(session: Session, customer_id: UUID, amount: int, note: str, actor: Actor, now: datetime) -> WalletMovement:
    """Goodwill: the shop's own money. Each call gives once more. GoodwillTooLarge, CustomerNotFound."""
    if not 0 < amount <= MAX_GOODWILL_AMOUNT:
        raise GoodwillTooLarge(field="amount", maximum=MAX_GOODWILL_AMOUNT)
    accounts.get_customer(session, customer_id)
    wallet = queries.get_locked(session, customer_id, stores.get(session).currency)
    (movement,) = move_many(session, "goodwill", [Move(wallet, amount, None, f"goodwill: {note}", note)], actor, now)
    _credit(session, "goodwill", ledger.GOODWILL, customer_id, amount, wallet.currency, movement)
    return movement


def _credit(session: Session, kind: str, debit: str, customer_id: UUID, amount: int, currency: str, cause: Row) -> None:
    ledger.transfer(session, kind, debit=debit, credit=account_of(customer_id), amount=amount, currency=currency, cause=cause)
