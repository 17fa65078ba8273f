"""What is due by a store's own clock. A tick decides nothing: it looks, and what it finds is rows that take effect once."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ColumnExpressionArgument, func, literal, or_, select
from sqlmodel import Session, col

from app.checkout.dunning_models import Dunning
from app.core import clock
from app.core.logging import get_logger
from app.core.schedules import RECURRING
from app.core.work import across_stores, defer, unit_of_work
from app.core.work_columns import app_now, seconds
from app.jobs import service as jobs
from app.jobs.models import Schedule
from app.orders.models import Order
from app.payments import catching_up
from app.payments.models import PaymentAttempt
from app.payments.watch_models import ProviderWatch
from app.stores import service as stores
from app.stores.models import ProviderAccount, Store

log = get_logger(__name__)

STORES_PER_TICK, SECONDS_PER_TICK = 1000, 20.0  # per look: the next tick takes the others, longest due first


@dataclass(frozen=True)
class DueLook:
    """A column of business time (the store's own clock), and the nudge that works off one store's rows whose time has come.

    `which`: only these rows. `rozana_sweep` must be allowed to see the columns that are asked about.
    """

    column: Any
    nudge: str
    which: ColumnExpressionArgument[bool] | None = None


DUE_LOOKS: tuple[DueLook, ...] = (
    DueLook(PaymentAttempt.debit_at, "charge_due"),
    DueLook(Dunning.next_at, "dun_due", col(Dunning.status) == "open"),
    DueLook(Order.expires_at, "expire_orders", col(Order.status) == "pending_payment"),
)
_SCHEDULES = DueLook(Schedule.next_due_at, "", col(Schedule.is_enabled))


def look_everywhere() -> dict[str, int]:
    """Open what is due in all stores, and wake whoever works off their other due rows. Safe to run twice, or ten at once."""
    _equip_stores()
    opened, woken = open_everywhere(), 0
    for look in DUE_LOOKS:
        for store_id in stores_with_due(look):
            with unit_of_work(store_id) as session:
                defer(session, look.nudge)
            woken += 1
    with across_stores() as session:
        jobs.beat(session, "open_slots")
    return {"opened": opened, "woken": woken}


def open_everywhere(name: str | None = None) -> int:
    """Open the due slots (of the schedule `name`) of every store whose clock stands by itself; how many are to be done."""
    return _in_each(stores_with_due(_SCHEDULES), lambda session, now: len(jobs.open_due(session, now, name)))


def _equip_stores() -> None:
    """Give every store the schedules it lacks, and a watch on its payments: new stores, and those of an older release."""
    _in_each(_stores_without_schedules(), jobs.ensure_schedules)
    _in_each(_stores_unwatched(), lambda session, _: catching_up.ensure_watch(session))


def _in_each(store_ids: list[UUID], act: Callable[[Session, datetime], int | None]) -> int:
    """`act` in a unit of work of each store, at its own time; the sum. One store's failure keeps no other waiting."""
    count, end = 0, time.monotonic() + SECONDS_PER_TICK
    for store_id in store_ids:
        if time.monotonic() > end:
            break
        try:
            with unit_of_work(store_id) as session:
                count += act(session, clock.now(stores.get(session))) or 0
        except Exception as error:  # noqa: BLE001 - it stays due, and the next tick tries again
            log.error("slots_not_opened", store_id=str(store_id), error=str(error))
    return count


def stores_with_due(look: DueLook) -> list[UUID]:
    """Stores with rows whose time has come by their own clocks, longest due first; none whose test clock is being moved."""
    store_id = look.column.class_.store_id
    own_now = literal(clock.machine_now()) + seconds(col(Store.clock_offset_seconds))
    due = select(store_id).join(Store, col(Store.id) == store_id).where(look.column <= own_now, _stands())
    if look.which is not None:
        due = due.where(look.which)
    with across_stores() as session:
        return list(session.scalars(due.group_by(store_id).order_by(func.min(look.column)).limit(STORES_PER_TICK)))


def _stores_without_schedules() -> list[UUID]:
    names = [entry.name for entry in RECURRING]
    known = (
        select(func.count())
        .where(col(Schedule.store_id) == col(Store.id), col(Schedule.name).in_(names))
        .correlate(Store)
        .scalar_subquery()
    )
    with across_stores() as session:
        return list(session.scalars(select(col(Store.id)).where(known < len(names), _stands()).limit(STORES_PER_TICK)))


def _stores_unwatched() -> list[UUID]:
    account, watch = ProviderAccount, ProviderWatch
    its = select(col(watch.id)).where(col(watch.store_id) == col(account.store_id), col(watch.account_id) == col(account.id))
    lives = its.where(col(watch.work_status) != "dead").exists()
    payments = select(col(account.store_id)).where(col(account.provider) == "razorpay", col(account.is_active), ~lives)
    with across_stores() as session:
        return list(session.scalars(payments.limit(STORES_PER_TICK)))


def _stands() -> ColumnElement[bool]:
    """Nobody is moving the store's clock: who moves it opens what is due on the way."""
    return or_(col(Store.clock_moves_until).is_(None), col(Store.clock_moves_until) < app_now())
