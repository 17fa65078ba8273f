"""Pause and resume: each changes what is to come, and says what happens to what is on its way.

Whatever was charged or announced before a change stays as the answer says; nothing here charges anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlmodel import Session

from app.audit.service import record
from app.core.actor import Actor
from app.orders.models import Order
from app.payments import mandate_queries as mandates
from app.payments.errors import MandateNotConfirmed
from app.subscriptions import arrears, calendar_queries, planning, provider_billing, queries
from app.subscriptions.errors import PauseUntilPast, SubscriptionMoveNotAllowed
from app.subscriptions.models import Subscription
from app.subscriptions.planning import Calendar
from app.subscriptions.states import MOVES

MAX_DAYS_AHEAD = 366  # for a wish about one day; whoever wants less for longer wants a pause
OVER = ("cancelled", "delivered")  # orders that no change of the subscription touches


@dataclass(frozen=True)
class OpenOrder:
    """A delivery that was an order already when the change came: `kept` (it will be delivered) or `cancelled`."""

    order: Order
    delivers_on: date
    outcome: str


@dataclass(frozen=True)
class Change:
    """The subscription as it is now, and what happened to its open orders."""

    subscription: Subscription
    open_orders: list[OpenOrder] = field(default_factory=list)


def pause(
    session: Session, subscription_id: UUID, owner_id: UUID | None, until: date | None, *, actor: Actor, calendar: Calendar
) -> Change:
    """Deliver nothing that is not an order yet, before `until` (or until resumed). Safe to repeat. Locks it.

    What is asked for again because its payment failed is not any more, and is cancelled unless it went out already.
    """
    if until is not None and until <= calendar.today:
        raise PauseUntilPast(field="until", earliest=date.fromordinal(calendar.today.toordinal() + 1).isoformat())
    subscription = queries.get(session, subscription_id, owner_id, lock=True)
    before, until_before = subscription.status, subscription.paused_until
    if (before, until_before) == ("paused", until):
        return Change(subscription, open_orders(session, subscription, calendar))
    if before != "paused":
        subscription.move("paused")
    subscription.paused_until = until
    if until is None:
        planning.stop(subscription)
    else:
        planning.schedule(session, subscription, calendar)
    session.add(subscription)
    changes = {"status": [before, "paused"], "paused_until": [_text(until_before), _text(until)]}
    record(session, actor, "subscription.paused", subscription, changes)
    provider_billing.pass_on(session, subscription, actor, "paused here")
    ended = arrears.stop(session, subscription, "its subscription was paused", actor=actor, calendar=calendar)
    return Change(subscription, [*of_ended(ended), *open_orders(session, subscription, calendar)])


def resume(session: Session, subscription_id: UUID, owner_id: UUID | None, *, actor: Actor, calendar: Calendar) -> Change:
    """Go on with the next delivery that can still be changed, on the old rhythm. Charges nothing now. Safe to repeat."""
    subscription = queries.get(session, subscription_id, owner_id, lock=True)
    if subscription.status == "active":
        return Change(subscription, open_orders(session, subscription, calendar))
    if subscription.status != "paused":
        raise SubscriptionMoveNotAllowed(
            f"a subscription that is {subscription.status.replace('_', ' ')} cannot be resumed",
            present=subscription.status,
            allowed=sorted(MOVES[subscription.status]),
        )
    if subscription.mandate_id and not mandates.get(session, subscription.mandate_id).allows_debits:
        raise MandateNotConfirmed
    subscription.move("active")
    subscription.paused_until = None
    planning.schedule(session, subscription, calendar)
    session.add(subscription)
    record(session, actor, "subscription.resumed", subscription, {"status": ["paused", "active"]})
    provider_billing.pass_on(session, subscription, actor, "resumed here")
    return Change(subscription, open_orders(session, subscription, calendar))


def of_ended(ended: Sequence[tuple[Order, date]]) -> list[OpenOrder]:
    """Orders that a change has cancelled."""
    return [OpenOrder(order, delivers_on, "cancelled") for order, delivers_on in ended]


def open_orders(session: Session, subscription: Subscription, calendar: Calendar) -> list[OpenOrder]:
    """Deliveries from today on that are orders already."""
    return [order for _, order in open_orders_of(session, [subscription], calendar)]


def open_orders_of(
    session: Session, subscriptions: Sequence[Subscription], calendar: Calendar
) -> list[tuple[Subscription, OpenOrder]]:
    """See `open_orders`: of all of these, in order of their days."""
    decided = calendar_queries.cycles_from(session, [one.id for one in subscriptions], calendar.today)
    cycles = {cycle.id: (one, cycle) for one in subscriptions for cycle in decided.get(one.id, ())}
    made = queries.orders_of_cycles(session, list(cycles))
    kept = [(*cycles[cycle_id], order) for cycle_id, order in made.items() if order.status not in OVER]
    return [
        (one, OpenOrder(order, cycle.delivers_on, "kept"))
        for one, cycle, order in sorted(kept, key=lambda found: (found[1].delivers_on, found[2].id))
    ]


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None
