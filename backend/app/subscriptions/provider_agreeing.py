"""What is agreed with the payment provider that bills a subscription: its rhythm, its price, its first charge, its end."""

from datetime import datetime, timedelta

from sqlmodel import Session

from app.catalog import service as catalog
from app.core.actor import Actor
from app.payments import provider_asking, provider_subscriptions
from app.payments import provider_subscription_queries as agreements
from app.payments.debit_rules import MAX_UNATTENDED_AMOUNT
from app.payments.provider_asking import Agreement
from app.payments.provider_plans import Price
from app.payments.provider_subscription_models import ProviderSubscription
from app.stores import service as stores
from app.subscriptions import plan_queries
from app.subscriptions.coming import Day, Plan, days
from app.subscriptions.errors import ProviderCannotKeep, StartTooSoon, StillApproved
from app.subscriptions.models import Subscription
from app.subscriptions.planning import Calendar
from app.subscriptions.provider_rhythm import LEAD_DAYS, ProviderPeriod, charge_on, most_cycles, plan_period
from app.subscriptions.wording import sentence

APPROVAL_TAKES = timedelta(hours=1)  # at the least, for the customer to do it
FAR_ENOUGH = timedelta(days=LEAD_DAYS + 3)  # a start that is always possible


def check(first: Day, calendar: Calendar) -> ProviderPeriod:
    """How the provider keeps what is agreed for that delivery, beginning with it.

    ProviderCannotKeep: it has no words for the rhythm, or the price differs by weekday. StartTooSoon names the earliest day.
    """
    period = plan_period(first.agreed.rule)
    if not isinstance(period, ProviderPeriod):
        raise ProviderCannotKeep(field="rule", reason=period)
    if any(item.by_weekday for item in first.agreed.items):
        raise ProviderCannotKeep(field="lines", reason="quantities_differ")
    if _approve_by(first, calendar) < calendar.now + APPROVAL_TAKES:
        raise StartTooSoon(field="starts_on", earliest=(calendar.today + FAR_ENOUGH).isoformat())
    return period


def agree(
    session: Session, subscription: Subscription, amount: int, *, calendar: Calendar, actor: Actor
) -> ProviderSubscription:
    """Ask for the provider's subscription, beginning with the first delivery that it can still charge in time.

    `amount` is what one delivery costs. The subscription's rows are there already, and locked. ProviderCannotKeep.
    """
    if amount > MAX_UNATTENDED_AMOUNT:
        raise ProviderCannotKeep(field="lines", reason="over_limit", maximum=MAX_UNATTENDED_AMOUNT)
    plan = plan_queries.plan(session, subscription, calendar.today)
    first = _first(plan, calendar)
    period = check(first, calendar)
    names = catalog.names(session, [item.variant_id for item in first.agreed.items])
    currency = stores.get(session).currency
    price = Price(period.period, period.every, amount, currency, sentence(first.agreed, names))
    start_at = calendar.begins_at(charge_on(first.agreed.rule, first.delivers_on))
    terms = Agreement(price, _cycles(plan, first, period), start_at, _approve_by(first, calendar))
    return provider_asking.ask(session, subscription.id, subscription.customer_id, terms, now=calendar.now, actor=actor)


def to_approve(session: Session, subscription: Subscription) -> ProviderSubscription | None:
    """The agreement that waits for its customer, or fails to charge, to be looked at now; None: a new one is needed.

    StillApproved: it works.
    """
    found = agreements.of_subscription(session, subscription.id)
    if found is None or found.is_final:
        return None
    if found.status in ("authenticated", "active", "paused"):
        raise StillApproved(provider_status=found.status)
    free = agreements.live_locked(session, subscription.id)
    if free is not None and free.work_status != "working":
        provider_subscriptions.look_now(session, free)
    return free or found


def _first(plan: Plan, calendar: Calendar) -> Day:
    coming = (day for day in days(plan, calendar.today) if not day.left_out)
    limit = calendar.now + APPROVAL_TAKES
    first = next((day for day in coming if _approve_by(day, calendar) >= limit), None)
    if first is None:
        raise ProviderCannotKeep(field="ends_on", reason="nothing_to_come")
    return first


def _cycles(plan: Plan, first: Day, period: ProviderPeriod) -> int:
    """How often it is to charge: to the agreed end, else for ten years."""
    most = most_cycles(period)
    if plan.ends_on is None and plan.left is None:
        return most
    counted = 0
    for _ in days(plan, first.delivers_on):
        counted += 1
        if counted >= most:
            break
    return counted


def _approve_by(day: Day, calendar: Calendar) -> datetime:
    """Before the delivery is planned, which is before it is charged."""
    return calendar.instants("provider", day.delivers_on, day.agreed.shift).edit_until
