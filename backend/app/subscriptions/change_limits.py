"""What may not be agreed from a day on: too late, nothing for ever, what is not sold, more than the mandate allows."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from sqlmodel import Session

from app.carts.rules import MAX_LINES
from app.checkout.writing import freeze_address
from app.subscriptions import affording, queries
from app.subscriptions.coming import Agreed, Day, Plan, days
from app.subscriptions.errors import CutOffPassed, EndsBeforeStart, LinesInvalid
from app.subscriptions.models import Subscription
from app.subscriptions.planning import Calendar


def refuse_late(subscription: Subscription, before: Plan, after: Plan, from_on: date, calendar: Calendar) -> None:
    """The first delivery that goes, and the first that comes in its place, can both still be changed."""

    def is_fixed(plan: Plan, day: Day) -> bool:
        times = calendar.instants(subscription.payment_method, day.delivers_on, day.agreed.shift)
        return day.delivers_on in plan.decided or times.edit_until <= calendar.now

    for plan in (before, after):
        bare = replace(plan, decided=(), left=None)
        first = next(days(bare, from_on), None)
        if first and is_fixed(plan, first):
            possible = next((day.delivers_on for day in days(bare, first.delivers_on) if not is_fixed(plan, day)), None)
            times = calendar.instants(subscription.payment_method, first.delivers_on, first.agreed.shift)
            raise CutOffPassed(
                edit_until=times.edit_until.isoformat(), field="from_on", earliest=possible.isoformat() if possible else None
            )


def refuse_what_cannot_be(
    session: Session, subscription: Subscription, plan: Plan, after: Sequence[Agreed], calendar: Calendar
) -> None:
    """Nothing in it, nothing for ever, what is not sold, or more than the mandate allows."""
    if (
        next(days(replace(plan, agreed=after, wishes={}, away=(), closed=(), decided=(), left=None), calendar.today), None)
        is None
    ):
        raise EndsBeforeStart(field="from_on")
    known = {item.variant_id for one in plan.agreed for item in one.items}
    for one in after:
        if one in plan.agreed:
            continue
        if not 1 <= len(one.items) <= MAX_LINES:
            raise LinesInvalid(field="lines", minimum=1, maximum=MAX_LINES)
        day, was = max(one.from_on, calendar.today), plan.agreed_on(one.from_on)
        affording.check_on_sale(session, {item.variant_id for item in one.items} - known, day)
        if one.items != was.items:
            address = queries.addresses(session, {one.address_id})[one.address_id]
            affording.check_limit(session, subscription, affording.most(one), freeze_address(address), day)
