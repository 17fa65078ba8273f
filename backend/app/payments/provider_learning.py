"""What was seen of a subscription that the provider keeps, and what that changes here. Every caller holds the row."""

from sqlmodel import Session

from app.audit.service import record
from app.core.actor import provider
from app.core.db import add_once
from app.payments.provider_charge_models import ProviderCharge
from app.payments.provider_subscription_calls import Seen
from app.payments.provider_subscription_models import ProviderSubscription
from app.payments.provider_subscription_rules import is_news
from app.payments.service import is_money
from app.providers.razorpay_subscription_facts import SubscriptionFacts


def learn(session: Session, agreement: ProviderSubscription, facts: SubscriptionFacts, cause: str) -> str | None:
    """What was seen of it: moves it, and tells the status before; None when that is no news. The caller holds the row."""
    if not is_news(agreement.status, agreement.paid_count, facts.status, facts.paid_count):
        return None
    before, agreement.status = agreement.status, facts.status
    agreement.provider_subscription_id, agreement.short_url = facts.id, facts.short_url
    agreement.provider_customer_id, agreement.payment_method = facts.customer_id, facts.payment_method
    agreement.current_start, agreement.current_end = facts.current_start, facts.current_end
    agreement.charge_at, agreement.ended_at, agreement.paid_count = facts.charge_at, facts.ended_at, facts.paid_count
    agreement.start_at = facts.start_at or agreement.start_at
    session.add(agreement)
    if before == agreement.status:
        return None
    changes = {"status": [before, agreement.status]}
    record(
        session,
        provider("razorpay"),
        f"provider_subscription.{agreement.status}",
        agreement,
        changes,
        cause=f"{cause}, {facts.id}",
    )
    return before


def fulfil(session: Session, agreement: ProviderSubscription, facts: SubscriptionFacts) -> None:
    """What was wished was carried out, or had come true, or is not possible in the state it is in."""
    wish, agreement.wish = agreement.wish, None
    if wish == "cancel_at_cycle_end" and not agreement.is_final:
        agreement.ends_with_cycle = True
    if facts.status != "paused":
        agreement.paused_here = False
    elif wish == "pause":
        agreement.paused_here = True
    if wish == "pause" and facts.status not in ("paused", "cancelled"):
        agreement.failure_reason = f"not_paused_while_{facts.status}"
    if wish == "resume" and facts.status != "active":
        agreement.failure_reason = f"not_resumed_while_{facts.status}"
    session.add(agreement)


def note_charges(session: Session, agreement: ProviderSubscription, seen: Seen) -> None:
    """A row per payment, once: four events tell of each, and each look lists them all."""
    for charged in seen.charges:
        if not is_money(charged.payment):
            continue
        charge = charged.charge
        row = ProviderCharge(
            store_id=agreement.store_id,
            agreement_id=agreement.id,
            provider_payment_id=charge.payment_id,
            provider_invoice_id=charge.invoice_id,
            provider_order_id=charge.order_id,
            amount=charge.amount,
            currency=charge.currency,
            billing_start=charge.billing_start,
            billing_end=charge.billing_end,
        )
        if add_once(session, row, "provider_payment_id"):
            cause = f"{charge.payment_id}, {charge.invoice_id}"
            changes = {"amount": [None, charge.amount]}
            record(session, provider("razorpay"), "provider_subscription.charged", agreement, changes, cause=cause)


def refuse(session: Session, agreement: ProviderSubscription, reason: str) -> None:
    before, agreement.status = agreement.status, "refused"
    agreement.failure_reason = reason[:100]
    session.add(agreement)
    changes = {"status": [before, "refused"]}
    record(session, provider("razorpay"), "provider_subscription.refused", agreement, changes, cause=reason)


def drop_wish(session: Session, agreement: ProviderSubscription, reason: str) -> None:
    before, agreement.wish = agreement.wish, None
    agreement.paused_here = agreement.paused_here and before != "resume"  # somebody else paused it
    agreement.failure_reason = reason[:100]
    session.add(agreement)
    record(
        session, provider("razorpay"), "provider_subscription.wish_refused", agreement, {"wish": [before, None]}, cause=reason
    )
