"""Subscriptions that the payment provider bills: what is agreed with it, and what it is told of our changes.

It charges; we never do. Its price is fixed with the agreement, and its calendar is ours moved by a few days, so what would
change either is refused here, before anything is written.
"""

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
from app.payments.provider_subscription_rules import FINAL, NOT_BEGUN, Wish
from app.stores import service as stores
from app.subscriptions import plan_queries, queries
from app.subscriptions.coming import Day, Plan, days
from app.subscriptions.errors import NotBegunAtProvider, ProviderCannotKeep, StartTooSoon, StillApproved
from app.subscriptions.models import Subscription
from app.subscriptions.planning import Calendar
from app.subscriptions.provider_rhythm import LEAD_DAYS, ProviderPeriod, charge_on, most_cycles, plan_period
from app.subscriptions.wording import sentence

OVER = ("cancelled", "completed")
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
    store = stores.get(session)
    price = Price(period.period, period.every, amount, store.currency, f"{store.name}: {sentence(first.agreed, names)}")
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


def pass_on(session: Session, subscription: Subscription, actor: Actor, cause: str) -> None:
    """Have the provider do as was just decided here, after the commit. Nothing for a subscription that we bill.

    The subscription is locked, and so nobody waits here: whoever talks to the provider about it at the moment looks at it next.
    NotBegunAtProvider: a pause before the first charge would end it there.
    """
    if subscription.billing_owner != "provider":
        return
    present = agreements.of_subscription(session, subscription.id)
    if subscription.status == "paused" and present is not None and present.status in NOT_BEGUN:
        raise NotBegunAtProvider
    agreement = agreements.live_locked(session, subscription.id)
    if agreement is None or agreement.work_status == "working":
        return
    if settle_wish(session, subscription, agreement, actor, cause):
        provider_subscriptions.look_now(session, agreement)


def settle_wish(
    session: Session, subscription: Subscription, agreement: ProviderSubscription, actor: Actor, cause: str
) -> bool:
    """What the provider is to be told, so that it does as is decided here; whether that is anything. Both are locked."""
    if subscription.billing_owner != "provider":
        return False
    is_over = subscription.status in OVER and not queries.has_unpaid_order(session, subscription.id)
    wish = wish_for(subscription.status, is_over, agreement.status, agreement.paused_here)
    if wish == agreement.wish:
        return wish is not None
    provider_subscriptions.note_wish(session, agreement, wish, actor, cause)
    return wish is not None


def wish_for(status: str, is_over: bool, there: str, paused_here: bool) -> Wish | None:
    """Where the two differ. What the customer paused at the bank is not for us to resume."""
    if there in FINAL:
        return None
    if is_over:
        return "cancel"
    if status == "paused" and there == "active":
        return "pause"
    if status == "active" and there == "paused" and paused_here:
        return "resume"
    return None


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
