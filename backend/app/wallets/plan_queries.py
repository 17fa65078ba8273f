"""Every SELECT and lock of top-up plans. A plan is locked before its mandate, its top-up and the wallet."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from app.payments.mandate_models import Mandate
from app.payments.models import Payment, PaymentAttempt
from app.wallets.models import Wallet, WalletHold
from app.wallets.plan_models import PlannedTopUp, TopUpPlan

ASKED = ("created", "pending")  # a mandate that nobody has decided on


def of_customer(session: Session, customer_id: UUID, *, lock: bool = False) -> TopUpPlan | None:
    """Also one that ended. To make or change one, lock the customer first."""
    mine = select(TopUpPlan).where(TopUpPlan.customer_id == customer_id)
    return session.exec(mine.with_for_update().execution_options(populate_existing=True) if lock else mine).one_or_none()


def by_mandate(session: Session, mandate_id: UUID) -> TopUpPlan | None:
    return session.exec(select(TopUpPlan).where(TopUpPlan.mandate_id == mandate_id)).one_or_none()


def lock_due(session: Session, now: datetime, limit: int) -> Sequence[TopUpPlan]:
    """Plans that have something to do at the store's `now`, longest due first; those somebody works on are passed over."""
    due = select(TopUpPlan).join(Mandate, col(Mandate.id) == col(TopUpPlan.mandate_id)).where(_wants())
    due = due.where(col(TopUpPlan.next_at) <= now).order_by(col(TopUpPlan.next_at)).limit(limit)
    locked = due.with_for_update(of=TopUpPlan, skip_locked=True)
    return session.exec(locked.execution_options(populate_existing=True)).all()


def next_due_at(session: Session) -> datetime | None:
    """When the next plan has something to do, in the store's time."""
    due = columns(func.min(col(TopUpPlan.next_at))).join(Mandate, col(Mandate.id) == col(TopUpPlan.mandate_id))
    at: datetime | None = session.execute(due.where(_wants())).scalar_one()
    return at


def _wants() -> ColumnElement[bool]:
    """Its mandate is decided on, and it goes by the day, or too little is available."""
    wallet = col(Wallet.customer_id) == col(TopUpPlan.customer_id)
    held = columns(func.sum(col(WalletHold.amount))).where(col(WalletHold.wallet_id) == col(Wallet.id)).scalar_subquery()
    left = columns(col(Wallet.balance_amount) - func.coalesce(held, 0)).where(wallet).scalar_subquery()
    is_low = or_(col(TopUpPlan.day).is_not(None), func.coalesce(left, 0) < col(TopUpPlan.below_amount))
    return col(TopUpPlan.next_at).is_not(None) & col(Mandate.status).not_in(ASKED) & is_low


def is_planned(session: Session, plan_id: UUID, month_on: date) -> bool:
    """Whether the month had its top-up. The plan is locked."""
    statement = select(PlannedTopUp.id).where(PlannedTopUp.plan_id == plan_id, PlannedTopUp.month_on == month_on)
    return session.exec(statement).one_or_none() is not None


def waiting_attempts(session: Session, plan_id: UUID) -> Sequence[PaymentAttempt]:
    """At this plan's top-ups: those that may still be debited."""
    statement = (
        select(PaymentAttempt)
        .join(Payment, col(Payment.id) == col(PaymentAttempt.payment_id))
        .join(PlannedTopUp, col(PlannedTopUp.top_up_id) == col(Payment.top_up_id))
        .where(PlannedTopUp.plan_id == plan_id, col(PaymentAttempt.debit_at).is_not(None))
    )
    return session.exec(statement.order_by(col(PaymentAttempt.id))).all()
