"""Every read and lock of messages."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from app.core import db
from app.notifications.errors import MessageNotFound
from app.notifications.models import Message, MessageReceipt


def add_once(session: Session, messages: Sequence[Message]) -> list[Message]:
    """Insert them, unless one with the same event, channel, recipient and template exists. Those that are new."""
    return db.add_all_once(session, messages, "event_key", "channel", "recipient", "template")


def same(session: Session, message: Message) -> Message:
    """The message that made a second insert of this one do nothing."""
    statement = select(Message).where(
        Message.event_key == message.event_key,
        Message.channel == message.channel,
        Message.recipient == message.recipient,
        Message.template == message.template,
    )
    return session.exec(statement).one()


def get(session: Session, message_id: UUID) -> Message:
    """MessageNotFound for another store's."""
    message = session.exec(select(Message).where(Message.id == message_id)).one_or_none()
    if message is None:
        raise MessageNotFound
    return message


def lock(session: Session, message_id: UUID) -> Message | None:
    """The row, fresh and locked until the transaction ends."""
    statement = select(Message).where(Message.id == message_id).with_for_update()
    return session.exec(statement, execution_options={"populate_existing": True}).one_or_none()


def lock_by_provider_id(session: Session, provider: str, provider_id: str) -> Message | None:
    """The message a provider knows under this id, locked."""
    statement = (
        select(Message)
        .where(Message.provider == provider, Message.provider_id == provider_id)
        .order_by(col(Message.id))
        .limit(1)
        .with_for_update()
    )
    return session.exec(statement, execution_options={"populate_existing": True}).one_or_none()


def page(
    session: Session,
    *,
    limit: int,
    before: UUID | None = None,
    status: str | None = None,
    channel: str | None = None,
    subject_id: UUID | None = None,
    customer_id: UUID | None = None,
) -> Sequence[Message]:
    """Newest first; `before` is the last id of the page before."""
    wanted = {
        Message.status: status,
        Message.channel: channel,
        Message.subject_id: subject_id,
        Message.customer_id: customer_id,
    }
    statement = select(Message).where(*(col(column) == value for column, value in wanted.items() if value is not None))
    if before is not None:
        statement = statement.where(col(Message.id) < before)
    return session.exec(statement.order_by(col(Message.id).desc()).limit(limit)).all()


def about(session: Session, subject_type: str, subject_id: UUID) -> Sequence[Message]:
    """Every message about one thing, oldest first: for its timeline."""
    statement = select(Message).where(Message.subject_type == subject_type, Message.subject_id == subject_id)
    return session.exec(statement.order_by(col(Message.id))).all()


def with_key(session: Session, event_key: str) -> Sequence[Message]:
    """The messages of one event."""
    return session.exec(select(Message).where(Message.event_key == event_key).order_by(col(Message.id))).all()


def receipts(session: Session, message_id: UUID) -> Sequence[MessageReceipt]:
    """What providers reported, in the order it came in."""
    statement = select(MessageReceipt).where(MessageReceipt.message_id == message_id)
    return session.exec(statement.order_by(col(MessageReceipt.id))).all()


def add_receipt_once(session: Session, receipt: MessageReceipt) -> bool:
    """False: this report was applied before."""
    return db.add_once(session, receipt, "provider", "event_id")
