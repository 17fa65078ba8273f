"""What becomes of one due delivery: to be ordered, or why not. Read for a whole chunk at once, decided in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlmodel import Session

from app.audit.service import record
from app.catalog import service as catalog
from app.catalog.models import Sellable
from app.checkout.renewing import Renewal
from app.checkout.writing import Sale, freeze_address
from app.core.actor import SYSTEM
from app.core.ids import new_id
from app.payments import mandate_queries as mandates
from app.payments.mandate_models import Mandate
from app.pricing import service as pricing
from app.stores.models import Store
from app.subscriptions import notifying, planning, queries
from app.subscriptions.models import Cycle, Subscription, SubscriptionLine
from app.subscriptions.planning import Calendar
from app.subscriptions.timing import Instants, replan


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


def read(
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


def decide(session: Session, facts: Facts, subscription: Subscription) -> Outcome | None:
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
    outcome = Outcome(subscription, new_cycle(facts, subscription, day, possible or planned))
    lines = facts.lines[subscription.id]
    if possible is None:
        close(outcome.cycle, "skipped", "missed")  # nobody pays for what cannot be delivered any more
    elif any(line.variant_id not in facts.goods for line in lines):
        close(outcome.cycle, "skipped", "not_on_sale")
    else:
        outcome.renewal = _renewal(facts, subscription, outcome.cycle, lines, mandate)
    return outcome


def new_cycle(facts: Facts, subscription: Subscription, day: date, times: Instants) -> Cycle:
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


def close(cycle: Cycle, status: str, reason: str) -> None:
    cycle.status, cycle.reason = status, reason


def _renewal(
    facts: Facts, subscription: Subscription, cycle: Cycle, lines: Sequence[SubscriptionLine], mandate: Mandate | None
) -> Renewal:
    address = facts.addresses[subscription.address_id]
    goods = {line.variant_id: facts.goods[line.variant_id] for line in lines}
    basket = pricing.price(facts.store, [(goods[line.variant_id], line.quantity) for line in lines], address["state_code"])
    sale = Sale(subscription.customer_id, address, goods, basket, facts.store.currency, subscription.payment_method)
    return Renewal(cycle.id, sale, facts.calendar.begins_at(cycle.delivers_on), mandate, cycle.charge_at)


def _needs_action(session: Session, subscription: Subscription, mandate: Mandate, calendar: Calendar) -> None:
    before = subscription.move("action_needed")
    subscription.paused_until = None
    planning.stop(subscription)
    session.add(subscription)
    cause = f"mandate {mandate.status}"
    record(session, SYSTEM, "subscription.action_needed", subscription, {"status": [before, subscription.status]}, cause=cause)
    notifying.action_needed(session, subscription, mandate, calendar.now)
