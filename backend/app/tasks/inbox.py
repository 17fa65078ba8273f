"""Apply what providers told us. One table: (provider, event type) → what to do with it, or why nothing.

An event is a reason to look, never the truth: the entity is fetched from the provider and moves a state machine that only
goes forward, so any number of copies in any order end in the same state.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from app.checkout import refunding
from app.checkout.applying import apply_payment
from app.checkout.errors import CaptureUnknown
from app.core import clock
from app.core.actor import provider
from app.core.celery_app import celery_app
from app.core.errors import LeaseLost, ProviderError, Refusal, Rejected
from app.core.logging import get_logger
from app.core.work import Nothing, claim_call_settle
from app.core.work_rows import claim_one, settle_done, settle_failed
from app.core.work_waiting import StillWorking
from app.inbox.models import ProviderEvent
from app.notifications import receipts
from app.orders import queries as orders
from app.payments import queries as payments_queries
from app.payments.errors import MandateUnknown, OrderUnknown, SubscriptionUnknown
from app.providers import registry
from app.providers.razorpay_facts import PaymentFacts, RefundFacts
from app.stores import service as stores
from app.stores.service import Account
from app.tasks import dispute_events, recurring_events, subscription_events
from app.tasks.draining import drain as drain_rows
from app.tasks.joined import More, work_each

log = get_logger(__name__)


@dataclass(frozen=True)
class Applier:
    """How a kind of event is applied: `fetch` asks the provider (no transaction open), `settle` changes our state.

    `fetch` None: the event is all there is, as the receipt of a mail or SMS provider; it is applied where it is claimed.
    `known`: what our books say of it already, so that nobody need be asked; None: ask.
    """

    fetch: Callable[[Account, ProviderEvent], Any] | None
    settle: Callable[[Session, ProviderEvent, Any], str]
    known: Callable[[Session, ProviderEvent], str | None] = lambda _session, _event: None


@dataclass(frozen=True)
class Ignored:
    """Such events are kept and not applied, for a reason."""

    reason: str


@dataclass(frozen=True)
class ClaimedEvent:
    event: ProviderEvent
    account: Account
    fetch: Callable[[Account, ProviderEvent], Any]
    settle: Callable[[Session, ProviderEvent, Any], str]


def _fetch_payment(account: Account, event: ProviderEvent) -> PaymentFacts:
    return registry.razorpay(account.secrets).fetch_payment(recurring_events.id_in(event, "payment"))


def _is_booked(session: Session, event: ProviderEvent) -> str | None:
    """One payment is told of three times. Once its money is in the books of its order, the others say nothing new."""
    order = orders.of_captured(session, recurring_events.id_in(event, "payment"))
    if order is None:
        return None
    event.subject_id = order.id
    return f"nothing; order {order.number} is {order.status}"


def _confirm(session: Session, event: ProviderEvent, facts: PaymentFacts) -> str:
    now, cause = clock.now(stores.get(session)), f"webhook {event.event_type} {event.event_id}"
    event.subject_id, told = apply_payment(session, facts, actor=provider(event.provider), cause=cause, now=now)
    return told


def _fetch_refund(account: Account, event: ProviderEvent) -> RefundFacts:
    return registry.razorpay(account.secrets).fetch_refund(recurring_events.id_in(event, "refund"))


def _adopt_refund(session: Session, event: ProviderEvent, facts: RefundFacts) -> str:
    """Ours, or made in the provider's dashboard. What went back without ever having been captured never was ours."""
    if recurring_events.entity_of(event, "payment").get("captured") is False:
        return "nothing; the payment was never captured"
    now, cause = clock.now(stores.get(session)), f"webhook {event.event_type} {event.event_id}"
    refund = refunding.adopt(session, facts, provider(event.provider), cause, now)
    event.subject_id = payments_queries.order_id_of_payment(session, refund.payment_id)
    return f"refund {refund.receipt} is {refund.status}"


