"""One day of a subscription with all that is wished for it: found, checked and written in one place, whatever the wish."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import Session, col

from app.audit.service import record
from app.carts.rules import MAX_LINES
from app.checkout.writing import freeze_address
from app.core.actor import Actor
from app.subscriptions import affording, changing, plan_queries, queries
from app.subscriptions.changing import MAX_DAYS_AHEAD, Change
from app.subscriptions.coming import ALL, Plan, days, is_delivery_day
from app.subscriptions.errors import (
    CutOffPassed,
    LinesInvalid,
    NotADeliveryDay,
    ProviderKeepsSchedule,
    SkipTooFar,
    SubscriptionMoveNotAllowed,
)
from app.subscriptions.models import DeliveryChange, Subscription
from app.subscriptions.planning import Calendar
from app.subscriptions.states import MOVES

Wishes = Mapping[UUID | None, int]


@dataclass(frozen=True)
class DeliveryDay:
    """A day of the rule, of a locked subscription, with all that is wished for it."""

    subscription: Subscription
    plan: Plan
    delivers_on: date
    calendar: Calendar

    @property
    def agreed(self) -> Mapping[UUID, int]:
        return self.plan.agreed_on(self.delivers_on).on(self.delivers_on)

    @property
    def wishes(self) -> Wishes:
        return self.plan.wishes.get(self.delivers_on, {})

    @property
    def coming(self) -> dict[UUID, int]:
        """As things stand, were it not left out."""
        return {**self.agreed, **{one: quantity for one, quantity in self.wishes.items() if one is not None}}


def find(session: Session, subscription_id: UUID, owner_id: UUID | None, day: date, calendar: Calendar) -> DeliveryDay:
    """Locks the subscription. NotADeliveryDay, SkipTooFar, SubscriptionMoveNotAllowed."""
    subscription = queries.get(session, subscription_id, owner_id, lock=True)
    if subscription.status not in ("active", "paused", "awaiting_mandate"):
        raise SubscriptionMoveNotAllowed(present=subscription.status, allowed=sorted(MOVES[subscription.status]))
    plan = plan_queries.plan(session, subscription, min(day, calendar.today))
    if not is_delivery_day(plan, day):
        raise NotADeliveryDay(field="delivers_on")
    if (day - calendar.today).days > MAX_DAYS_AHEAD:
        raise SkipTooFar(field="delivers_on", maximum_days=MAX_DAYS_AHEAD)
    return DeliveryDay(subscription, plan, day, calendar)


def wish(session: Session, found: DeliveryDay, wishes: Wishes, action: str, actor: Actor) -> Change:
    """Nothing but these wishes for that day; one for what is agreed anyway is none."""
    subscription, calendar, day = found.subscription, found.calendar, found.delivers_on
    wanted = {key: quantity for key, quantity in wishes.items() if key is ALL or found.agreed.get(key, 0) != quantity}
    if wanted != found.wishes:
        _refuse_late(found)
        _refuse_what_cannot_be(session, found, wanted)
        session.execute(
            delete(DeliveryChange).where(
                col(DeliveryChange.subscription_id) == subscription.id, col(DeliveryChange.delivers_on) == day
            )
        )
        session.add_all(
            DeliveryChange(
                store_id=subscription.store_id,
                subscription_id=subscription.id,
                delivers_on=day,
                variant_id=key,
                quantity=quantity,
            )
            for key, quantity in wanted.items()
        )
        session.flush()
        changes = {"delivers_on": [None, day.isoformat()], "wishes": [_text(found.wishes), _text(wanted)]}
        record(session, actor, action, subscription, changes)
    return Change(subscription, changing.open_orders(session, subscription, calendar))


def _refuse_late(found: DeliveryDay) -> None:
    shift = found.plan.agreed_on(found.delivers_on).shift
    times = found.calendar.instants(found.subscription.payment_method, found.delivers_on, shift)
    if found.delivers_on in found.plan.decided or times.edit_until <= found.calendar.now:
        raise CutOffPassed(edit_until=times.edit_until.isoformat(), field="delivers_on")


def _refuse_what_cannot_be(session: Session, found: DeliveryDay, wanted: Wishes) -> None:
    """What is not sold, too many things, or more than the mandate allows."""
    day = found.delivers_on
    more = {key: quantity for key, quantity in wanted.items() if key is not None and quantity > found.coming.get(key, 0)}
    if not more:
        return
    if found.subscription.billing_owner == "provider":  # it charges the same each time; less goes into the wallet
        raise ProviderKeepsSchedule
    affording.check_on_sale(session, more.keys() - found.coming.keys(), day, "variant_id")
    coming = next(days(replace(found.plan, wishes={day: {**wanted}}, decided=(), left=None), day))
    if len(coming.quantities) > MAX_LINES:
        raise LinesInvalid(field="variant_id", minimum=1, maximum=MAX_LINES)
    address = queries.addresses(session, {coming.agreed.address_id})[coming.agreed.address_id]
    affording.check_limit(session, found.subscription, coming.quantities, freeze_address(address), day)


def _text(wishes: Wishes) -> dict[str, int]:
    """By variant; `all`: nothing comes."""
    return {str(key or "all"): quantity for key, quantity in wishes.items()}
