"""Debits of a mandate: whether one may be made now, its start, and what the bank makes of it a day later."""

from typing import Any

from sandbox.razorpay import banking, mandates, paying
from sandbox.razorpay.cycles import cycle_of, is_peak
from sandbox.razorpay.entities import Entity, children, load, save, those
from sandbox.razorpay.errors import refused
from sandbox.razorpay.happening import Happening
from sandbox.razorpay.instruments import Instrument
from sandbox.razorpay.notices import GAP_SECONDS
from sandbox.razorpay.reasons import failure_fields
from sandbox.store import Db
from sandbox.transitions import Step, act, plan
from sandbox.wire import Refused

MOST_TRIES = 4  # per mandate and order: one, and three more
TAKEN = ("created", "authorized", "captured")
BY_TOKEN = "kind = 'payment' AND account = ? AND json_extract(wire, '$.token_id') = ?"


def refuse_unless_allowed(db: Db, order: Entity, token: Entity, now: int) -> None:
    """Everything that Razorpay, NPCI and the bank look at before they accept a debit."""
    _check_order(db, order, token)
    if reason := mandates.why_not_debitable(token, now):
        raise _refused(reason)
    if order.wire["amount"] > token.wire["max_amount"]:
        raise refused("Amount exceeds maximum amount allowed", field="amount")
    notice = order.wire.get("notification")
    if notice is not None:
        _check_notice(notice, token, now)
    if token.wire["method"] == "upi":
        _check_cycle(db, token, now, at_once=notice is not None)


def start(happening: Happening, order: Entity, token: Entity, body: dict[str, Any]) -> Entity:
    """Accepted, not paid: the payment stays `created` until the bank has decided.

    Where the shop sent no notice, Razorpay sends its own first, and debits when that has been out long enough."""
    remembered = token.hidden["instrument"]
    instrument = Instrument(remembered["method"], remembered["detail"], str(body["email"]), str(body["contact"]))
    payment = happening.start(
        order,
        instrument,
        customer_id=token.parent,
        token_id=token.id,
        description=body.get("description"),
        notes=body["notes"] or order.wire["notes"],
    )
    token.wire["used_at"] = happening.now
    save(happening.db, token)
    wait = banking.of(happening.db, happening.merchant.id).debit_seconds
    if "notification" not in order.wire:
        wait += GAP_SECONDS[token.wire["method"]]
    plan(happening.db, happening.merchant.id, happening.now + wait, "debit.decide", payment.id)
    return payment


@act("debit.decide")
def _decide(step: Step) -> None:
    """As planned by control. Unplanned it succeeds, unless the customer paused or revoked the mandate meanwhile."""
    payment = load(step.db, step.account.id, "payment", step.entity_id)
    order = load(step.db, step.account.id, "order", payment.wire["order_id"])
    token = load(step.db, step.account.id, "token", payment.wire["token_id"])
    planned = banking.take_outcome(step.db, step.account.id)
    reason = planned["failed"] if isinstance(planned, dict) else None
    if planned is None:
        reason = mandates.why_not_debitable(token, step.at)
    happening = Happening(step.db, step.account, step.at)
    paying.settle(happening, order, payment, "failed" if reason else None, reason)
    happening.publish()


def of_token(db: Db, token: Entity) -> list[Entity]:
    """Its payments, newest first, without the one that registered it."""
    found = those(db, BY_TOKEN, (token.account, token.id))
    return [payment for payment in found if "registered" not in payment.hidden]


def _check_order(db: Db, order: Entity, token: Entity) -> None:
    paying.refuse_if_taken(db, order)
    made = children(db, order.id, "payment")
    if any(payment.wire["status"] in TAKEN for payment in made):
        # The words are ours: the pages only say that no second payment is to be made before the first is decided.
        in_progress = "A payment for this order is already in progress."
        raise refused(in_progress, reason="order_payment_in_progress", metadata={"order_id": order.id})
    if sum(payment.wire.get("token_id") == token.id for payment in made) >= MOST_TRIES:
        # A documented reason with words of ours: NPCI allows one try and three more.
        raise refused("No further attempt is allowed for this debit.", reason="transaction_frequency_limit_exceeded")


def _check_notice(notice: dict[str, Any], token: Entity, now: int) -> None:
    if notice["token_id"] != token.id or notice["status"] != "delivered":
        raise refused("A pre-debit notification has not been sent for this debit.", reason="pre_debit_notification_not_sent")
    if now < max(notice["payment_after"], notice["delivered_at"] + GAP_SECONDS[token.wire["method"]]):
        raise refused(
            "The debit was attempted before the promised time.", reason="BAD_REQUEST_MANDATE_PROMISED_DEBIT_DATE_NOT_HONOURED"
        )


def _check_cycle(db: Db, token: Entity, now: int, at_once: bool) -> None:
    """One debit per cycle, none while an earlier one is undecided, and none made at once in the peak hours."""
    earlier = of_token(db, token)
    cycle = cycle_of(token.hidden["frequency"], now)
    if any(payment.wire["status"] == "created" or _honours(payment, token, cycle) for payment in earlier):
        raise _refused("mandate_current_cycle_allowed_debit_exceeds")
    if at_once and is_peak(now):
        # The rule is NPCI's; neither reason nor words of such a refusal are documented, so both are ours.
        raise refused("UPI mandates cannot be executed during peak hours.", reason="mandate_execution_in_peak_hours")


def _honours(payment: Entity, token: Entity, cycle: str | None) -> bool:
    has_paid = payment.wire["status"] in TAKEN
    return cycle is not None and has_paid and cycle_of(token.hidden["frequency"], payment.wire["created_at"]) == cycle


def _refused(reason: str) -> Refused:
    return refused(failure_fields(reason)["error_description"], reason=reason)
