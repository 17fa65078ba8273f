"""Mandates: asked for, approved by a first payment, looked at, followed. The bank decides; we only ever see what it says."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from app.audit.service import record
from app.core.actor import SYSTEM, Actor, provider
from app.core.clock import machine_now
from app.core.errors import ProviderError, Rejected
from app.core.work import defer, store_of
from app.core.work_rows import claim_one, settle_done, settle_failed, settle_later
from app.core.work_waiting import wake
from app.payments import mandate_queries as queries
from app.payments import starting
from app.payments.errors import MandateUnknown
from app.payments.mandate_models import Mandate, MandateMethod
from app.payments.models import Payment, PaymentAttempt
from app.providers import registry
from app.providers.razorpay_facts import PaymentFacts, TokenFacts
from app.stores import service as stores
from app.stores.service import Account

DUMMY_PAYMENT = "upi_dummy_payment"  # why the first payment failed although the customer approved the mandate
AUTHORISATION_AMOUNT = 100  # paise: Razorpay's least for UPI and cards
VALID_FOR = timedelta(days=3650)  # Razorpay's own default of ten years
LOOK_AGAIN_SECONDS, LOOK_SELDOM_SECONDS = 60.0, 600.0  # a bank that confirms later; its webhook is usually there before
LOOK_AT_PAUSED_SECONDS = 3600.0  # should the word that it goes on be lost, its customer does not wait for ever
OF_TOKEN = {
    "initiated": "pending",
    "confirmed": "confirmed",
    "rejected": "rejected",
    "paused": "paused",
    "cancelled": "cancelled",
}
FINAL = ("rejected", "cancelled", "expired")


@dataclass(frozen=True)
class Look:
    """What asking the bank for a mandate's state needs."""

    mandate: Mandate
    account: Account


def ask(
    session: Session, customer_id: UUID, method: MandateMethod, max_amount: int, currency: str, *, now: datetime, actor: Actor
) -> tuple[Mandate, PaymentAttempt]:
    """A new mandate for the customer to approve, and the attempt at its first payment. Nothing is asked of the bank yet."""
    mandate = Mandate(
        store_id=store_of(session),
        customer_id=customer_id,
        account_id=stores.provider_account(session, "razorpay").id,
        method=method,
        max_amount=max_amount,
        currency=currency,
        expires_at=now + VALID_FOR,
        work_status="done",  # nothing to look at before the customer has been to the bank
        settled_at=machine_now(),
    )
    session.add(mandate)
    session.flush()
    changes = {"status": [None, mandate.status], "max_amount": [None, max_amount]}
    record(session, actor, "mandate.asked", mandate, changes, cause=f"{method}, as presented")
    payment = Payment(
        store_id=mandate.store_id, mandate_id=mandate.id, provider="razorpay", amount=AUTHORISATION_AMOUNT, currency=currency
    )
    return mandate, starting.attempt_at(session, payment, actor, cause=f"approval of mandate {mandate.id}")


def attempt_of(session: Session, mandate_id: UUID, actor: Actor) -> PaymentAttempt:
    """The attempt at the mandate's first payment; a new one where the provider refused the last. Locks the mandate."""
    mandate = queries.get_locked(session, mandate_id)
    found = queries.approval_of(session, mandate.id)
    if found is None:
        raise ValueError(f"mandate {mandate_id} was made without its payment")
    payment, attempt = found
    if attempt.work_status == "dead":
        return starting.attempt_at(session, payment, actor, cause=f"approval of mandate {mandate.id}")
    return attempt


def learn(session: Session, mandate: Mandate, facts: PaymentFacts, cause: str) -> None:
    """Its first payment names the token: from now on the bank can be asked. Safe to repeat. The mandate is locked.

    The payment itself may have failed all the same (`upi_dummy_payment`): only the token tells whether it is approved. The
    payment page lets a customer who was declined try again at once: each try has a token of its own, and one that succeeds
    takes the place of one that did not.
    """
    if facts.token_id is None or queries.id_of_token(session, facts.token_id) not in (None, mandate.id):
        return  # none, or that of another mandate: which it pays for is settled already
    if mandate.provider_token_id is None or _takes_over(mandate, facts):
        before, mandate.status, mandate.provider_token_id = mandate.status, "pending", facts.token_id
        mandate.failure_reason = None
        changes = {"status": [before, mandate.status]}
        record(session, provider("razorpay"), "mandate.pending", mandate, changes, cause=f"{cause}, {facts.id}")
    if mandate.provider_token_id == facts.token_id and mandate.status == "pending":
        look_soon(session, mandate)