def _apply_mail_events(session: Session, event: ProviderEvent, _: None) -> str:
    return receipts.apply_sendgrid(session, event.body)


def _apply_sms_status(session: Session, event: ProviderEvent, _: None) -> str:
    return receipts.apply_twilio(session, event.body, event.headers.get("url", ""))


PAYMENT = Applier(_fetch_payment, _confirm, _is_booked)
REFUND = Applier(_fetch_refund, _adopt_refund)
TOKEN = Applier(recurring_events.read_token, recurring_events.hear_of_token)
NOTICE = Applier(recurring_events.fetch_notified_order, recurring_events.apply_notice)
SUBSCRIPTION = Applier(subscription_events.read_subscription, subscription_events.hear_of_subscription)
INVOICE = Applier(subscription_events.read_invoice, subscription_events.hear_of_invoice)
DISPUTE = Applier(dispute_events.fetch_dispute, dispute_events.apply_dispute)
SETTLEMENT = Applier(dispute_events.note_settlement, dispute_events.read_report)
LATER = "nothing in this installation depends on it"
BUSY_SECONDS = 2.0  # somebody is just asking the bank: a call takes seconds
FOREIGN = "a Razorpay product that Rozana does not use"


class AppliedTwice(RuntimeError):
    """An event type stands in the table twice: one of its two entries would never be looked at."""


def one_each(*entries: tuple[str, str, Applier | Ignored]) -> dict[tuple[str, str], Applier | Ignored]:
    """The table of (provider, event type, entry); refuses to be made, and so to boot, with a type named twice."""
    table: dict[tuple[str, str], Applier | Ignored] = {}
    for provider_name, event_type, entry in entries:
        if (provider_name, event_type) in table:
            raise AppliedTwice(f"{provider_name} {event_type}")
        table[provider_name, event_type] = entry
    return table


APPLIERS = one_each(
    ("razorpay", "payment.authorized", PAYMENT),
    ("razorpay", "payment.captured", PAYMENT),
    ("razorpay", "payment.failed", PAYMENT),
    ("razorpay", "order.paid", PAYMENT),
    ("razorpay", "payment.downtime.*", Ignored(LATER)),
    ("razorpay", "payment.dispute.*", DISPUTE),
    ("razorpay", "settlement.*", SETTLEMENT),
    *(("razorpay", f"subscription.{what}", SUBSCRIPTION) for what in subscription_events.TYPES),
    ("razorpay", "invoice.paid", INVOICE),
    ("razorpay", "invoice.*", Ignored(LATER)),
    *(("razorpay", f"refund.{what}", REFUND) for what in ("created", "processed", "failed")),
    ("razorpay", "refund.speed_changed", Ignored("how fast a refund goes changes nothing here")),
    *(("razorpay", f"token.{what}", TOKEN) for what in ("confirmed", "rejected", "paused", "resumed", "cancelled")),
    *(  # their pages spell it both ways
        ("razorpay", f"{prefix}notification.{what}", NOTICE) for prefix in ("order.", "") for what in ("delivered", "failed")
    ),
    ("razorpay", "payment_link.*", Ignored(LATER)),
    ("sendgrid", "events", Applier(None, _apply_mail_events)),
    ("twilio", "status", Applier(None, _apply_sms_status)),
    *(
        ("razorpay", f"{family}.*", Ignored(FOREIGN))
        for family in ("virtual_account", "qr_code", "fund_account.validation", "payout", "transfer")
    ),
)


def applier_of(provider_name: str, event_type: str) -> Applier | Ignored:
    """The entry of the type, else of its family (`refund.*`), else ignored: a new type must not block the inbox."""
    parts = event_type.split(".")
    patterns = [event_type, *(".".join(parts[:n]) + ".*" for n in range(len(parts) - 1, 0, -1))]
    found = (APPLIERS.get((provider_name, pattern)) for pattern in patterns)
    return next((entry for entry in found if entry), Ignored("an event type that Rozana does not know"))


