"""The documented tasks that tell somebody something, and the nudges that send what waits. All on the queue `notifications`.

Arguments are the documents' own; `store_id` is needed only where several stores live. Results: `{status, message_id}`,
or `message_ids` where one call tells several. Our own code never calls these: it queues messages.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlmodel import Session

from app.accounts import service as accounts
from app.checkout import service as checkout
from app.core import clock
from app.core.celery_app import celery_app
from app.core.errors import Invalid
from app.core.work import defer
from app.notifications import service, templates
from app.notifications.models import Message
from app.notifications.rules import MessageStatus
from app.stores import service as stores
from app.subscriptions import reminding
from app.tasks.base import Call, Reference, Result, documented
from app.tasks.delivering import deliver_message
from app.tasks.draining import drain as drain_rows
from app.tasks.joined import More, work_each
from app.tasks.telling import CALL_LIMITS, hold, one, several, telling

URGENT, NORMAL, BULK = 9, 6, 3
MAX_BULK_RECIPIENTS = 1000  # one transaction of about a second


class TooManyRecipients(Invalid):
    """At most 1000 recipients in one call; call it several times."""

    code = "too_many_recipients"


class PersonNotNamed(Invalid):
    """A user needs `user_id` and type `user`, an admin `admin_id` and type `admin`."""

    code = "person_not_named"


@telling(one, NORMAL)
def send_email_task(session: Session, call: Call, to_email: str, subject: str, body: str) -> list[Message]:
    """Send plain words as an e-mail in the store's layout."""
    return [service.queue(session, "notice", to_email, "email", call.key, {"body": body}, subject=subject, wake=False)]


@telling(one, NORMAL)
def send_sms_task(session: Session, call: Call, to_phone: str, message: str) -> list[Message]:
    """Send plain words as an SMS."""
    return [service.queue(session, "notice", to_phone, "sms", call.key, {"body": message}, wake=False)]


@telling(one, NORMAL)
def send_templated_email_task(
    session: Session, call: Call, to_email: str, template_name: str, context: dict[str, Any]
) -> list[Message]:
    """Send an e-mail template. `user_id` or `admin_id` in the context stands for the facts of that person."""
    return [_templated(session, call.key, to_email, "email", template_name, context)]


@telling(one, NORMAL)
def send_templated_sms_task(
    session: Session, call: Call, to_phone: str, template_name: str, context: dict[str, Any]
) -> list[Message]:
    """Send an SMS template. `user_id` or `admin_id` in the context stands for the facts of that person."""
    return [_templated(session, call.key, to_phone, "sms", template_name, context)]


@telling(several, URGENT)
def send_order_confirmation_task(session: Session, _call: Call, order_id: str) -> list[Message]:
    """Tell the customer that the order is confirmed, by every channel we have. A repeat finds the first messages."""
    return checkout.queue_order_confirmation(session, _id(order_id))


@telling(several, NORMAL)
def send_order_shipped_task(session: Session, _call: Call, order_id: str, shipment_id: str | None = None) -> list[Message]:
    """Tell the customer that the order is on its way. A repeat finds the first messages."""
    return checkout.queue_order_shipped(session, _id(order_id), _id(shipment_id) if shipment_id else None)


@telling(several, URGENT)
def send_payment_failed_task(session: Session, _call: Call, order_id: str, payment_id: str | None = None) -> list[Message]:
    """Tell the customer that the payment failed, unless it was made good since. A repeat finds the first messages."""
    return checkout.queue_payment_failed(session, _id(order_id), _id(payment_id) if payment_id else None)


@telling(several, NORMAL)
def send_subscription_renewal_reminder_task(
    session: Session, _call: Call, subscription_id: str, cycle_id: str | None = None
) -> list[Message]:
    """Tell the customer what comes and what it costs: of the named delivery, else the newest. A repeat finds the first."""
    now = clock.now(stores.get(session))
    return reminding.remind_of(session, _id(subscription_id), _id(cycle_id) if cycle_id else None, now)


