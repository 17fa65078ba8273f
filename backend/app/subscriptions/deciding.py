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
from app.subscriptions import coming, notifying, plan_queries, planning, queries
from app.subscriptions.coming import Day, Plan
from app.subscriptions.models import Cycle, Subscription
from app.subscriptions.planning import Calendar
from app.subscriptions.timing import Instants, replan


@dataclass(frozen=True)
class Facts:
    """All that a chunk needs to know, read in a handful of statements however long it is."""

    store: Store
    calendar: Calendar
    cause: str
    slot_id: UUID | None
    plans: Mapping[UUID, Plan]
    addresses: Mapping[UUID, Mapping[str, str]]
    mandates: Mapping[UUID, Mandate]
    goods: Mapping[date, Mapping[UUID, Sellable]]  # by day of delivery, then by variant


@dataclass
class Outcome:
    """What became of one due delivery: `renewal` is to be ordered, unless there is a reason why not."""

    subscription: Subscription
    cycle: Cycle
    renewal: Renewal | None = field(default=None)


def read(
    session: Session, store: Store, calendar: Calendar, due: Sequence[Subscription], cause: str, slot_id: UUID | None
) -> Facts:
    days = {one.next_on for one in due if one.next_on}
    plans = plan_queries.plans(session, due, min(days, default=calendar.today))
    agreed = [plans[one.id].agreed_on(one.next_on) for one in due if one.next_on]
    addresses = queries.addresses(session, {one.address_id for one in agreed})
    variant_ids = {item.variant_id for one in agreed for item in one.items}
    variant_ids |= {wished for plan in plans.values() for day in days for wished in plan.wishes.get(day, ()) if wished}
    return Facts(
        store=store,
        calendar=calendar,
        cause=cause,
        slot_id=slot_id,
        plans=plans,
        addresses={address.id: freeze_address(address) for address in addresses.values()},
        mandates=mandates.get_many(session, [one.mandate_id for one in due if one.mandate_id]),
        goods={day: {item.variant_id: item for item in catalog.sellable(session, variant_ids, day)} for day in days},
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
    plan = facts.plans[subscription.id]
    due = next(coming.days(plan, day), None)
    if due is None or due.delivers_on != day:  # decided already, or no day of what is agreed by now
        planning.advance(session, subscription, facts.calendar, plan)
        session.add(subscription)
        return None
    planned = facts.calendar.instants(subscription.payment_method, day, due.agreed.shift)
    possible = replan(planned, day, facts.calendar.now, facts.calendar.zone)
    outcome = Outcome(subscription, new_cycle(facts, subscription, due, possible or planned))
    if due.left_out:
        close(outcome.cycle, "skipped", due.left_out)
    elif possible is None:
        close(outcome.cycle, "skipped", "missed")  # nobody pays for what cannot be delivered any more
    elif any(variant_id not in facts.goods[day] for variant_id in due.quantities):
        close(outcome.cycle, "skipped", "not_on_sale")
    else:
        outcome.renewal = _renewal(facts, subscription, outcome.cycle, due, mandate)
    return outcome


def new_cycle(facts: Facts, subscription: Subscription, day: Day, times: Instants) -> Cycle:
    return Cycle(
        store_id=subscription.store_id,
        id=new_id(),
        subscription_id=subscription.id,
        delivers_on=day.delivers_on,
        shift=day.agreed.shift,
        status="created",
        edit_until=times.edit_until,
        notify_at=times.notify_at,
        charge_at=times.charge_at,
        slot_id=facts.slot_id,
    )


def close(cycle: Cycle, status: str, reason: str) -> None:
    cycle.status, cycle.reason = status, reason


def _renewal(facts: Facts, subscription: Subscription, cycle: Cycle, day: Day, mandate: Mandate | None) -> Renewal:
    address = facts.addresses[day.agreed.address_id]
    on_sale = facts.goods[day.delivers_on]
    goods = {variant_id: on_sale[variant_id] for variant_id in day.quantities}
    basket = pricing.price(facts.store, [(goods[one], pieces) for one, pieces in day.quantities.items()], address["state_code"])
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
