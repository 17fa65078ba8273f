"""Every SELECT and lock of wallets.

A wallet is locked after whatever caused the change (order, payment, capture, refund) and after the levels of stock: whoever
cancels an order has put its goods back on the shelf before its money goes into the wallet. Only number series come later.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from app.core.db import add_once
from app.core.work import store_of
from app.payments.models import Payment, PaymentAttempt
from app.wallets.errors import TopUpNotFound
from app.wallets.models import TopUp, Wallet, WalletHold, WalletMovement


def of_customer(session: Session, customer_id: UUID) -> Wallet | None:
    """None: nothing was ever in it."""
    return session.exec(select(Wallet).where(Wallet.customer_id == customer_id)).one_or_none()


def get_locked(session: Session, customer_id: UUID, currency: str) -> Wallet:
    """Lock the customer's wallet, opened now if there is none. Safe in a race."""
    mine = select(Wallet).where(Wallet.customer_id == customer_id).with_for_update()
    mine = mine.execution_options(populate_existing=True)
    if found := session.exec(mine).one_or_none():
        return found
    add_once(session, Wallet(store_id=store_of(session), customer_id=customer_id, currency=currency), "customer_id")
    return session.exec(mine).one()


def lock_many(
    session: Session, customer_ids: Collection[UUID], *, opens: Collection[UUID] = (), currency: str = ""
) -> dict[UUID, Wallet]:
    """Lock the wallets of these customers, in the order of customer ids; those of `opens` are opened now if there are none."""
    mine = select(Wallet).where(col(Wallet.customer_id).in_(customer_ids)).order_by(col(Wallet.customer_id)).with_for_update()
    mine = mine.execution_options(populate_existing=True)
    known = set(session.exec(select(Wallet.customer_id).where(col(Wallet.customer_id).in_(opens)))) if opens else set()
    for customer_id in sorted(set(opens) - known):
        add_once(session, Wallet(store_id=store_of(session), customer_id=customer_id, currency=currency), "customer_id")
    return {wallet.customer_id: wallet for wallet in session.exec(mine)}


def holds_in(session: Session, wallet_ids: Collection[UUID]) -> Sequence[WalletHold]:
    """Everything that is held in these wallets."""
    mine = select(WalletHold).where(col(WalletHold.wallet_id).in_(wallet_ids))
    return session.exec(mine.execution_options(populate_existing=True)).all()


def holds_of(session: Session, holder_ids: Collection[UUID]) -> dict[UUID, WalletHold]:
    """What these subscriptions hold, by their ids. The caller holds the wallets' locks."""
    mine = select(WalletHold).where(col(WalletHold.holder_id).in_(holder_ids))
    return {hold.holder_id: hold for hold in session.exec(mine.execution_options(populate_existing=True))}


def hold_with_customer(session: Session, holder_id: UUID) -> tuple[WalletHold, UUID] | None:
    """What a subscription holds, and in whose wallet."""
    statement = select(WalletHold, Wallet.customer_id).join(Wallet, col(Wallet.id) == col(WalletHold.wallet_id))
    return session.exec(statement.where(WalletHold.holder_id == holder_id)).one_or_none()


def movement(session: Session, kind: str, cause_id: UUID) -> WalletMovement | None:
    """What this cause did to a wallet already."""
    statement = select(WalletMovement).where(WalletMovement.kind == kind, WalletMovement.cause_id == cause_id)
    return session.exec(statement).one_or_none()


def movements(session: Session, wallet_id: UUID, limit: int, before: UUID | None) -> Sequence[WalletMovement]:
    """Newest first; `before` is the last id of the page above."""
    statement = select(WalletMovement).where(WalletMovement.wallet_id == wallet_id)
    if before is not None:
        statement = statement.where(col(WalletMovement.id) < before)
    return session.exec(statement.order_by(col(WalletMovement.id).desc()).limit(limit)).all()


def top_up(session: Session, top_up_id: UUID, owner_id: UUID | None) -> TopUp:
    """TopUpNotFound also for somebody else's."""
    statement = select(TopUp).where(TopUp.id == top_up_id)
    if owner_id is not None:
        statement = statement.where(TopUp.customer_id == owner_id)
    found = session.exec(statement).one_or_none()
    if found is None:
        raise TopUpNotFound
    return found


def top_up_locked(session: Session, top_up_id: UUID) -> TopUp:
    """Lock the top-up: before its payment and the wallet."""
    statement = select(TopUp).where(TopUp.id == top_up_id).with_for_update().execution_options(populate_existing=True)
    return session.exec(statement).one()


def count_unpaid(session: Session, customer_id: UUID, since: datetime) -> int:
    mine = columns(func.count()).where(col(TopUp.customer_id) == customer_id, col(TopUp.paid_at).is_(None))
    return int(session.execute(mine.where(col(TopUp.started_at) >= since)).scalar_one())


def latest_attempt(session: Session, top_up_id: UUID) -> PaymentAttempt | None:
    statement = select(PaymentAttempt).join(Payment, col(Payment.id) == col(PaymentAttempt.payment_id))
    return session.exec(statement.where(Payment.top_up_id == top_up_id).order_by(col(PaymentAttempt.id).desc())).first()


def unstarted_attempt(session: Session, customer_id: UUID, amount: int) -> PaymentAttempt | None:
    """At a top-up of just this amount that nobody could pay yet, because the provider has not answered; not one of a plan."""
    statement = (
        select(PaymentAttempt)
        .join(Payment, col(Payment.id) == col(PaymentAttempt.payment_id))
        .join(TopUp, col(TopUp.id) == col(Payment.top_up_id))
        .where(TopUp.customer_id == customer_id, TopUp.amount == amount, col(PaymentAttempt.mandate_id).is_(None))
        .where(col(PaymentAttempt.work_status).in_(("queued", "working", "unknown")))
    )
    return session.exec(statement.order_by(col(PaymentAttempt.id).desc())).first()
