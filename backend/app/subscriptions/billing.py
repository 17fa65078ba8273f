"""The billing run: every due delivery gets its outcome, as a set. A run is a slot; a chunk of it is one transaction.

What a delivery costs is worked out in memory and written in few statements. Charges are rows, made after the commit.
"""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from app.audit.service import record
from app.checkout import renewing
from app.core.actor import SYSTEM
from app.core.logging import get_logger
from app.stores.models import Store
from app.subscriptions import deciding, notifying, planning, queries
from app.subscriptions.coming import Day
from app.subscriptions.deciding import Facts, Outcome
from app.subscriptions.models import Subscription
from app.subscriptions.planning import Calendar

log = get_logger(__name__)

CHUNK = 500  # deliveries in one transaction: a second or two, far from any statement timeout


def bill_due(session: Session, store: Store, calendar: Calendar, *, cause: str, slot_id: UUID | None) -> Counter[str]:
    """Decide a chunk of due deliveries; how many were `created`, `skipped`, `failed`, of how many `due`.

    Call again, in a new transaction, until none is due. Locks the subscriptions, passing over those somebody holds. Safe to
    run twice, and at the same time.
    """
    due = queries.lock_due(session, calendar.now, CHUNK)
    counts = bill(session, store, calendar, due, cause=cause, slot_id=slot_id) if due else Counter[str]()
    return counts + Counter({"due": len(due)})


def bill(
    session: Session,
    store: Store,
    calendar: Calendar,
    due: Sequence[Subscription],
    *,
    cause: str,
    slot_id: UUID | None = None,
) -> Counter[str]:
    """Decide one delivery of each of these due, locked subscriptions. One whose numbers make trouble harms no other."""
    try:
        with session.begin_nested():
            return _bill(session, deciding.read(session, store, calendar, due, cause, slot_id), due)
    except (OperationalError, SoftTimeLimitExceeded):  # the database is away, or the time is over: no delivery's doing
        raise
    except Exception as error:  # whatever it is: the chunk is halved until the culprit stands alone
        if len(due) > 1:
            half = len(due) // 2
            first = bill(session, store, calendar, due[:half], cause=cause, slot_id=slot_id)
            return first + bill(session, store, calendar, due[half:], cause=cause, slot_id=slot_id)
        log.error("delivery_not_billed", subscription_id=str(due[0].id), exc_info=error)
        return _fail(session, deciding.read(session, store, calendar, due, cause, slot_id), due[0], type(error).__name__)


def _bill(session: Session, facts: Facts, due: Sequence[Subscription]) -> Counter[str]:
    outcomes = [outcome for subscription in due if (outcome := deciding.decide(session, facts, subscription))]
    session.add_all(outcome.cycle for outcome in outcomes)
    session.flush()
    renewals = [outcome.renewal for outcome in outcomes if outcome.renewal]
    calendar = facts.calendar
    orders = renewing.place_many(
        session, facts.store, renewals, today=calendar.today, now=calendar.now, actor=SYSTEM, cause=facts.cause
    )
    for outcome in outcomes:
        if outcome.renewal and outcome.cycle.id not in orders:
            deciding.close(outcome.cycle, "skipped", "out_of_stock")
        elif outcome.renewal and not outcome.renewal.is_debited:
            outcome.cycle.notify_at = outcome.cycle.charge_at = None  # to be paid at the door, or by hand
        _write_down(session, facts, outcome)
    session.flush()
    return Counter(outcome.cycle.status for outcome in outcomes)


def _write_down(session: Session, facts: Facts, outcome: Outcome) -> None:
    """The audit entry, the next date, and word to the customer where nothing will come."""
    subscription, cycle = outcome.subscription, outcome.cycle
    changes = {"delivers_on": [None, cycle.delivers_on.isoformat()], "status": [None, cycle.status]}
    why = f"{cycle.reason}; {facts.cause}" if cycle.reason else facts.cause
    record(session, SYSTEM, f"cycle.{cycle.status}", cycle, changes, cause=why)
    planning.advance(
        session, subscription, facts.calendar, facts.plans[subscription.id], is_delivered=cycle.status == "created"
    )
    session.add_all([subscription, cycle])
    if cycle.status == "skipped" and cycle.reason in notifying.REASONS:
        notifying.delivery_skipped(session, subscription, cycle)


def _fail(session: Session, facts: Facts, subscription: Subscription, reason: str) -> Counter[str]:
    """The one that made trouble, in sight, with its reason; it goes on with its next delivery."""
    day = subscription.next_on or facts.calendar.today
    agreed = facts.plans[subscription.id].agreed_on(day)
    times = facts.calendar.instants(subscription.payment_method, day, agreed.shift)
    cycle = deciding.new_cycle(facts, subscription, Day(day, agreed, {}), times)
    deciding.close(cycle, "failed", reason[:60])
    session.add(cycle)
    session.flush()
    _write_down(session, facts, Outcome(subscription, cycle))
    session.flush()
    return Counter({"failed": 1})
