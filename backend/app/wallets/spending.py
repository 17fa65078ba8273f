"""Orders paid out of wallets. Each pays a whole order or nothing of it, and only what is not held for somebody else.

The wallet's row is the lock: of two who want the same rupee, the second sees what the first left.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.core.actor import Actor
from app.payments import taking
from app.payments.errors import PaidAlready
from app.payments.models import Capture, Payment
from app.payments.taking import Taking
from app.wallets import queries
from app.wallets.errors import WalletBalanceTooLow
from app.wallets.holding import Purses, available
from app.wallets.models import Wallet
from app.wallets.moving import Move, account_of, move_many


@dataclass(frozen=True)
class Spending:
    """An order to be paid out of its customer's wallet. `holder_id`: whose hold may be used for it."""

    customer_id: UUID
    order_id: UUID
    amount: int
    cause: str
    holder_id: UUID | None = None


def lock(session: Session, customer_id: UUID, currency: str) -> Wallet:
    """Lock the wallet that is to pay in this currency."""
    wallet = queries.get_locked(session, customer_id, currency)
    if wallet.currency != currency:
        raise ValueError(f"a wallet in {wallet.currency} pays nothing in {currency}")
    return wallet


def too_low(available_amount: int, amount: int, currency: str) -> WalletBalanceTooLow | None:
    """Why a wallet of which so much is available cannot pay `amount`, naming both; None: it can."""
    if available_amount >= amount:
        return None
    return WalletBalanceTooLow(available_amount=available_amount, total_amount=amount, currency=currency)


def require(session: Session, customer_id: UUID, amount: int, currency: str, holder_id: UUID | None = None) -> Wallet:
    """Lock the wallet, and refuse unless it can pay `amount` out of what nobody else holds. WalletBalanceTooLow names both."""
    wallet = lock(session, customer_id, currency)
    if refusal := too_low(available(session, customer_id, holder_id), amount, currency):
        raise refusal
    return wallet


def spend(
    session: Session,
    customer_id: UUID,
    order_id: UUID,
    amount: int,
    currency: str,
    *,
    actor: Actor,
    cause: str,
    now: datetime,
    holder_id: UUID | None = None,
) -> Capture:
    """Pay an order out of its customer's wallet: the capture that it is. WalletBalanceTooLow, PaidAlready.

    The caller holds the order's lock; locks payment, wallet. `holder_id`: whose hold may be used, and is used up by it.
    """
    known = taking.lock(session, [order_id])
    if order_id in known and known[order_id].status == "captured":
        raise PaidAlready
    spending = Spending(customer_id, order_id, amount, cause, holder_id)
    wallet = require(session, customer_id, amount, currency, holder_id)
    purses = Purses(session, [wallet])
    purses.take(customer_id, amount, holder_id)
    return _pay(session, [(spending, wallet)], purses, known, currency, actor, now)[order_id]


def spend_many(
    session: Session, spendings: Sequence[Spending], currency: str, *, actor: Actor, now: datetime
) -> Mapping[UUID, Capture]:
    """Pay what can be paid, first come, first served: captures by order id; an order that has none is as unpaid as before.

    The same rows as `spend` writes, in a number of statements that does not grow. The caller holds the orders' locks; locks the
    payments (in the order of order ids), then the wallets (of customer ids).
    """
    known = taking.lock(session, [spending.order_id for spending in spendings])
    unpaid = [one for one in spendings if one.order_id not in known or known[one.order_id].status != "captured"]
    wallets = queries.lock_many(session, {spending.customer_id for spending in unpaid})
    purses = Purses(session, [wallet for wallet in wallets.values() if wallet.currency == currency])
    served = [(one, wallets[one.customer_id]) for one in unpaid if purses.take(one.customer_id, one.amount, one.holder_id)]
    return _pay(session, served, purses, known, currency, actor, now) if served else {}


def _pay(
    session: Session,
    served: Sequence[tuple[Spending, Wallet]],
    purses: Purses,
    known: Mapping[UUID, Payment],
    currency: str,
    actor: Actor,
    now: datetime,
) -> Mapping[UUID, Capture]:
    takings = [Taking(one.order_id, one.amount, account_of(one.customer_id), one.cause) for one, _ in served]
    captures = taking.take_many(session, takings, known, "wallet", currency, actor=actor, now=now)
    moves = [Move(wallet, -one.amount, captures[one.order_id], one.cause) for one, wallet in served]
    move_many(session, "spend", moves, actor, now)
    purses.write(session)
    return captures