@telling(one, NORMAL)
def send_notification_email(
    session: Session, call: Call, recipient_email: str, subject: str, template_name: str, context: dict[str, Any]
) -> list[Message]:
    """Send an e-mail template under a subject of one's own."""
    return [_templated(session, call.key, recipient_email, "email", template_name, context, subject)]


@telling(one, NORMAL)
def send_welcome_email(
    session: Session, _call: Call, user_id: str | None = None, user_type: str = "user", admin_id: str | None = None
) -> list[Message]:
    """Welcome a customer (`user`) or a member of staff (`admin`), once. Somebody without an e-mail address is skipped."""
    person_id = user_id or admin_id
    if person_id is None or user_type not in ("user", "admin") or (admin_id and (user_id or user_type == "user")):
        raise PersonNotNamed
    if user_type == "user":
        customer = accounts.get_customer(session, _id(person_id))
        to, context = customer.email, {"user": {"name": customer.name}}
    else:
        staff = accounts.get_staff(session, _id(person_id))
        to, context = staff.email, {"admin": {"name": staff.name, "role": staff.role}}
    if not to:
        return []
    customer_id = _id(person_id) if user_type == "user" else None
    key = f"welcome:{user_type}:{person_id}"
    return [service.queue(session, f"welcome_{user_type}", to, "email", key, context, customer_id=customer_id, wake=False)]


def _count(_store_id: UUID, recorded: Reference) -> Result:
    return {"status": "success", **recorded}


@documented(_count, priority=BULK, **CALL_LIMITS)
def send_bulk_notification_emails(
    session: Session, call: Call, recipient_emails: list[str], subject: str, template_name: str, context: dict[str, Any]
) -> Reference:
    """Queue one e-mail for each of at most 1000 recipients; they are sent behind everything else.

    `skipped` counts recipients named twice and addresses that can be none.
    """
    if len(recipient_emails) > MAX_BULK_RECIPIENTS:
        raise TooManyRecipients
    recipients = dict.fromkeys(recipient_emails)
    messages = [_templated(session, call.key, to, "email", template_name, context, subject) for to in recipients]
    hold(session, messages, call)
    queued = sum(message.status != MessageStatus.FAILED for message in messages)
    defer(session, "drain_messages")
    return {"queued": queued, "skipped": len(recipient_emails) - queued}


def _templated(
    session: Session, key: str, to: str, channel: str, template_name: str, context: Mapping[str, Any], subject: str = ""
) -> Message:
    """Queue a template: persons named by id become their facts, what the template calls a secret becomes one."""
    facts = dict(context)
    if "user_id" in facts:
        facts.setdefault("user", {"name": accounts.get_customer(session, _id(facts["user_id"])).name})
    if "admin_id" in facts:
        staff = accounts.get_staff(session, _id(facts["admin_id"]))
        facts.setdefault("admin", {"name": staff.name, "role": staff.role})
    secret_names = templates.find(template_name, channel).secrets & facts.keys()
    secrets = {name: str(facts.pop(name)) for name in secret_names}
    return service.queue(session, template_name, to, channel, key, facts, secrets=secrets, subject=subject, wake=False)


def _id(value: str | UUID) -> UUID:
    """Invalid for what is no id: 123 can be guessed, so ids are UUIDs."""
    try:
        return UUID(str(value))
    except ValueError:
        raise Invalid(f"{value!r} is no id", field="id") from None


@celery_app.task(name="app.tasks.notifications.deliver", urgency=NORMAL, **CALL_LIMITS)
def deliver(store_id: str, message_id: str, more: More = ()) -> dict[str, str]:
    """Send one message, and `more` that were queued with it. Safe to run twice: the second finds them taken or sent."""
    progress = work_each(store_id, message_id, more, deliver_message, "drain_messages")
    return {"message_id": message_id, "status": progress.status}


@celery_app.task(name="app.tasks.notifications.drain", urgency=BULK, **CALL_LIMITS)
def drain(store_id: str) -> dict[str, Any]:
    """Send what is due in one store, for ten seconds at most; another drain goes on."""
    return {"worked": drain_rows(UUID(store_id), Message, deliver_message, "drain_messages")}
