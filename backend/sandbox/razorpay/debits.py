"""Debits of a mandate: whether one may be made now, its start, and what the bank makes of it a day later."""

from typing import Any

from sandbox.razorpay import banking, mandates, paying
from sandbox.razorpay.cycles import cycle_of, is_peak
from sandbox.razorpay.entities import Entity, children, load, one_of, save, those
from sandbox.razorpay.errors import refused
from sandbox.razorpay.happening import Happening
from sandbox.razorpay.instruments import Instrument
from sandbox.razorpay.notices import GAP_SECONDS
from sandbox.razorpay.reasons import failure_fields
from sandbox.store import Db
from sandbox.transitions import Step, act, plan
from sandbox.wire import Refused

MOST_TRIES = 4  # per mandate and order: one, and three more
CARD_RETRY_SECONDS = 36 * 60 * 60
MOST_WITHOUT_CUSTOMER = 1_500_000  # paise; above it RBI asks for the customer's approval of every single debit
DAY_SECONDS = 24 * 60 * 60
TAKEN = ("created", "authorized", "captured")
BY_TOKEN = "kind = 'payment' AND account = ? AND json_extract(wire, '$.token_id') = ?"


def refuse_unless_allowed(db: Db, order: Entity, token: Entity, now: int) -> None:
    """Everything that Razorpay, NPCI and the bank look at before they accept a debit."""
    _check_order(db, order, token, now)
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
    """As planned by control; unplanned it succeeds, unless something that the bank looks at speaks against it."""
    payment = load(step.db, step.account.id, "payment", step.entity_id)
    order = load(step.db, step.account.id, "order", payment.wire["order_id"])
    token = load(step.db, step.account.id, "token", payment.wire["token_id"])
    planned = banking.take_outcome(step.db, step.account.id)
    reason = planned["failed"] if isinstance(planned, dict) else None
    if planned is None:
        reason = _objection(token, payment, step.at)
    happening = Happening(step.db, step.account, step.at)
    paying.settle(happening, order, payment, "failed" if reason else None, reason)
    happening.publish()


def _objection(token: Entity, payment: Entity, now: int) -> str | None:
    """Paused or revoked meanwhile, too much to go through without the customer, or begun on the last day of a UPI cycle."""
    if reason := mandates.why_not_debitable(token, now):
        return reason
    if payment.wire["amount"] > MOST_WITHOUT_CUSTOMER:
        return "payment_timed_out"  # nobody here approves it: the request for it lapses
    frequency, made_at = token.hidden["frequency"], payment.wire["created_at"]
    if token.wire["method"] == "upi" and frequency != "daily":
        is_last_day = cycle_of(frequency, made_at) != cycle_of(frequency, made_at + DAY_SECONDS)
        return "execution_day_rule_mismatch" if is_last_day else None
    return None


def of_token(db: Db, token: Entity) -> list[Entity]:
    """Its payments, newest first, without the one that registered it."""
    found = those(db, BY_TOKEN, (token.account, token.id))
    return [payment for payment in found if "registered" not in payment.hidden]


def _check_order(db: Db, order: Entity, token: Entity, now: int) -> None:
    paying.refuse_if_taken(db, order)
    made = children(db, order.id, "payment")
    if any(payment.wire["status"] in TAKEN for payment in made):
        # The words are ours: the pages only say that no second payment is to be made before the first is decided.
        in_progress = "A payment for this order is already in progress."
        raise refused(in_progress, reason="order_payment_in_progress", metadata={"order_id": order.id})
    if sum(payment.wire.get("token_id") == token.id for payment in made) >= MOST_TRIES:
        # A documented reason with words of ours: NPCI allows one try and three more.
        raise refused("No further attempt is allowed for this debit.", reason="transaction_frequency_limit_exceeded")
    if token.wire["method"] == "card" and any(now - payment.wire["created_at"] < CARD_RETRY_SECONDS for payment in made):
        # Documented as a rule; reason and words are ours.
        raise refused("A card can be debited again 36 hours after the last attempt.", reason="payment_retry_too_early")


def _check_notice(notice: dict[str, Any], token: Entity, now: int) -> None:
    if notice["token_id"] != token.id or notice["status"] != "delivered":
        raise refused("A pre-debit notification has not been sent for this debit.", reason="pre_debit_notification_not_sent")
    if now < max(notice["payment_after"], notice["delivered_at"] + GAP_SECONDS[token.wire["method"]]):
        raise refused(
            "The debit was attempted before the promised time.", reason="BAD_REQUEST_MANDATE_PROMISED_DEBIT_DATE_NOT_HONOURED"
        )


def _check_cycle(db: Db, token: Entity, now: int, at_once: bool) -> None:
    """One debit per cycle, none while an earlier one is undecided, and none made at once in the peak hours."""
    undecided = one_of(db, f"{BY_TOKEN} AND json_extract(wire, '$.status') = 'created'", (token.account, token.id))
    if undecided is not None or _is_honoured(db, token, cycle_of(token.hidden["frequency"], now)):
        raise _refused("mandate_current_cycle_allowed_debit_exceeds")
    if at_once and is_peak(now):
        # The rule is NPCI's; neither reason nor words of such a refusal are documented, so both are ours.
        raise refused("UPI mandates cannot be executed during peak hours.", reason="mandate_execution_in_peak_hours")


def _is_honoured(db: Db, token: Entity, cycle: str | None) -> bool:
    if cycle is None:
        return False
    paid = [payment.wire["created_at"] for payment in of_token(db, token) if payment.wire["status"] in TAKEN]
    return any(cycle_of(token.hidden["frequency"], made_at) == cycle for made_at in paid)


def _refused(reason: str) -> Refused:
    return refused(failure_fields(reason)["error_description"], reason=reason)
