"""When a store's own time next makes something due, and what is owed at this moment. Reads only.

For whoever moves a test clock: it stops at each of these instants, and waits there until nothing is owed. Schedules that
have nothing to do are left to their catch-up rule, so a year is no more than what happens in it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, ScalarSelect, bindparam, func, select, true
from sqlmodel import Session, col

from app.core.slots import RhythmInvalid, next_after
from app.core.work_columns import DUE, WorkRow, app_now, has_status, is_due
from app.inbox.models import ProviderEvent
from app.jobs.models import Schedule, Slot
from app.notifications.models import Message
from app.payments import mandate_queries
from app.payments.mandate_models import Debit, Mandate
from app.payments.models import PaymentAttempt
from app.stores import service as stores
from app.subscriptions import queries as subscriptions
from app.subscriptions.models import Cycle

MOMENT = timedelta(microseconds=1)

DRAINS: dict[type[WorkRow], str] = {  # work rows, and the nudge whose task drains them for one store
    PaymentAttempt: "drain_payments",
    ProviderEvent: "drain_events",
    Message: "drain_messages",
    Slot: "drain_slots",
    Debit: "drain_debits",
    Mandate: "drain_mandates",
}
# Rows that only look again and again at what somebody else decides, whose word comes by itself: not worth a stop each.
LOOKS: dict[type[WorkRow], ColumnElement[bool]] = {
    Debit: col(Debit.status) == "pending",
    Mandate: col(Mandate.status) == "pending",
}

Source = Callable[[Session], datetime | None]  # when next, in the store's time


def planning_slot(session: Session) -> datetime | None:
    """The first slot of the billing run that finds a delivery to plan."""
    since = subscriptions.next_plan_at(session)
    return None if since is None else _slot_from(session, "process-due-subscriptions", since)


def reminder_slot(session: Session) -> datetime | None:
    """The next slot of the reminders, when a planned delivery waits for one."""
    waits = select(col(Cycle.id)).where(col(Cycle.reminded_at).is_(None), col(Cycle.status) == "created").limit(1)
    if session.scalar(waits) is None:
        return None
    return _slot_from(session, "send-subscription-renewal-reminders", None)


def other_slot(session: Session) -> datetime | None:
    """The next slot that no later one covers: of schedules that make up for everything, or for nothing."""
    uncovered = select(Schedule).where(col(Schedule.is_enabled), col(Schedule.catch_up) != "last")
    return min(filter(None, (_slot_of(schedule, None) for schedule in session.scalars(uncovered))), default=None)


SOURCES: tuple[Source, ...] = (planning_slot, reminder_slot, other_slot, mandate_queries.next_debit_at)


def next_at(session: Session) -> datetime | None:
    """The earliest instant at which there is something to do, of all sources; in the past: it is overdue."""
    return min(filter(None, (source(session) for source in SOURCES)), default=None)


def next_try_at(session: Session) -> datetime | None:
    """When the next work row that waits (for another try, or until it may be sent) is due, in the store's time."""
    at: datetime | None = session.scalar(_NEXT_TRY)
    return None if at is None else at + timedelta(seconds=stores.get(session).clock_offset_seconds)


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


def _slot_from(session: Session, name: str, since: datetime | None) -> datetime | None:
    schedule = session.scalar(select(Schedule).where(col(Schedule.name) == name, col(Schedule.is_enabled)))
    return _slot_of(schedule, since) if schedule else None


def _slot_of(schedule: Schedule, since: datetime | None) -> datetime | None:
    """The schedule's first slot that is not recorded yet, from `since` on; none where its rhythm is nonsense."""
    after = schedule.opened_until if since is None else max(schedule.opened_until, since - MOMENT)
    try:
        return next_after(schedule.rhythm, after).at
    except RhythmInvalid:
        return None


def _first_waiting(model: type[WorkRow]) -> ScalarSelect[datetime | None]:
    only_looks = LOOKS.get(model)
    is_work = true() if only_looks is None else ~only_looks
    first = select(func.min(col(model.next_attempt_at)))
    return first.where(has_status(model, *DUE), col(model.next_attempt_at) > app_now(), is_work).scalar_subquery()


def _count(model: type[WorkRow], which: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(func.count()).select_from(model).where(which).scalar_subquery()


_WAITING = {
    **{str(model.__tablename__): _count(model, is_due(model)) for model in DRAINS},
    "debits due": _count(PaymentAttempt, col(PaymentAttempt.debit_at) <= bindparam("now")),
}
_OWED = select(*_WAITING.values(), *(_count(model, has_status(model, "working")) for model in DRAINS))
_NEXT_TRY = select(func.least(*(_first_waiting(model) for model in DRAINS)))
