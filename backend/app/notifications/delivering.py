"""Send a message: claim the row, call the provider with no transaction open, settle what came of it.

A door runs `claim_call_settle(store_id, partial(claim, message_id=…), call, settle)`. What becomes of the message:

| outcome       | message                                                                                            |
|---------------|----------------------------------------------------------------------------------------------------|
| `Sent`        | sent (or further, where a receipt was quicker)                                                     |
| `Rejected`    | failed, never tried again; stays in sight as dead                                                  |
| `Unavailable` | queued again, no attempt used up, until it expires                                                 |
| `Unknown`     | unknown: never sent again by itself, only a receipt settles it                                     |
| cannot be prepared | once more, three times, then failed: an account, a key or a newer release may be missing yet |
| expired       | cancelled; stays in sight as dead                                                                  |
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.audit.service import record
from app.core.actor import SYSTEM
from app.core.clock import machine_now
from app.core.errors import LeaseLost, ProviderError, Rejected, Unknown
from app.core.work import Nothing
from app.core.work_rows import claim_one, settle_done, settle_failed, settle_unknown
from app.notifications import preparing, queries
from app.notifications.errors import UnknownTemplate
from app.notifications.models import Message
from app.notifications.preparing import TooLong
from app.notifications.rules import MessageStatus
from app.notifications.templates import RenderFailed
from app.providers.messages import OutgoingEmail, OutgoingSms, Sent
from app.providers.registry import SendingAccount, email_provider, sms_provider
from app.stores.errors import NotConfigured


@dataclass(frozen=True)
class Progress:
    """How a message stands. `is_owed`: it may still be sent by us, at `retry_at`, or by whoever has it now (None)."""

    message_id: UUID
    status: str
    error_code: str | None
    is_owed: bool
    retry_at: datetime | None

    @classmethod
    def of(cls, message: Message) -> "Progress":
        is_owed = message.work_status in ("queued", "working")
        retry_at = message.next_attempt_at if message.work_status == "queued" else None
        return cls(message.id, message.status, message.error_code, is_owed, retry_at)


@dataclass(frozen=True)
class Delivery:
    """A claimed message, finished, with all that the call needs."""

    message_id: UUID
    lease_token: UUID | None
    account: SendingAccount
    outgoing: OutgoingEmail | OutgoingSms


def claim(session: Session, message_id: UUID) -> Delivery | Nothing[Progress]:
    """Take the message under a lease and finish its words. Nothing: somebody has it, it is not due, done, or cannot be sent."""
    message = claim_one(session, Message, message_id)
    if message is None:
        return Nothing(Progress.of(queries.get(session, message_id)))
    if message.status != MessageStatus.QUEUED:  # a receipt came for an earlier attempt that seemed not to have left
        settle_done(session, message)
        return Nothing(Progress.of(message))
    if message.has_expired(machine_now()):
        _give_up(session, message, MessageStatus.CANCELLED, "expired", f"expired; last error: {message.last_error or 'none'}")
        return Nothing(Progress.of(message))
    try:
        account = preparing.account(session, message.channel)
        outgoing = preparing.finish(session, message, account)
    except (RenderFailed, TooLong) as error:
        _give_up(
            session, message, MessageStatus.FAILED, "not_renderable" if isinstance(error, RenderFailed) else "too_long", error
        )
        return Nothing(Progress.of(message))
    except (NotConfigured, UnknownTemplate, ValueError) as error:  # or secrets that today's keys do not decrypt
        _try_again(session, message, error)
        return Nothing(Progress.of(message))
    message.status, message.provider = MessageStatus.SENDING, account.provider
    session.add(message)
    return Delivery(message.id, message.lease_token, account, outgoing)


def call(delivery: Delivery) -> Sent:
    """Hand it to the provider. No transaction is open."""
    if isinstance(delivery.outgoing, OutgoingEmail):
        return email_provider(delivery.account).send(delivery.outgoing)
    return sms_provider(delivery.account).send(delivery.outgoing)


def settle(session: Session, delivery: Delivery, outcome: Sent | ProviderError) -> Progress:
    """Record what came of it. LeaseLost for a late holder: nothing is written."""
    message = queries.lock(session, delivery.message_id)
    if message is None or message.lease_token != delivery.lease_token:
        raise LeaseLost(f"message {delivery.message_id}")
    if isinstance(outcome, Sent):
        _sent(session, message, outcome)
    elif message.status != MessageStatus.SENDING:  # a receipt was quicker than the error
        message.secret_context = None
        settle_done(session, message)
    elif isinstance(outcome, Unknown):
        message.fail(MessageStatus.UNKNOWN, outcome.reason, str(outcome))
        message.secret_context = None
        _audit(session, message, MessageStatus.SENDING)
        settle_unknown(session, message, outcome)
    elif isinstance(outcome, Rejected):
        _give_up(session, message, MessageStatus.FAILED, outcome.reason, outcome)
    else:
        message.fail(MessageStatus.QUEUED, outcome.reason, str(outcome))
        settle_failed(session, message, outcome, counts=False, wait_seconds=outcome.retry_after_seconds)
    return Progress.of(message)


def _sent(session: Session, message: Message, sent: Sent) -> None:
    before = message.advance(MessageStatus.SENT, machine_now())
    message.provider, message.provider_id = sent.provider, sent.provider_id
    message.secret_context = None
    if before:
        message.error_code = message.error = None  # an earlier try's; what a quicker receipt told stays
        _audit(session, message, before)
    settle_done(session, message)


def _give_up(session: Session, message: Message, status: MessageStatus, code: str, error: object) -> None:
    before = message.status
    message.fail(status, code, str(error))
    message.secret_context = None
    _audit(session, message, before)
    settle_failed(session, message, error, final=True)


def _try_again(session: Session, message: Message, error: Exception) -> None:
    """An error about this message or its account: one try and three more."""
    if message.attempts >= message.max_attempts:
        _give_up(session, message, MessageStatus.FAILED, "not_preparable", error)
    else:
        message.fail(MessageStatus.QUEUED, "not_preparable", str(error))
        settle_failed(session, message, error)


def _audit(session: Session, message: Message, before: str) -> None:
    cause = f"{message.provider or 'no provider'} {message.error_code or message.provider_id or ''}".strip()
    record(session, SYSTEM, f"message.{message.status}", message, {"status": [before, message.status]}, cause=cause)