def _takes_over(mandate: Mandate, facts: PaymentFacts) -> bool:
    """A further try that succeeded, where the bank has confirmed none before; so late news of a declined one change nothing."""
    is_approved = facts.captured or facts.status == "authorized" or facts.error_reason == DUMMY_PAYMENT
    return is_approved and facts.token_id != mandate.provider_token_id and mandate.status in ("pending", "rejected")


def hear(session: Session, token_id: str) -> Mandate:
    """An event speaks of this token: look at it. MandateUnknown while no payment has named it; StillWorking: come again."""
    mandate_id = queries.id_of_token(session, token_id)
    if mandate_id is None:
        raise MandateUnknown(f"no mandate of ours has the token {token_id}")
    mandate = queries.get_locked(session, mandate_id)
    look_soon(session, mandate)
    return mandate


def look_soon(session: Session, mandate: Mandate) -> None:
    """Have the bank asked. The mandate is locked; one that is being looked at raises StillWorking."""
    wake(session, mandate)
    defer(session, "look_at_mandate", mandate.id)


def claim(session: Session, mandate_id: UUID) -> Look | None:
    """Take the look; None when it is done, taken, or not due."""
    mandate = claim_one(session, Mandate, mandate_id)
    if mandate is None:
        return None
    return Look(mandate, stores.provider_account(session, "razorpay", mandate.account_id))


def call(look: Look) -> TokenFacts:
    """Ask the provider. A read."""
    customer_id, token_id = look.mandate.provider_customer_id, look.mandate.provider_token_id
    if customer_id is None or token_id is None:
        raise Rejected("this mandate was never approved", reason="no_token")
    return registry.razorpay(look.account.secrets).fetch_token(customer_id, token_id)


def settle(session: Session, look: Look, outcome: TokenFacts | ProviderError, now: datetime) -> str | None:
    """Record what the bank says; the status before when it changed. LeaseLost for a late holder."""
    mandate = look.mandate
    if isinstance(outcome, ProviderError):
        is_refused = isinstance(outcome, Rejected)
        settle_failed(session, mandate, outcome, counts=is_refused, wait_seconds=outcome.retry_after_seconds)
        return None
    before = see(session, mandate, _status(outcome, now), outcome.failure_reason, cause=f"token {outcome.id}")
    if mandate.status == "paused":
        settle_later(session, mandate, LOOK_AT_PAUSED_SECONDS)
    elif mandate.status == "pending":
        is_young = machine_now() - mandate.created_at < timedelta(hours=1)
        settle_later(session, mandate, LOOK_AGAIN_SECONDS if is_young else LOOK_SELDOM_SECONDS)
    else:
        settle_done(session, mandate)
    return before


def see(session: Session, mandate: Mandate, status: str, reason: str | None, cause: str) -> str | None:
    """What was seen of the mandate: moves it, and tells the status before; None when that is no news.

    A mandate that ended (revoked, rejected, expired) stays so. The caller holds it, by its lease or its lock.
    """
    if status == mandate.status or mandate.status in FINAL:
        return None
    before, mandate.status = mandate.status, status
    mandate.failure_reason = reason[:100] if reason else None
    session.add(mandate)
    record(session, SYSTEM, f"mandate.{status}", mandate, {"status": [before, status]}, cause=cause)
    return before


def _status(facts: TokenFacts, now: datetime) -> str:
    """Our word for the token's. ValueError for one Razorpay does not document."""
    if facts.status == "confirmed" and facts.expired_at and datetime.fromtimestamp(facts.expired_at, UTC) <= now:
        return "expired"
    try:
        return OF_TOKEN[facts.status]
    except KeyError:
        raise ValueError(f"unknown token status {facts.status!r}") from None
