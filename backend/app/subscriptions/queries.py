"""Every SELECT and lock of subscriptions. `owner_id` None means: of any customer. Lock order: subscription, then its cycles."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, func, or_
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from app.accounts.models import Address, Customer
from app.catalog.models import Product, Variant
from app.core.bulk import among
from app.orders.models import Order
from app.subscriptions.allocating import Allotments
from app.subscriptions.errors import SubscriptionNotFound
from app.subscriptions.models import Cycle, Subscription
from app.subscriptions.run_models import Allocation
from app.subscriptions.shortage import Shortage
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


def get_many(session: Session, subscription_ids: Collection[UUID]) -> Sequence[Subscription]:
    """As they are in the database now."""
    found = select(Subscription).where(col(Subscription.id).in_(subscription_ids)).order_by(col(Subscription.id))
    return session.exec(found.execution_options(populate_existing=True)).all()


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


class Due(NamedTuple):
    """A locked subscription with a due delivery, as plain columns: a run reads a great many."""

    id: UUID
    customer_id: UUID
    status: str
    payment_method: str
    mandate_id: UUID | None
    next_on: date
    plans_at: datetime
    paused_until: date | None
    ends_on: date | None
    ends_after: int | None
    cancel_reason: str | None


_DUE = columns(*(col(getattr(Subscription, name)) for name in Due._fields)).with_for_update(skip_locked=True)
_IS_PLANNED = and_(col(Subscription.plans_at).is_not(None), col(Subscription.held_at).is_(None))


def lock_due(session: Session, now: datetime, limit: int) -> list[Due]:
    """Deliveries that may be planned by now, longest due first. No lower bound; those somebody holds are passed over."""
    due = _DUE.where(_IS_PLANNED, col(Subscription.plans_at) <= now)
    found = session.execute(due.order_by(col(Subscription.plans_at), col(Subscription.id)).limit(limit))
    return [Due(*row) for row in found]


def lock_one_due(session: Session, subscription_id: UUID, now: datetime) -> list[Due]:
    """The one, if its next delivery may be planned by now; whoever holds it is waited for."""
    due = _DUE.where(_IS_PLANNED, col(Subscription.plans_at) <= now, col(Subscription.id) == subscription_id)
    return [Due(*row) for row in session.execute(due.with_for_update())]


def shortages(session: Session, variant_ids: Collection[UUID]) -> dict[UUID, Shortage]:
    """What is done when there is not enough of these, or when they were missed."""
    statement = columns(
        col(Variant.id), col(Product.shortage_policy), col(Variant.substitute_id), col(Product.catch_up_policy)
    ).join(Product, and_(col(Product.store_id) == col(Variant.store_id), col(Product.id) == col(Variant.product_id)))
    found = session.execute(statement.where(among(col(Variant.id), variant_ids)))
    return {row.id: Shortage(row.shortage_policy, row.substitute_id, row.catch_up_policy) for row in found}


def allotments(session: Session, subscription_ids: Collection[UUID], days: Collection[date]) -> Allotments:
    """What of something scarce is theirs, by the run's allocation."""
    found: dict[tuple[UUID, date], dict[UUID, int]] = {}
    statement = columns(
        col(Allocation.subscription_id), col(Allocation.delivers_on), col(Allocation.variant_id), col(Allocation.allotted)
    ).where(among(col(Allocation.subscription_id), subscription_ids), among(col(Allocation.delivers_on), days))
    for subscription_id, day, variant_id, allotted in session.execute(statement):
        found.setdefault((subscription_id, day), {})[variant_id] = allotted
    return found


def next_plan_at(session: Session) -> datetime | None:
    """When the next delivery of the store is to be planned."""
    planned = select(Subscription.plans_at).where(_IS_PLANNED)
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
    return {one.id: one for one in session.exec(select(Address).where(among(col(Address.id), address_ids)))}


def cycles_from(session: Session, subscription_id: UUID, day: date) -> Sequence[Cycle]:
    """What was decided for deliveries on that day or later, in order."""
    statement = select(Cycle).where(Cycle.subscription_id == subscription_id, col(Cycle.delivers_on) >= day)
    return session.exec(statement.order_by(col(Cycle.delivers_on))).all()


def has_unpaid_order(session: Session, subscription_id: UUID) -> bool:
    """Whether a delivery of it waits for its money."""
    statement = select(Order.id).join(Cycle, col(Cycle.id) == col(Order.cycle_id)).where(Order.status == "pending_payment")
    return session.exec(statement.where(Cycle.subscription_id == subscription_id).limit(1)).first() is not None


def cycle_on(session: Session, subscription_id: UUID, day: date) -> Cycle | None:
    """What was decided for that day."""
    statement = select(Cycle).where(Cycle.subscription_id == subscription_id, Cycle.delivers_on == day)
    return session.exec(statement).one_or_none()


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
    found = session.exec(select(Order).where(among(col(Order.cycle_id), cycle_ids)))
    return {order.cycle_id: order for order in found if order.cycle_id}
