"""The calls about schedules that the provider keeps. No transaction is open here.

A create returns at once: a read that failed behind it would hide that it took effect. A wish is carried out on what was
just read, so that a repeat finds it done.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from app.payments.provider_subscription_models import ProviderPlan, ProviderSubscription
from app.payments.provider_subscription_rules import FINAL, NOT_BEGUN, POSSIBLE
from app.providers import registry
from app.providers.razorpay import Razorpay
from app.providers.razorpay_facts import PaymentFacts
from app.providers.razorpay_subscription_facts import ChargeFacts, PlanFacts, SubscriptionFacts
from app.stores.service import Account

CLOCKS_DIFFER = timedelta(hours=1)  # theirs and ours: from so much before our asking it is looked for


@dataclass(frozen=True)
class PlanCall:
    plan: ProviderPlan
    account: Account


@dataclass(frozen=True)
class Visit:
    """What asking the provider about one needs. `known`: payments that are dealt with, and need not be fetched again."""

    agreement: ProviderSubscription
    provider_plan_id: str
    account: Account
    known: Collection[str]


@dataclass(frozen=True)
class Charged:
    """Money for a cycle: which one, and the payment as it is now."""

    charge: ChargeFacts
    payment: PaymentFacts


@dataclass(frozen=True)
class Seen:
    """What the provider says now, and the charges that are not dealt with yet, oldest first."""

    facts: SubscriptionFacts
    charges: tuple[Charged, ...] = ()
    is_new: bool = False  # just made: nothing that is wished was carried out yet


def make_plan(asked: PlanCall) -> PlanFacts:
    """Make the plan, or find the one that an earlier try may have made."""
    client, plan = registry.razorpay(asked.account.secrets), asked.plan
    if plan.call_outcome_unknown and (found := client.find_plan(str(plan.id), plan.asked_at - CLOCKS_DIFFER)):
        return found
    return client.create_plan(str(plan.id), plan.period, plan.every, plan.name, plan.amount, plan.currency)


def call(visit: Visit) -> Seen:
    """Make it, or find the one that an earlier try may have made; else look, and carry out what is wished."""
    client, agreement = registry.razorpay(visit.account.secrets), visit.agreement
    if agreement.provider_subscription_id is None:
        return Seen(_make(client, visit), is_new=True)
    facts = _carry_out(client, agreement.wish, client.fetch_subscription(agreement.provider_subscription_id))
    if not facts.paid_count:
        return Seen(facts)
    news = [one for one in client.charges_of_subscription(facts.id) if one.payment_id not in visit.known]
    return Seen(facts, tuple(Charged(one, client.fetch_payment(one.payment_id)) for one in news))


def _make(client: Razorpay, visit: Visit) -> SubscriptionFacts:
    agreement, key = visit.agreement, str(visit.agreement.id)
    if agreement.call_outcome_unknown:
        found = client.find_subscription(key, visit.provider_plan_id, agreement.asked_at - CLOCKS_DIFFER)
        if found is not None:
            return found
    return client.create_subscription(
        key,
        visit.provider_plan_id,
        quantity=1,  # the plan's amount is the whole delivery's
        total_count=agreement.total_count,
        start_at=agreement.start_at,
        expire_by=agreement.expire_by,
    )


def _carry_out(client: Razorpay, wish: str | None, present: SubscriptionFacts) -> SubscriptionFacts:
    """Where the state does not allow a wish it is left alone: a pause of one that has not begun would end it."""
    if wish is None or present.status in FINAL or present.status not in POSSIBLE.get(wish, (present.status,)):
        return present
    match wish:
        case "pause":
            return client.pause_subscription(present.id)
        case "resume":
            return client.resume_subscription(present.id)
    at_cycle_end = wish == "cancel_at_cycle_end" and present.status not in NOT_BEGUN
    return client.cancel_subscription(present.id, at_cycle_end=at_cycle_end)
