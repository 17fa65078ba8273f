"""What calendars of a household and of the store read: many subscriptions at once."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func
from sqlalchemy import select as columns
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from app.orders.models import Order
from app.subscriptions.models import Cycle, Holiday, Subscription, SubscriptionLine, Vacation
from app.subscriptions.states import LIVE


def of_customer(session: Session, customer_id: UUID) -> Sequence[Subscription]:
    """Those that are not over, oldest first."""
    return session.exec(_live(customer_id)).all()


def lock_live_of(session: Session, customer_id: UUID) -> Sequence[Subscription]:
    """Those that are not over, by id."""
    return session.exec(_live(customer_id).with_for_update().execution_options(populate_existing=True)).all()


class Live(NamedTuple):
    """A subscription with something to come, as plain columns: a store has a great many."""

    id: UUID
    customer_id: UUID
    ends_on: date | None
    ends_after: int | None
    paused_until: date | None


def live_after(session: Session, after: UUID | None, limit: int) -> list[Live]:
    """A page of those of the store that deliver, or will when their pause is over, by id."""
    found = columns(*(col(getattr(Subscription, name)) for name in Live._fields)).where(col(Subscription.plans_at).is_not(None))
    if after is not None:
        found = found.where(col(Subscription.id) > after)
    return [Live(*row) for row in session.execute(found.order_by(col(Subscription.id)).limit(limit))]


def live_with(session: Session, variant_id: UUID, after: UUID | None, limit: int) -> Sequence[Subscription]:
    """A page of those that are not over and have the variant in some of their terms, by id."""
    has = columns(col(SubscriptionLine.id)).where(
        col(SubscriptionLine.subscription_id) == col(Subscription.id), col(SubscriptionLine.variant_id) == variant_id
    )
    statement = select(Subscription).where(col(Subscription.status).in_(LIVE), has.exists())
    if after is not None:
        statement = statement.where(col(Subscription.id) > after)
    return session.exec(statement.order_by(col(Subscription.id)).limit(limit)).all()


def count_orders(session: Session, day: date) -> int:
    """How many deliveries of that day are orders that were not cancelled."""
    found = columns(func.count()).select_from(Cycle).join(Order, _of_cycle())
    found = found.where(col(Cycle.delivers_on) == day, col(Cycle.status) == "created", col(Order.status) != "cancelled")
    return int(session.execute(found).scalar_one())


def cycles_from(session: Session, subscription_ids: Collection[UUID], day: date) -> Mapping[UUID, list[Cycle]]:
    """What was decided for deliveries on that day or later, of each in order."""
    found: dict[UUID, list[Cycle]] = defaultdict(list)
    statement = select(Cycle).where(col(Cycle.subscription_id).in_(subscription_ids), col(Cycle.delivers_on) >= day)
    for cycle in session.exec(statement.order_by(col(Cycle.delivers_on))):
        found[cycle.subscription_id].append(cycle)
    return found


def made(session: Session, subscription_id: UUID) -> int:
    """How many deliveries of it became orders."""
    found = columns(func.count()).where(col(Cycle.subscription_id) == subscription_id, col(Cycle.status) == "created")
    return int(session.execute(found).scalar_one())


def vacation(session: Session, vacation_id: UUID, customer_id: UUID) -> Vacation | None:
    return session.exec(select(Vacation).where(Vacation.id == vacation_id, Vacation.customer_id == customer_id)).one_or_none()


def holiday(session: Session, day: date) -> Holiday | None:
    return session.exec(select(Holiday).where(Holiday.closed_on == day)).one_or_none()


def _of_cycle() -> ColumnElement[bool]:
    return and_(col(Order.store_id) == col(Cycle.store_id), col(Order.cycle_id) == col(Cycle.id))


def _live(customer_id: UUID) -> SelectOfScalar[Subscription]:
    statement = select(Subscription).where(Subscription.customer_id == customer_id, col(Subscription.status).in_(LIVE))
    return statement.order_by(col(Subscription.id))
