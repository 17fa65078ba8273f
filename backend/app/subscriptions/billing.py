"""The billing run: every due delivery gets its outcome, as a set. A run is a slot; a chunk of it is one transaction.

What a delivery costs is worked out in memory and written in few statements. Charges are rows, made after the commit.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from app.audit.service import record
from app.catalog import service as catalog
from app.catalog.models import Sellable
from app.checkout import renewing
from app.checkout.renewing import Renewal
from app.checkout.writing import Sale, freeze_address
from app.core.actor import SYSTEM
from app.core.ids import new_id
from app.core.logging import get_logger
from app.payments import mandate_queries as mandates
from app.payments.mandate_models import Mandate
from app.pricing import service as pricing
from app.stores.models import Store
from app.subscriptions import notifying, planning, queries
from app.subscriptions.models import Cycle, Subscription, SubscriptionLine
from app.subscriptions.planning import Calendar
from app.subscriptions.timing import Instants, replan

log = get_logger(__name__)

CHUNK = 500  # deliveries in one transaction: a second or two, far from any statement timeout


@dataclass(frozen=True)
class Facts:
    """All that a chunk needs to know, read in a handful of statements however long it is."""

    store: Store
    calendar: Calendar
    cause: str
    slot_id: UUID | None
    lines: Mapping[UUID, Sequence[SubscriptionLine]]
    addresses: Mapping[UUID, Mapping[str, str]]
    mandates: Mapping[UUID, Mandate]
    goods: Mapping[UUID, Sellable]
    taken: Mapping[UUID, set[date]]


@dataclass
class Outcome:
    """What became of one due delivery: `renewal` is to be ordered, unless there is a reason why not."""

    subscription: Subscription
    cycle: Cycle
    renewal: Renewal | None = field(default=None)


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
            return _bill(session, _read(session, store, calendar, due, cause, slot_id), due)
    except (OperationalError, SoftTimeLimitExceeded):  # the database is away, or the time is over: no delivery's doing
        raise
    except Exception as error:  # whatever it is: the chunk is halved until the culprit stands alone
        if len(due) > 1:
            half = len(due) // 2
            first = bill(session, store, calendar, due[:half], cause=cause, slot_id=slot_id)
            return first + bill(session, store, calendar, due[half:], cause=cause, slot_id=slot_id)
        log.error("delivery_not_billed", subscription_id=str(due[0].id), exc_info=error)
        return _fail(session, _read(session, store, calendar, due, cause, slot_id), due[0], type(error).__name__)


def _read(
    session: Session, store: Store, calendar: Calendar, due: Sequence[Subscription], cause: str, slot_id: UUID | None
) -> Facts:
    ids = [subscription.id for subscription in due]
    lines = queries.lines(session, ids)
    variant_ids = {line.variant_id for some in lines.values() for line in some}
    addresses = queries.addresses(session, {subscription.address_id for subscription in due})
    return Facts(
        store=store,
        calendar=calendar,
        cause=cause,
        slot_id=slot_id,
        lines=lines,
        addresses={address.id: freeze_address(address) for address in addresses.values()},
        mandates=mandates.get_many(session, [one.mandate_id for one in due if one.mandate_id]),
        goods={item.variant_id: item for item in catalog.sellable(session, variant_ids, calendar.today)},
        taken=queries.taken_days(session, ids, min((one.next_on for one in due if one.next_on), default=calendar.today)),
    )


def _bill(session: Session, facts: Facts, due: Sequence[Subscription]) -> Counter[str]:
    outcomes = [outcome for subscription in due if (outcome := _decide(session, facts, subscription))]
    session.add_all(outcome.cycle for outcome in outcomes)
    session.flush()
    renewals = [outcome.renewal for outcome in outcomes if outcome.renewal]
    calendar = facts.calendar
    orders = renewing.place_many(
        session, facts.store, renewals, today=calendar.today, now=calendar.now, actor=SYSTEM, cause=facts.cause
    )
    for outcome in outcomes:
        if outcome.renewal and outcome.cycle.id not in orders:
            _close(outcome.cycle, "skipped", "out_of_stock")
        elif outcome.renewal and not outcome.renewal.is_debited:
            outcome.cycle.notify_at = outcome.cycle.charge_at = None  # to be paid at the door, or by hand
        _write_down(session, facts, outcome)
    session.flush()
    return Counter(outcome.cycle.status for outcome in outcomes)


def _decide(session: Session, facts: Facts, subscription: Subscription) -> Outcome | None:
    """Pure but for the subscription's own state; None where nothing is due after all (its mandate is gone)."""
    day = subscription.next_on
    if day is None:
        return None
    mandate = facts.mandates.get(subscription.mandate_id) if subscription.mandate_id else None
    if mandate and not mandate.allows_debits:
        _needs_action(session, subscription, mandate, facts.calendar)
        return None
    if subscription.status == "paused":  # its end has come: the first delivery after it is being planned
        before = subscription.move("active")
        subscription.paused_until = None
        record(session, SYSTEM, "subscription.resumed", subscription, {"status": [before, "active"]}, cause="the pause ends")
    if day in facts.taken[subscription.id]:  # skipped in advance
        planning.advance(subscription, facts.calendar, facts.taken[subscription.id])
        session.add(subscription)
        return None
    planned = facts.calendar.instants(subscription, day)
    possible = replan(planned, day, facts.calendar.now, facts.calendar.zone)
    outcome = Outcome(subscription, _cycle(facts, subscription, day, possible or planned))
    lines = facts.lines[subscription.id]
    if possible is None:
        _close(outcome.cycle, "skipped", "missed")  # nobody pays for what cannot be delivered any more
    elif any(line.variant_id not in facts.goods for line in lines):
        _close(outcome.cycle, "skipped", "not_on_sale")
    else:
        outcome.renewal = _renewal(facts, subscription, outcome.cycle, lines, mandate)
    return outcome


