"""Work that waits, past its time: nobody is doing it, or nobody can."""

from collections.abc import Iterable

from app.core.work_columns import WorkRow
from app.inbox.models import ProviderEvent
from app.insight.checks.frame import Check
from app.insight.owed import DRAINS
from app.notifications.models import Message
from app.payments.models import PaymentAttempt
from app.payments.refund_models import Refund

TOLD_APART = (ProviderEvent, PaymentAttempt, Message, Refund)  # whose dead rows have a check of their own
RETRIED = tuple(model for model in DRAINS if model not in TOLD_APART)


def _each(models: Iterable[type[WorkRow]], columns: str, which: str) -> str:
    """The same question to several tables of work."""
    return " UNION ALL ".join(
        f"SELECT id, '{model.__tablename__}' AS object_type, {columns}, NULL::bigint AS amount "  # noqa: S608
        f"FROM {model.__tablename__} WHERE {which}"
        for model in models
    )


CHECKS = (
    Check(
        "work_late",
        "What is due is taken up within a quarter of an hour, and what is taken up is finished.",
        "",
        _each(
            DRAINS,
            "work_status, coalesce(lease_until, next_attempt_at) AS since",
            "(work_status IN ('queued', 'unknown') AND next_attempt_at < app_now() - interval '15 minutes')"
            " OR (work_status = 'working' AND lease_until < app_now() - interval '15 minutes')",
        ),
        "A row of {object_type} is {work_status} and was due at {since}.",
        "No worker does this: `rozana doctor` says which queue has nobody. Once it has one, the rows are done by themselves.",
        is_cheap=True,
    ),
    Check(
        "dead_rows",
        "No work is given up.",
        "",
        _each(RETRIED, "coalesce(last_error, 'no reason') AS last_error", "work_status = 'dead'"),
        "A row of {object_type} was given up: {last_error}.",
        "Mend the cause first. The repair then has it tried again; what may have called a provider begins with a look-up.",
        is_repaired=True,
    ),
    Check(
        "dead_events",
        "Whatever a provider tells is applied.",
        "provider_events",
        """SELECT id, provider, event_type, event_id, coalesce(last_error, 'no reason') AS last_error, NULL::bigint AS amount
        FROM provider_events WHERE work_status = 'dead'""",
        "{provider} told {event_type} ({event_id}), and applying it was given up: {last_error}.",
        "Mend the cause first. The repair then applies it again, which is safe for an event that was applied in part.",
        is_repaired=True,
    ),
    Check(
        "dead_refunds",
        "A refund goes on until it arrives, or is known to have failed.",
        "refunds",
        """SELECT id, receipt, amount, coalesce(last_error, 'no reason') AS last_error FROM refunds
        WHERE work_status = 'dead' AND status = 'pending'""",
        "Refund {receipt} of {amount} was given up half-way: {last_error}.",
        "The repair has it tried again, beginning with a look at what the provider knows of it.",
        is_repaired=True,
    ),
    Check(
        "dead_attempts",
        "An order that waits for its payment can be paid.",
        "payment_attempts",
        """SELECT a.id, o.number, coalesce(a.last_error, 'no reason') AS last_error, a.amount
        FROM payment_attempts a JOIN payments p ON p.id = a.payment_id JOIN orders o ON o.id = p.order_id
        WHERE a.work_status = 'dead' AND o.status = 'pending_payment' AND p.status <> 'captured' AND NOT EXISTS (
            SELECT FROM payment_attempts later WHERE later.payment_id = a.payment_id AND later.id > a.id)""",
        "Order {number} cannot be paid: the provider was not to be had for it ({last_error}).",
        "Mend the cause first (keys, account, amount). The repair then asks the provider again, beginning with a look-up.",
        is_repaired=True,
    ),
    Check(
        "dead_messages",
        "Messages leave.",
        "messages",
        """SELECT id, template, channel, status, coalesce(error, last_error, 'no reason') AS why, NULL::bigint AS amount
        FROM messages WHERE work_status = 'dead' AND created_at > app_now() - interval '7 days'""",
        "A message {template} by {channel} was not sent: {why}.",
        "A wrong address is the customer's to correct. Many of these on one day: the provider refuses us, see `rozana doctor`.",
        severity="notice",
    ),
)
