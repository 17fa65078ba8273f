"""What becomes of a subscription when the provider's does: approved, failing, paused at the bank, ended; and it follows.

Nothing is dunned here: the provider tries again by itself, and asks for another card. We stop planning, and tell.
"""

from datetime import datetime

from sqlmodel import Session

from app.audit.service import record
from app.core.actor import provider
from app.payments import provider_subscription_queries as agreements
from app.payments.provider_subscription_models import ProviderSubscription
from app.subscriptions import notifying, planning
from app.subscriptions.models import Subscription
from app.subscriptions.planning import Calendar

RUNS = ("authenticated", "active")
FAILS = ("pending", "halted")
RAZORPAY = provider("razorpay")


def follow(session: Session, subscription: Subscription, agreement: ProviderSubscription, calendar: Calendar) -> None:
    """Bring the locked subscription in line with what was just seen of the newest agreement about it. Safe to run twice."""
    newest = agreements.of_subscription(session, subscription.id)
    if subscription.billing_owner != "provider" or newest is None or newest.id != agreement.id:
        return
    if agreement.status in RUNS:
        _go_on(session, subscription, agreement, calendar)
    elif agreement.status in FAILS:
        _stop(session, subscription, agreement, calendar.now)
    elif agreement.status == "paused":
        if subscription.status == "active" and not agreement.paused_here:  # by the customer, at the bank
            _stop(session, subscription, agreement, calendar.now)
    elif agreement.is_final and not _is_all_charged(session, subscription, agreement):
        _stop(session, subscription, agreement, calendar.now)


def _is_all_charged(session: Session, subscription: Subscription, agreement: ProviderSubscription) -> bool:
    """Its cycles are over, and so is what was agreed: the last delivery may still be to come, and be decided."""
    nothing_to_come = subscription.next_on is None or agreements.is_charge_waiting(session, agreement.id)
    return agreement.status == "completed" and nothing_to_come


def _go_on(session: Session, subscription: Subscription, agreement: ProviderSubscription, calendar: Calendar) -> None:
    if subscription.status not in ("awaiting_mandate", "action_needed"):
        return
    before = subscription.move("active")
    planning.schedule(session, subscription, calendar)
    _record(session, subscription, agreement, before, "activated")
    if before == "awaiting_mandate":
        notifying.started(session, subscription)


def _stop(session: Session, subscription: Subscription, agreement: ProviderSubscription, now: datetime) -> None:
    if subscription.status in ("active", "paused"):
        before = subscription.move("action_needed")
        subscription.paused_until = None
        planning.stop(subscription)
        _record(session, subscription, agreement, before, "action_needed")
    if subscription.status in ("awaiting_mandate", "action_needed"):
        notifying.provider_needs(session, subscription, agreement, now)


def _record(session: Session, subscription: Subscription, agreement: ProviderSubscription, before: str, what: str) -> None:
    session.add(subscription)
    session.flush()
    next_on = subscription.next_on and subscription.next_on.isoformat()
    changes = {"status": [before, subscription.status], "next_on": [None, next_on]}
    cause = f"the provider's subscription is {agreement.status}"
    record(session, RAZORPAY, f"subscription.{what}", subscription, changes, cause=cause)
