"""Things that happen outside the shop: a customer pays, a bank answers late, a mail bounces, a webhook comes again."""

from typing import Any

from fastapi import APIRouter, HTTPException
from pydantic import Field

from sandbox import accounts, clock, mail_events, messages, sms_status
from sandbox.accounts import Account
from sandbox.box import TheBox
from sandbox.config import Strict
from sandbox.control.merchants import as_problem, happening_of
from sandbox.razorpay import paying, registering
from sandbox.razorpay.entities import Entity
from sandbox.razorpay.instruments import Instrument, Method
from sandbox.webhooks import again
from sandbox.wire import Refused

router = APIRouter(tags=["happenings"])


class Payment(Strict):
    method: Method = "upi"
    detail: str = ""
    email: str = Instrument.email
    contact: str = Instrument.contact
    outcome: paying.Outcome | None = None
    error_reason: str | None = None
    send_webhooks: bool = True
    even_if_paid: bool = False
    recurring: bool = Field(default=False, description="approve (or decline) the mandate the order asks for")


class LateAnswer(Strict):
    capture: bool = True
    send_webhooks: bool = True


class Receipt(Strict):
    status: str
    error_code: int | None = Field(default=None, description="Twilio's, for undelivered and failed")


@router.post("/razorpay/orders/{order_id}/pay")
def pay(order_id: str, payment: Payment, box: TheBox) -> dict[str, str]:
    """One attempt by a customer; `recurring` approves the order's mandate, and the answer has its token_id.

    Without webhooks the events are generated and dropped: they can still be delivered by hand."""
    instrument = Instrument(payment.method, payment.detail, payment.email, payment.contact)
    try:
        with box.transaction() as db:
            happening = happening_of(db, order_id, payment.send_webhooks)
            if payment.recurring:
                paid = registering.register(happening, order_id, instrument, payment.outcome, payment.error_reason)
            else:
                paid = paying.pay(happening, order_id, instrument, payment.outcome, payment.error_reason, payment.even_if_paid)
            return _paid(happening.merchant, paid)
    except Refused as refusal:
        as_problem(refusal)


@router.post("/razorpay/payments/{payment_id}/late")
def come_late(payment_id: str, answer: LateAnswer, box: TheBox) -> dict[str, str]:
    """The bank answers a payment that had failed: authorised and, unless capture is false, captured."""
    try:
        with box.transaction() as db:
            happening = happening_of(db, payment_id, answer.send_webhooks)
            return _paid(happening.merchant, paying.come_late(happening, payment_id, answer.capture))
    except Refused as refusal:
        as_problem(refusal)


@router.post("/events/{event_id}/deliver")
def deliver_again(event_id: str, box: TheBox) -> list[dict[str, Any]]:
    """One more copy to every receiver, now, same id and body, signed with today's secret; answers what they answered."""
    copies = again.prepare(box.store, event_id)
    if copies is None:
        raise HTTPException(404, "no such event")
    return again.deliver(box, copies)


@router.post("/messages/{message_id}/receipt")
def post_receipt(message_id: str, receipt: Receipt, box: TheBox) -> dict[str, Any]:
    """Report a status of a message (by the sandbox's id or the provider's) as its provider would."""
    with box.transaction() as db:
        message = messages.find(db, message_id)
        if message is None:
            raise HTTPException(404, "no such message")
        allowed = mail_events.STATUSES if message.channel == "email" else sms_status.STATUSES
        if receipt.status not in allowed:
            raise HTTPException(422, f"status must be one of {', '.join(allowed)}")
        now = clock.now(db, message.account)
        account = accounts.get(db, "sendgrid" if message.channel == "email" else "twilio", message.account)
        if message.channel == "email":
            event_ids = mail_events.announce(db, account, [message], [receipt.status], now)
        else:
            event_ids = sms_status.announce(db, account, message, [receipt.status], now, receipt.error_code)
    return {"id": message.id, "events": event_ids}


def _paid(merchant: Account, payment: Entity) -> dict[str, str]:
    return {
        "razorpay_payment_id": payment.id,
        "razorpay_order_id": payment.wire["order_id"],
        "razorpay_signature": paying.checkout_signature(merchant, payment),
        "status": payment.wire["status"],
        **{name: payment.wire[name] for name in ("token_id",) if name in payment.wire},
    }
