"""Every SELECT and lock of subscriptions. `owner_id` None means: of any customer. Lock order: subscription, then its cycles."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, or_
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from app.accounts.models import Address, Customer
from app.orders.models import Order
from app.subscriptions.errors import SubscriptionNotFound
from app.subscriptions.models import Cycle, Subscription
from app.subscriptions.states import LIVE


def get(session: Session, subscription_id: UUID, owner_id: UUID | None, *, lock: bool = False) -> Subscription:
    """SubscriptionNotFound also for somebody else's."""
    statement = select(Subscription).where(Subscription.id == subscription_id)
    if owner_id is not None:
        statement = statement.where(Subscription.customer_id == owner_id)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    found = session.exec(statement).one_or_none()
    if found is None:
        raise SubscriptionNotFound
    return found


def page(session: Session, owner_id: UUID | None, limit: int, after: UUID | None) -> Sequence[Subscription]:
    """Newest first; `after` is the last id of the page before."""
    statement = select(Subscription).order_by(col(Subscription.id).desc()).limit(limit)
    if owner_id is not None:
        statement = statement.where(Subscription.customer_id == owner_id)
    if after is not None:
        statement = statement.where(col(Subscription.id) < after)
    return session.exec(statement).all()


def lock_customer(session: Session, customer_id: UUID) -> None:
    """One after the other: before anything that is counted per customer. Hinders nobody who only refers to the customer."""
    session.execute(columns(col(Customer.id)).where(col(Customer.id) == customer_id).with_for_update(key_share=True))


def count_live(session: Session, customer_id: UUID, since: datetime) -> int:
    """How many subscriptions the customer has that are not over, or were begun after `since`."""
    counts = or_(col(Subscription.status).in_(LIVE), col(Subscription.started_at) > since)
    statement = columns(func.count()).where(col(Subscription.customer_id) == customer_id, counts)
    return int(session.execute(statement).scalar_one())


def lock_due(session: Session, now: datetime, limit: int) -> Sequence[Subscription]:
    """Subscriptions that may be planned by now, longest due first. No lower bound; those somebody holds are passed over."""
    due = select(Subscription).where(col(Subscription.plans_at) <= now)
    due = due.order_by(col(Subscription.plans_at), col(Subscription.id)).limit(limit).with_for_update(skip_locked=True)
    return session.exec(due.execution_options(populate_existing=True)).all()


def next_plan_at(session: Session) -> datetime | None:
    """When the next delivery of the store is to be planned."""
    planned = select(Subscription.plans_at).where(col(Subscription.plans_at).is_not(None))
    return session.exec(planned.order_by(col(Subscription.plans_at)).limit(1)).first()


def lock_of_mandate(session: Session, mandate_id: UUID) -> Sequence[Subscription]:
    """Those that pay by this mandate and are not over."""
    statement = select(Subscription).where(Subscription.mandate_id == mandate_id, col(Subscription.status).in_(LIVE))
    return session.exec(
        statement.order_by(col(Subscription.id)).with_for_update().execution_options(populate_existing=True)
    ).all()


def of_mandate(session: Session, mandate_id: UUID) -> Subscription | None:
    """The newest subscription that pays by this mandate."""
    statement = select(Subscription).where(Subscription.mandate_id == mandate_id).order_by(col(Subscription.id).desc())
    return session.exec(statement).first()


def addresses(session: Session, address_ids: Collection[UUID]) -> dict[UUID, Address]:
    """Archived ones too: an address that was put away is still where this subscription goes."""
    return {one.id: one for one in session.exec(select(Address).where(col(Address.id).in_(address_ids)))}


def cycles_from(session: Session, subscription_id: UUID, day: date) -> Sequence[Cycle]:
    """What was decided for deliveries on that day or later, in order."""
    statement = select(Cycle).where(Cycle.subscription_id == subscription_id, col(Cycle.delivers_on) >= day)
    return session.exec(statement.order_by(col(Cycle.delivers_on))).all()


def cycle(session: Session, cycle_id: UUID) -> Cycle | None:
    return session.exec(select(Cycle).where(Cycle.id == cycle_id)).one_or_none()


def latest_created(session: Session, subscription_id: UUID) -> Cycle | None:
    """The newest delivery that became an order."""
    statement = select(Cycle).where(Cycle.subscription_id == subscription_id, Cycle.status == "created")
    return session.exec(statement.order_by(col(Cycle.delivers_on).desc()).limit(1)).first()


def lock_unreminded(session: Session, limit: int) -> Sequence[Cycle]:
    """Deliveries that became orders and that their customers were not told of yet."""
    statement = select(Cycle).where(col(Cycle.reminded_at).is_(None), Cycle.status == "created")
    return session.exec(statement.order_by(col(Cycle.created_at)).limit(limit).with_for_update(skip_locked=True)).all()


def orders_of_cycles(session: Session, cycle_ids: Collection[UUID]) -> dict[UUID, Order]:
    """The order that each of these deliveries became."""
    found = session.exec(select(Order).where(col(Order.cycle_id).in_(cycle_ids)))
    return {order.cycle_id: order for order in found if order.cycle_id}
