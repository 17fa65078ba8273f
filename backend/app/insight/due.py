"""When a store's own time next makes something due, and what is owed at this moment. Reads only.

For whoever moves a test clock: it stops at each of these instants, and waits there until nothing is owed. Schedules that
have nothing to do are left to their catch-up rule, so a year is no more than what happens in it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, ScalarSelect, and_, bindparam, exists, func, literal, select, true
from sqlmodel import Session, col

from app.checkout import dunning_queries
from app.checkout.dunning_models import Dunning
from app.core.db import Row
from app.core.slots import RhythmInvalid, next_after
from app.core.work_columns import DUE, WorkRow, app_now, has_status, is_due
from app.insight.owed import DRAINS
from app.invoices import stating
from app.jobs.models import Schedule
from app.orders import queries as orders
from app.orders.models import Order
from app.payments import mandate_queries
from app.payments.mandate_models import Debit, Mandate
from app.payments.models import PaymentAttempt
from app.payments.provider_subscription_models import ProviderSubscription
from app.payments.watch_models import ProviderWatch
from app.stores import service as stores
from app.subscriptions import queries as subscriptions
from app.subscriptions.models import Cycle
from app.wallets import plan_queries

MOMENT = timedelta(microseconds=1)

# A customer is paying just now, as far as we know, and the word of it may get lost.
_SOMEBODY_PAYS = exists().where(
    col(Order.status) == "pending_payment", col(Order.cycle_id).is_(None), col(Order.expires_at) > func.store_now()
)

# Rows that only look again and again at what somebody else decides, whose word comes by itself: not worth a stop each.
LOOKS: dict[type[WorkRow], ColumnElement[bool]] = {
    Debit: col(Debit.status) == "pending",
    Mandate: col(Mandate.status).in_(("pending", "paused")),
    ProviderWatch: ~_SOMEBODY_PAYS,
    ProviderSubscription: and_(
        col(ProviderSubscription.provider_subscription_id).is_not(None), col(ProviderSubscription.wish).is_(None)
    ),
}
# They look for ever at what somebody would tell us of anyway: a moved clock hurries them only while this holds.
HURRIED_IF: dict[type[WorkRow], ColumnElement[bool]] = {ProviderWatch: _SOMEBODY_PAYS}

Since = Callable[[Session], datetime | None]  # an instant of the store's time; None: nothing is to come


def _unreminded_since(session: Session) -> datetime | None:
    """Since when a delivery that became an order waits for its reminder."""
    waits = select(func.min(col(Order.placed_at))).join(Cycle, col(Cycle.id) == col(Order.cycle_id))
    return session.scalar(waits.where(col(Cycle.reminded_at).is_(None), col(Cycle.status) == "created"))


WANTED: dict[str, Since] = {  # since when the next slot of a schedule has something to do
    "process-due-subscriptions": subscriptions.next_plan_at,
    "send-subscription-renewal-reminders": _unreminded_since,
    "top-up-wallets": plan_queries.next_due_at,
    "issue-statements": stating.next_due_at,
}
INSTANTS: tuple[Since, ...] = (  # what is due without a schedule
    mandate_queries.next_debit_at,
    orders.next_expiry_at,
    dunning_queries.next_due_at,
)


@dataclass(frozen=True)
class Stop:
    """An instant at which there is something to do, and the schedules of which a slot is due there."""

    at: datetime
    schedules: tuple[str, ...] = ()


def next_stop(session: Session) -> Stop | None:
    """The earliest of all; in the past: it is overdue."""
    enabled = session.scalars(select(Schedule).where(col(Schedule.is_enabled)).order_by(col(Schedule.name)))
    slots = {schedule.name: at for schedule in enabled if (at := _slot_wanted(session, schedule))}
    instants = filter(None, (instant(session) for instant in INSTANTS))
    at = min((*slots.values(), *instants), default=None)
    return None if at is None else Stop(at, tuple(name for name, slot_at in slots.items() if slot_at <= at))


def _slot_wanted(session: Session, schedule: Schedule) -> datetime | None:
    """The schedule's next slot that finds something to do; its very next one, if no later one would cover it."""
    after = schedule.opened_until
    if schedule.catch_up == "last":
        since = WANTED[schedule.name](session) if schedule.name in WANTED else None
        if since is None:
            return None
        after = max(after, since - MOMENT)
    try:
        return next_after(schedule.rhythm, after).at
    except RhythmInvalid:
        return None


def slot_due_since(session: Session) -> datetime | None:
    """When the earliest slot that is not recorded yet is, or was, due."""
    return session.scalar(select(func.min(col(Schedule.next_due_at))).where(col(Schedule.is_enabled)))


def next_try_at(session: Session) -> datetime | None:
    """When the next work row that waits (for another try, or until it may be sent) is due, in the store's time."""
    at: datetime | None = session.scalar(_NEXT_TRY)
    return None if at is None else at + timedelta(seconds=stores.get(session).clock_offset_seconds)


def kinds_waiting(session: Session) -> list[type[WorkRow]]:
    """The kinds of which a row waits for its time, by the machine's clock, and is nearer to it when a test clock goes on."""
    found = session.execute(_WAITS).one()
    return [model for model, waits in zip(DRAINS, found, strict=True) if waits]


@dataclass(frozen=True)
class Owed:
    """What is due now: how many rows of each kind nobody has taken up, and how many are being worked on."""

    waiting: dict[str, int]
    working: int

    def __bool__(self) -> bool:
        return bool(self.waiting or self.working)


def owed(session: Session, now: datetime) -> Owed:
    """At the store's `now`. One statement over the small indexes of what is due, made once: it is asked many times a second."""
    counts = session.execute(_OWED, {"now": now}).one()
    waiting = {kind: count for kind, count in zip(_WAITING, counts, strict=False) if count}
    return Owed(waiting, sum(counts[len(_WAITING) :]))


def _waits(model: type[WorkRow]) -> ColumnElement[bool]:
    return and_(has_status(model, *DUE), col(model.next_attempt_at) > app_now())


def _first_waiting(model: type[WorkRow]) -> ScalarSelect[datetime | None]:
    only_looks = LOOKS.get(model)
    is_work = true() if only_looks is None else ~only_looks
    return select(func.min(col(model.next_attempt_at))).where(_waits(model), is_work).scalar_subquery()


def _count(model: type[Row], which: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(func.count()).select_from(model).where(which).scalar_subquery()


_IS_UNPAID = col(Order.status) == literal("pending_payment", literal_execute=True)
_WAITING = {
    **{str(model.__tablename__): _count(model, is_due(model)) for model in DRAINS},
    "debits due": _count(PaymentAttempt, col(PaymentAttempt.debit_at) <= bindparam("now")),
    "debts to ask for": _count(Dunning, and_(col(Dunning.status) == "open", col(Dunning.next_at) <= bindparam("now"))),
    "orders to expire": _count(Order, and_(_IS_UNPAID, col(Order.expires_at) <= bindparam("now"))),
}
_OWED = select(*_WAITING.values(), *(_count(model, has_status(model, "working")) for model in DRAINS))
_WAITS = select(*(exists().where(_waits(model), HURRIED_IF.get(model, true())) for model in DRAINS))
_NEXT_TRY = select(func.least(*(_first_waiting(model) for model in DRAINS)))