@celery_app.task(name="app.tasks.inbox.apply", soft_time_limit=60, time_limit=90)
def apply(store_id: str, event_id: str, more: More = ()) -> dict[str, Any]:
    """Apply one stored event, and `more` that came at the same moment. Safe to run twice: the second finds them done."""
    return {"outcome": work_each(store_id, event_id, more, apply_event, "drain_events")}


@celery_app.task(name="app.tasks.inbox.drain", soft_time_limit=60, time_limit=90)
def drain(store_id: str) -> dict[str, Any]:
    return {"worked": drain_rows(UUID(store_id), ProviderEvent, apply_event, "drain_events")}


def apply_event(store_id: UUID, event_id: UUID) -> str:
    """Claim, fetch, settle. Returns what it did, in words."""
    try:
        return claim_call_settle(store_id, lambda session: _claim(session, event_id), _call, _settle)
    except LeaseLost:
        return "somebody else has it"


def _claim(session: Session, event_id: UUID) -> ClaimedEvent | Nothing[str]:
    event = claim_one(session, ProviderEvent, event_id)
    if event is None:
        return Nothing("not due")
    applier = applier_of(event.provider, event.event_type)
    if isinstance(applier, Ignored):
        return Nothing(_done(session, event, f"ignored: {applier.reason}"))
    try:
        known = applier.known(session, event)
    except Rejected:  # a body that names nothing: said where it is fetched
        known = None
    if known is not None:
        return Nothing(_done(session, event, known))
    if applier.fetch is None:
        return Nothing(_apply(session, event, applier.settle, None))
    account = stores.provider_account(session, event.provider, event.account_id)
    return ClaimedEvent(event, account, applier.fetch, applier.settle)


def _call(claimed: ClaimedEvent) -> Any:
    return claimed.fetch(claimed.account, claimed.event)


def _settle(session: Session, claimed: ClaimedEvent, outcome: Any) -> str:
    event = claimed.event
    if isinstance(outcome, ProviderError):  # fetches only read, so nothing can have happened
        is_refused = isinstance(outcome, Rejected)  # the payment may be too new for the provider's own eyes: three more tries
        settle_failed(session, event, outcome, counts=is_refused, wait_seconds=outcome.retry_after_seconds)
        return f"not applied: {outcome}"
    return _apply(session, event, claimed.settle, outcome)


def _apply(session: Session, event: ProviderEvent, settle: Callable[[Session, ProviderEvent, Any], str], facts: Any) -> str:
    """Change our state by what is known now; whatever goes wrong is the event's, with its cause."""
    try:
        with session.begin_nested():  # a refusal half-way takes back what was written before it
            told = settle(session, event, facts)
    except StillWorking as busy:
        settle_failed(session, event, busy, counts=False, wait_seconds=BUSY_SECONDS)
        return f"waits: {busy.detail}"
    except (
        OrderUnknown,
        MandateUnknown,
        CaptureUnknown,
        SubscriptionUnknown,
    ) as unknown:  # it may have overtaken our own record of the order; a foreign one stays unknown
        if event.attempts >= event.max_attempts:
            return _done(session, event, f"ignored: {unknown.detail}")
        settle_failed(session, event, unknown)
        return f"waits: {unknown.detail}"
    except Refusal as refusal:
        settle_failed(session, event, refusal.detail, final=True)
        return f"refused: {refusal.detail}"
    except OperationalError:  # the database is away: nothing is wrong with the event
        raise
    except Exception as error:  # a body we cannot read, or a mistake of ours: in sight, with its cause
        log.error("event_not_applied", id=str(event.id), event_type=event.event_type, exc_info=error)
        settle_failed(session, event, f"{type(error).__name__} while it was applied; the log says more")
        return f"not applied: {type(error).__name__}"
    return _done(session, event, told)


def _done(session: Session, event: ProviderEvent, outcome: str) -> str:
    event.outcome = outcome[:200]
    settle_done(session, event)
    return outcome
