"""Take up again a subscription that is over: the same terms, on the old rhythm, from the next delivery that is possible."""

from datetime import date
from uuid import UUID

from sqlmodel import Session

from app.audit.service import record
from app.checkout.writing import freeze_address
from app.core.actor import Actor
from app.payments import mandate_queries as mandates
from app.subscriptions import affording, calendar_queries, changing, plan_queries, planning, queries
from app.subscriptions.beginning import COUNTED_FOR, MAX_LIVE
from app.subscriptions.changing import Change
from app.subscriptions.coming import days
from app.subscriptions.errors import EndsBeforeStart, ProviderKeepsSchedule, TooManySubscriptions
from app.subscriptions.models import Subscription
from app.subscriptions.planning import Calendar
from app.subscriptions.states import LIVE, Status


def reactivate(
    session: Session,
    subscription_id: UUID,
    customer_id: UUID,
    ends_on: date | None,
    ends_after: int | None,
    *,
    actor: Actor,
    calendar: Calendar,
) -> Change:
    """Go on where it ended, without an end unless one is named; `ends_after` counts from now on. Charges nothing now.

    By a mandate that is still good it is active at once; else it awaits one, which its customer asks for next. Safe to repeat.
    Locks the customer and it. NotOnSale, EndsBeforeStart, TooManySubscriptions, MandateLimitExceeded.
    """
    queries.lock_customer(session, customer_id)
    subscription = queries.get(session, subscription_id, customer_id, lock=True)
    if subscription.status in LIVE:
        return Change(subscription, changing.open_orders(session, subscription, calendar))
    if subscription.billing_owner == "provider":
        raise ProviderKeepsSchedule
    if queries.count_live(session, customer_id, calendar.now - COUNTED_FOR) >= MAX_LIVE:
        raise TooManySubscriptions(maximum=MAX_LIVE)
    before = subscription.move(_wanted(session, subscription))
    subscription.cancelled_at = subscription.cancel_reason = subscription.paused_until = None
    subscription.ends_on = ends_on
    subscription.ends_after = None if ends_after is None else calendar_queries.made(session, subscription.id) + ends_after
    _refuse_what_cannot_be(session, subscription, calendar)
    if subscription.status == "active":
        planning.schedule(session, subscription, calendar)
    session.add(subscription)
    record(session, actor, "subscription.reactivated", subscription, {"status": [before, subscription.status]})
    return Change(subscription, changing.open_orders(session, subscription, calendar))


def _wanted(session: Session, subscription: Subscription) -> Status:
    if subscription.mandate_id is None or mandates.get(session, subscription.mandate_id).allows_debits:
        return "active"
    return "awaiting_mandate"


def _refuse_what_cannot_be(session: Session, subscription: Subscription, calendar: Calendar) -> None:
    plan = plan_queries.plan(session, subscription, calendar.today)
    first = next(days(plan, calendar.today), None)
    if first is None:
        raise EndsBeforeStart(field="ends_on")
    quantities, day = affording.most(first.agreed), first.delivers_on
    affording.check_on_sale(session, set(quantities), day)
    address = queries.addresses(session, {first.agreed.address_id})[first.agreed.address_id]
    affording.check_limit(session, subscription, quantities, freeze_address(address), day)
