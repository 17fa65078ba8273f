"""Subscriptions that the payment provider bills: what it is told of our changes, and when it charges.

It charges; we never do. What would change its price or its rhythm is refused, for both are fixed with the agreement.
"""

from datetime import date, datetime

from sqlmodel import Session

from app.core.actor import Actor
from app.payments import provider_subscription_queries as agreements
from app.payments import provider_subscriptions
from app.payments.provider_subscription_models import ProviderSubscription
from app.payments.provider_subscription_rules import FINAL, NOT_BEGUN, Wish
from app.subscriptions import queries
from app.subscriptions.coming import Agreed
from app.subscriptions.errors import NotBegunAtProvider
from app.subscriptions.models import Subscription
from app.subscriptions.planning import Calendar
from app.subscriptions.provider_rhythm import charge_on

OVER = ("cancelled", "completed")


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


def charge_at(subscription: Subscription, agreed: Agreed, delivers_on: date, calendar: Calendar) -> datetime | None:
    """When the provider charges for the delivery of that day; None where it does not."""
    if subscription.billing_owner != "provider":
        return None
    return calendar.begins_at(charge_on(agreed.rule, delivers_on))
