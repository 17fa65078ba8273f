"""The billing run's work: every due delivery gets its outcome, as a set. A chunk is one transaction.

What a delivery costs is worked out in memory, and all that it leads to is written in few statements: what others wait for, the
levels of stock and the order numbers, last. Charges are rows, made after the commit.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from app.checkout import renewing
from app.checkout.paying import allowances
from app.core.actor import SYSTEM
from app.core.bulk import insert_many, update_many
from app.core.logging import get_logger
from app.stock.allocating import Shelf, ShelfChanged
from app.stores.models import Store
from app.subscriptions import (
    catching_up,
    chunk_facts,
    deciding,
    following,
    notifying,
    provider_billing,
    quarantine,
    queries,
    recording,
    reserving,
)
from app.subscriptions.chunk_facts import Facts
from app.subscriptions.deciding import Outcome
from app.subscriptions.models import Subscription
from app.subscriptions.planning import Calendar
from app.subscriptions.queries import Due

log = get_logger(__name__)

CHUNK = 200  # deliveries in one transaction: some tenths of a second, for stock and numbers are locked during a part of it


def bill_due(
    session: Session, store: Store, calendar: Calendar, *, cause: str, run_id: UUID | None, due_by: datetime | None = None
) -> Counter[str]:
    """Decide a chunk of due deliveries; how many were `created`, `skipped`, `failed`, of how many `due`.

    Call again, in a new transaction, until none is due. Locks the subscriptions, passing over those somebody holds. Safe to
    run twice, and at the same time. `due_by`: only what was due by an earlier instant.
    """
    due = queries.lock_due(session, due_by or calendar.now, CHUNK)
    counts = bill(session, store, calendar, due, cause=cause, run_id=run_id) if due else Counter[str]()
    return counts + Counter({"due": len(due)})


def bill(
    session: Session, store: Store, calendar: Calendar, due: Sequence[Due], *, cause: str, run_id: UUID | None = None
) -> Counter[str]:
    """Decide one delivery of each of these due, locked subscriptions. One whose numbers make trouble harms no other."""
    try:
        with session.begin_nested():
            facts = chunk_facts.read(session, store, calendar, due, run_id)
        return _bill_at_once(session, facts, due, cause)
    except (OperationalError, SoftTimeLimitExceeded):  # the database is away, or the time is over: no delivery's doing
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is
        trouble = error
    if len(due) > 1:  # halved until the culprit stands alone
        half = len(due) // 2
        first = bill(session, store, calendar, due[:half], cause=cause, run_id=run_id)
        return first + bill(session, store, calendar, due[half:], cause=cause, run_id=run_id)
    log.error("delivery_not_billed", subscription_id=str(due[0].id), exc_info=trouble)
    quarantine.hold(session, calendar, due[0], trouble, cause, run_id)
    return Counter({"failed": 1})


def _bill_at_once(session: Session, facts: Facts, due: Sequence[Due], cause: str) -> Counter[str]:
    """All of them, or none. Where somebody took meanwhile what was on the shelf, once more with the shelf in our hands."""
    try:
        with session.begin_nested():
            return _bill(session, facts, due, cause, Shelf(session, chunk_facts.variants(facts)))
    except ShelfChanged:
        with session.begin_nested():
            return _bill(session, facts, due, cause, Shelf(session, chunk_facts.variants(facts), lock=True))


def _bill(session: Session, facts: Facts, due: Sequence[Due], cause: str, shelf: Shelf) -> Counter[str]:
    trusted = allowances(session, [(one.customer_id, one.payment_method) for one in due])
    outcomes = [deciding.decide(facts, shelf, one, trusted) for one in due]
    decided = [outcome for outcome in outcomes if outcome.cycle]
    insert_many(session, [outcome.cycle for outcome in decided if outcome.cycle])
    entries = [made for outcome in outcomes for made in recording.entries(session, outcome, cause)]
    update_many(
        session, Subscription, [recording.state(facts, outcome) for outcome in outcomes if outcome.lost_mandate is None]
    )
    by_wallet = [one for one in due if one.payment_method == "wallet"]
    _, made = renewing.place_many(
        session,
        facts.store,
        [outcome.renewal for outcome in decided if outcome.renewal],
        shelf,
        today=facts.calendar.today,
        now=facts.calendar.now,
        actor=SYSTEM,
        cause=cause,
        purses_of={due.customer_id for due in by_wallet},
    )
    insert_many(session, [*entries, *made])
    reserving.refresh_ids(session, [one.id for one in by_wallet], facts.calendar, cause=cause)
    for outcome in outcomes:
        if outcome.made_up is not None:
            catching_up.write(session, outcome.due.id, outcome.made_up, facts.calendar.now)
        _tell(session, facts, outcome)
    return Counter(outcome.cycle.status for outcome in decided if outcome.cycle)


def _tell(session: Session, facts: Facts, outcome: Outcome) -> None:
    """Word to the customer where less comes than was agreed, or nothing; rare, so one by one."""
    cycle = outcome.cycle
    if outcome.is_resumed and outcome.due.payment_method == "provider":
        resumed = queries.get(session, outcome.due.id, None, lock=True)
        provider_billing.pass_on(session, resumed, SYSTEM, "the pause ends")
    if outcome.lost_mandate is not None:
        subscription = queries.get(session, outcome.due.id, None, lock=True)
        following.stop(session, subscription, outcome.lost_mandate, now=facts.calendar.now, actor=SYSTEM)
    elif cycle is not None and cycle.status == "skipped" and cycle.reason in notifying.REASONS:
        notifying.delivery_skipped(session, queries.get(session, outcome.due.id, None, lock=True), cycle)
    elif cycle is not None and outcome.differs:
        notifying.delivery_differs(session, queries.get(session, outcome.due.id, None, lock=True), cycle, outcome.differs)
