"""Messages to customers and staff, for staff: what was sent to whom, and what became of it."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field

from app.api.doors import OpenDoor
from app.api.routing import Router
from app.audit import service as audit
from app.notifications import queries
from app.notifications.models import Message, MessageReceipt
from app.notifications.rules import MessageStatus

router = Router(prefix="/api/v1/messages", tags=["messages"])

MAX_PAGE = 100
SHOWN = {
    "id", "channel", "template", "kind", "recipient", "status", "subject", "provider", "provider_id", "error_code", "error",
    "attempts", "segments", "customer_id", "created_at", "expires_at", "sent_at", "delivered_at",
}  # fmt: skip


class AboutOut(BaseModel):
    """What a message speaks of, e.g. `orders` and the order's id."""

    type: str
    id: UUID


class MessageOut(BaseModel):
    """`sent`: a provider took it. `unknown`: a provider may have taken it; it is not sent again, a receipt will tell."""

    id: UUID
    channel: Literal["email", "sms"]
    template: str
    kind: str
    recipient: str
    status: MessageStatus
    subject: str
    about: AboutOut | None
    customer_id: UUID | None
    provider: str | None
    provider_id: str | None
    error_code: str | None
    error: str | None
    attempts: int
    next_attempt_at: datetime | None = Field(description="when it is tried again; null: it is not")
    segments: int | None = Field(description="parts an SMS is paid in")
    created_at: datetime
    expires_at: datetime
    sent_at: datetime | None
    delivered_at: datetime | None

    @classmethod
    def of(cls, message: Message) -> "MessageOut":
        return cls(**_facts(message))


class ReceiptOut(BaseModel):
    """One report of the provider, in its own word."""

    event: str
    error_code: str | None
    happened_at: datetime | None
    received_at: datetime

    @classmethod
    def of(cls, receipt: MessageReceipt) -> "ReceiptOut":
        return cls(
            event=receipt.event,
            error_code=receipt.error_code,
            happened_at=receipt.happened_at,
            received_at=receipt.created_at,
        )


class MessageDetailOut(MessageOut):
    """With its words as they were sent; one-time codes and links are masked."""

    text: str
    html: str
    receipts: list[ReceiptOut]

    @classmethod
    def whole(cls, message: Message, receipts: list[MessageReceipt]) -> "MessageDetailOut":
        return cls(**_facts(message), text=message.text, html=message.html, receipts=[ReceiptOut.of(row) for row in receipts])


class MessagePage(BaseModel):
    """`next`: pass it as `after` for the page that follows; null: this is the last."""

    items: list[MessageOut]
    next: UUID | None


@router.get("")
def list_messages(
    door: OpenDoor,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 20,
    after: UUID | None = None,
    status: MessageStatus | None = None,
    channel: Literal["email", "sms"] | None = None,
    about: Annotated[UUID | None, Query(description="the id of what it speaks of, e.g. an order")] = None,
    customer_id: UUID | None = None,
) -> MessagePage:
    """Newest first."""
    rows = queries.page(
        door.session,
        limit=limit + 1,
        before=after,
        status=status,
        channel=channel,
        subject_id=about,
        customer_id=customer_id,
    )
    items = [MessageOut.of(row) for row in rows[:limit]]
    return MessagePage(items=items, next=items[-1].id if len(rows) > limit else None)


@router.get("/{message_id}")
def get_message(message_id: UUID, door: OpenDoor) -> MessageDetailOut:
    """One message with its words and every report about it. The reading is written down: it is personal data."""
    message = queries.get(door.session, message_id)
    audit.log_access(door.session, door.actor, "message.read", subject=("messages", message.id), ip=door.caller.ip)
    return MessageDetailOut.whole(message, list(queries.receipts(door.session, message_id)))


def _facts(message: Message) -> dict[str, object]:
    about = AboutOut(type=message.subject_type, id=message.subject_id) if message.subject_type and message.subject_id else None
    next_attempt_at = message.next_attempt_at if message.work_status == "queued" else None
    return {**message.model_dump(include=SHOWN), "about": about, "next_attempt_at": next_attempt_at}