def _cycle(facts: Facts, subscription: Subscription, day: date, times: Instants) -> Cycle:
    return Cycle(
        store_id=subscription.store_id,
        id=new_id(),
        subscription_id=subscription.id,
        delivers_on=day,
        status="created",
        edit_until=times.edit_until,
        notify_at=times.notify_at,
        charge_at=times.charge_at,
        slot_id=facts.slot_id,
    )


def _close(cycle: Cycle, status: str, reason: str) -> None:
    cycle.status, cycle.reason = status, reason


def _renewal(
    facts: Facts, subscription: Subscription, cycle: Cycle, lines: Sequence[SubscriptionLine], mandate: Mandate | None
) -> Renewal:
    address = facts.addresses[subscription.address_id]
    goods = {line.variant_id: facts.goods[line.variant_id] for line in lines}
    basket = pricing.price(facts.store, [(goods[line.variant_id], line.quantity) for line in lines], address["state_code"])
    sale = Sale(subscription.customer_id, address, goods, basket, facts.store.currency, subscription.payment_method)
    return Renewal(cycle.id, sale, facts.calendar.begins_at(cycle.delivers_on), mandate, cycle.charge_at)


def _write_down(session: Session, facts: Facts, outcome: Outcome) -> None:
    """The audit entry, the next date, and word to the customer where nothing will come."""
    subscription, cycle = outcome.subscription, outcome.cycle
    changes = {"delivers_on": [None, cycle.delivers_on.isoformat()], "status": [None, cycle.status]}
    why = f"{cycle.reason}; {facts.cause}" if cycle.reason else facts.cause
    record(session, SYSTEM, f"cycle.{cycle.status}", cycle, changes, cause=why)
    planning.advance(subscription, facts.calendar, facts.taken[subscription.id])
    session.add_all([subscription, cycle])
    if cycle.status == "skipped":
        notifying.delivery_skipped(session, subscription, cycle)


def _needs_action(session: Session, subscription: Subscription, mandate: Mandate, calendar: Calendar) -> None:
    before = subscription.move("action_needed")
    subscription.paused_until = None
    planning.stop(subscription)
    session.add(subscription)
    cause = f"mandate {mandate.status}"
    record(session, SYSTEM, "subscription.action_needed", subscription, {"status": [before, subscription.status]}, cause=cause)
    notifying.action_needed(session, subscription, mandate, calendar.now)


def _fail(session: Session, facts: Facts, subscription: Subscription, reason: str) -> Counter[str]:
    """The one that made trouble, in sight, with its reason; it goes on with its next delivery."""
    day = subscription.next_on or facts.calendar.today
    cycle = _cycle(facts, subscription, day, facts.calendar.instants(subscription, day))
    _close(cycle, "failed", reason[:60])
    session.add(cycle)
    session.flush()
    _write_down(session, facts, Outcome(subscription, cycle))
    session.flush()
    return Counter({"failed": 1})
