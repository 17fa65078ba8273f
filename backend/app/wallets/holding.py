"""What of a wallet is held for coming deliveries: one hold per subscription, which others may not spend.

A hold is a wish, not money: it may exceed what is there, and then nothing is available to others. What its holder spends uses
it up; otherwise it is set as a whole, never added to, and nothing runs out by itself. A change takes the lock of the wallet's
row, as spending does.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import Session

from app.audit.service import record
from app.core.actor import Actor
from app.core.ids import new_id
from app.stores import service as stores
from app.wallets import queries
from app.wallets.models import Wallet, WalletHold


@dataclass(frozen=True)
class Wish:
    """So much is to be kept for what a customer's subscription delivers until a day, that day included. 0: nothing."""

    customer_id: UUID
    amount: int
    until_on: date


class Purses:
    """What locked wallets have to spend, and to whom; handed out first come, first served."""

    def __init__(self, session: Session, wallets: Collection[Wallet]) -> None:
        customers = {wallet.id: wallet.customer_id for wallet in wallets}
        self._left = {wallet.customer_id: wallet.balance_amount for wallet in wallets}
        self._held: dict[UUID, dict[UUID, int]] = defaultdict(dict)
        self._holds: dict[UUID, WalletHold] = {}
        for hold in queries.holds_in(session, customers):
            self._held[customers[hold.wallet_id]][hold.holder_id] = hold.amount
            self._holds[hold.holder_id] = hold

    def available(self, customer_id: UUID, holder_id: UUID | None = None) -> int:
        """What this holder (None: anybody) may spend of it."""
        others = sum(amount for other, amount in self._held[customer_id].items() if other != holder_id)
        return max(0, self._left.get(customer_id, 0) - others)

    def take(self, customer_id: UUID, amount: int, holder_id: UUID | None = None) -> bool:
        """All of it, or nothing; the holder's own hold is used up first."""
        if customer_id not in self._left or self.available(customer_id, holder_id) < amount:
            return False
        self._left[customer_id] -= amount
        if holder_id in self._held[customer_id]:
            self._held[customer_id][holder_id] = max(0, self._held[customer_id][holder_id] - amount)
        return True

    def write(self, session: Session) -> None:
        """The holds as what was taken leaves them."""
        for held in self._held.values():
            for holder_id, amount in held.items():
                if not amount:
                    session.delete(self._holds[holder_id])
                self._holds[holder_id].amount = amount or self._holds[holder_id].amount
        session.flush()


def hold(
    session: Session, customer_id: UUID, holder_id: UUID, amount: int, until_on: date, *, actor: Actor, cause: str
) -> None:
    """Keep `amount` of the customer's wallet for this subscription from now on, instead of what was; 0: nothing."""
    hold_many(session, {holder_id: Wish(customer_id, amount, until_on)}, actor=actor, cause=cause)


def hold_many(session: Session, wishes: Mapping[UUID, Wish], *, actor: Actor, cause: str) -> None:
    """The same for many subscriptions, by their ids. Safe to run twice; a number of statements that does not grow.

    Locks the wallets, in the order of customer ids; the caller holds the subscriptions. Only a changed amount is news.
    """
    customers = {wish.customer_id for wish in wishes.values()}
    wanting = {wish.customer_id for wish in wishes.values() if wish.amount}
    wallets = queries.lock_many(session, customers, opens=wanting, currency=stores.get(session).currency)
    present = queries.holds_of(session, wishes)
    for holder_id, wish in wishes.items():
        found, wallet = present.get(holder_id), wallets.get(wish.customer_id)
        before = found.amount if found else 0
        if found and not wish.amount:
            session.delete(found)
        elif found:
            found.amount, found.until_on = wish.amount, wish.until_on
        elif wish.amount and wallet:
            session.add(_new(wallet, holder_id, wish))
        if wallet and wish.amount != before:
            changes = {"held_amount": [before, wish.amount]}
            record(session, actor, "wallet.held", wallet, changes, cause=f"subscription {holder_id}: {cause}")
    session.flush()


def release(session: Session, holder_id: UUID, *, actor: Actor, cause: str) -> None:
    """Nothing is kept for this subscription any more. Safe to run twice, and for one that held nothing."""
    if found := queries.hold_with_customer(session, holder_id):
        present, customer_id = found
        hold(session, customer_id, holder_id, 0, present.until_on, actor=actor, cause=cause)


def available(session: Session, customer_id: UUID | None, holder_id: UUID | None = None) -> int:
    """What may be spent of the customer's wallet: its balance less what is held for others than `holder_id`; never below 0.

    Nothing for somebody who has not signed in. Locks nothing.
    """
    wallet = queries.of_customer(session, customer_id) if customer_id else None
    return Purses(session, [wallet]).available(wallet.customer_id, holder_id) if wallet else 0


def spendable(session: Session, customer_id: UUID, holder_ids: Collection[UUID]) -> int:
    """What these holders may spend together: the balance less what is held for others. Never below 0. Locks nothing."""
    wallet = queries.of_customer(session, customer_id)
    if wallet is None:
        return 0
    others = sum(one.amount for one in queries.holds_in(session, [wallet.id]) if one.holder_id not in holder_ids)
    return max(0, wallet.balance_amount - others)


def _new(wallet: Wallet, holder_id: UUID, wish: Wish) -> WalletHold:
    return WalletHold(
        store_id=wallet.store_id,
        id=new_id(),
        wallet_id=wallet.id,
        holder_id=holder_id,
        amount=wish.amount,
        until_on=wish.until_on,
    )
