"""The one place where what is in a wallet changes: its row, a line of its statement, and who did it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.audit.service import record
from app.core.actor import Actor
from app.core.db import Row
from app.core.ids import new_id
from app.wallets import queries
from app.wallets.models import MovementKind, Wallet, WalletMovement


@dataclass(frozen=True)
class Move:
    """A change of a locked wallet. `cause` is the row behind it; None: the movement is its own cause."""

    wallet: Wallet
    amount: int  # negative: out of it
    cause: Row | None
    why: str
    note: str = ""


def account_of(customer_id: UUID) -> str:
    """The wallet's account in the ledger: what is owed to the customer, so its balance is the wallet's, negated."""
    return f"wallet:{customer_id}"


def move_once(session: Session, kind: MovementKind, move: Move, cause: Row, actor: Actor, now: datetime) -> bool:
    """Change the locked wallet, once per kind and cause: False when it had been."""
    if queries.movement(session, kind, cause.id):
        return False
    move_many(session, kind, [move], actor, now)
    return True


def move_many(
    session: Session, kind: MovementKind, moves: Sequence[Move], actor: Actor, now: datetime
) -> Sequence[WalletMovement]:
    """Change locked wallets, in the order given, for causes that are new. A few statements, however many there are."""
    movements = [_move(kind, move, now) for move in moves]
    session.add_all(move.wallet for move in moves)
    session.add_all(movements)
    session.flush()
    for move, movement in zip(moves, movements, strict=True):
        changes = {"balance_amount": [movement.balance_amount - movement.amount, movement.balance_amount]}
        record(session, actor, f"wallet.{kind}", move.wallet, changes, cause=move.why)
    return movements


def _move(kind: MovementKind, move: Move, now: datetime) -> WalletMovement:
    movement_id, wallet = new_id(), move.wallet
    wallet.balance_amount += move.amount
    return WalletMovement(
        store_id=wallet.store_id,
        id=movement_id,
        wallet_id=wallet.id,
        kind=kind,
        amount=move.amount,
        balance_amount=wallet.balance_amount,
        cause_type=str(move.cause.__tablename__) if move.cause else WalletMovement.__tablename__,
        cause_id=move.cause.id if move.cause else movement_id,
        note=move.note[:200],
        moved_at=now,
    )
