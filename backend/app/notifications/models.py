"""Messages to people: a row each, from the wish to send it to the last receipt."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, String, Text

from app.core.clock import machine_now
from app.core.db import Row, belongs_to, by_the_stores_clock
from app.core.work_rows import WorkRow, work_constraints
from app.notifications.rules import CHANNELS, KINDS, OPEN, MessageStatus, advance

STATUSES = tuple(str(status) for status in MessageStatus)


class Message(WorkRow, table=True):
    """One message to one recipient through one channel; UNIQUE per event and template, so nobody is told twice.

    `status` is what became of the message, `work_status` whether we still owe something. Its facts are frozen when it is
    queued; it is rendered when it is sent. Secrets (codes, links) are encrypted, masked in what is kept, and wiped at the end.
    """

    __tablename__ = "messages"
    __table_args__ = (
        belongs_to("customers"),
        UniqueConstraint("store_id", "event_key", "channel", "recipient", "template"),
        CheckConstraint(f"channel in {CHANNELS!r}", name="channel_known"),
        CheckConstraint(f"kind in {KINDS!r}", name="kind_known"),
        CheckConstraint(f"status in {STATUSES!r}", name="status_known"),
        CheckConstraint("(subject_type is null) = (subject_id is null)", name="subject_whole"),
        CheckConstraint("status <> 'delivered' or delivered_at is not null", name="delivered_stamped"),
        CheckConstraint("work_status <> 'done' or secret_context is null", name="secrets_wiped"),
        Index("ix_messages_subject", "store_id", "subject_type", "subject_id"),
        Index("ix_messages_customer_id", "store_id", "customer_id", "id"),
        Index("ix_messages_provider_id", "store_id", "provider_id", postgresql_where=text("provider_id is not null")),
        *work_constraints("messages"),
    )

    calls_provider: ClassVar[bool] = True
    looks_up: ClassVar[bool] = False  # no provider can be asked by our key: an unknown one waits for its receipt

    happened_at: datetime | None = by_the_stores_clock()  # what it tells of
    channel: str = Field(sa_type=String(5))
    template: str = Field(max_length=60)
    template_version: int = Field(sa_type=SmallInteger)
    kind: str = Field(sa_type=String(13))
    recipient: str = Field(max_length=254)
    locale: str = Field(default="en", max_length=10)
    context: dict[str, Any] = Field(sa_type=JSONB)
    secret_context: bytes | None = Field(default=None, sa_type=LargeBinary)
    event_key: str = Field(max_length=120)  # the business event, e.g. order.confirmed:<id>, task:<id>

    subject: str = Field(default="", max_length=500)  # given when queued, else rendered; "" for SMS
    text: str = Field(default="", sa_type=Text)  # as sent, secrets masked
    html: str = Field(default="", sa_type=Text)
    segments: int | None = Field(default=None, sa_type=SmallInteger)  # parts an SMS is paid in

    status: str = Field(default=MessageStatus.QUEUED, sa_type=String(10))
    provider: str | None = Field(default=None, max_length=20)
    provider_id: str | None = Field(default=None, max_length=120)
    error_code: str | None = Field(default=None, max_length=60)  # the provider's own, or ours
    error: str | None = Field(default=None, max_length=500)
    expires_at: datetime  # no attempt is begun after this
    sent_at: datetime | None = None
    delivered_at: datetime | None = None

    subject_type: str | None = Field(default=None, max_length=40)  # the table of what it is about, e.g. orders
    subject_id: UUID | None = None
    customer_id: UUID | None = None

    @property
    def is_open(self) -> bool:
        """Whether we still mean to send it."""
        return self.status in OPEN

    def has_expired(self, now: datetime) -> bool:
        return self.expires_at <= now

    def advance(self, told: MessageStatus, now: datetime) -> str | None:
        """Move forward if `told` is news; returns the status before, or None when nothing changed."""
        reached = advance(self.status, told)
        if reached is None:
            return None
        before, self.status = self.status, reached
        if reached is not MessageStatus.FAILED:
            self.sent_at = self.sent_at or now
        if reached is MessageStatus.DELIVERED:
            self.delivered_at = now
        return before

    def fail(self, status: MessageStatus, code: str, error: str) -> None:
        self.status, self.error_code, self.error = status, code[:60], error[:500]

    def resolve(self, now: datetime) -> None:
        """A receipt told what nobody knew: nothing is owed any more."""
        self.work_status, self.settled_at, self.next_attempt_at = "done", now, None
        self.secret_context = None

    def lose_lease(self) -> None:
        """Its holder died in mid-call: whether it left is unknown, unless a receipt has told."""
        self.secret_context = None  # never sent again by itself
        if self.status == MessageStatus.SENDING:
            self.fail(MessageStatus.UNKNOWN, "lease_lost", "the worker that was sending it died")
        else:
            self.resolve(machine_now())


class MessageReceipt(Row, table=True):
    """What a provider reported about a message, each report once: the message's timeline after it left us."""

    __tablename__ = "message_receipts"
    __table_args__ = (
        belongs_to("messages"),
        UniqueConstraint("store_id", "provider", "event_id"),
        Index("ix_message_receipts_message_id", "store_id", "message_id", "id"),
    )

    message_id: UUID
    provider: str = Field(sa_type=String(20))
    event_id: str = Field(max_length=128)  # the provider's, or a digest of what was reported where it gives none
    event: str = Field(max_length=40)  # the provider's word
    error_code: str | None = Field(default=None, max_length=60)
    happened_at: datetime | None = None  # by the provider's clock
