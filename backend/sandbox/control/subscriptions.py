"""Subscriptions from the other side: the customer's approval, what the charges come to, another card, the bank app."""

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import Field

from sandbox.accounts import AccountId
from sandbox.box import TheBox
from sandbox.config import Strict
from sandbox.control.mandates import Failure
from sandbox.control.merchants import as_problem, happening_of
from sandbox.razorpay import authenticating, bank_subscriptions, rescuing
from sandbox.razorpay.entities import load, save
from sandbox.razorpay.instruments import Instrument
from sandbox.wire import Refused

router = APIRouter(tags=["subscriptions"])


class Approval(Strict):
    method: Literal["upi", "card"] = "upi"
    detail: str = ""
    email: str = Instrument.email
    contact: str = Instrument.contact
    error_reason: str | None = Field(None, description="declined, for this reason")
    send_webhooks: bool = True

    @property
    def instrument(self) -> Instrument:
        return Instrument(self.method, self.detail, self.email, self.contact)


class Outcomes(Strict):
    """What the next charges of the subscription come to, in order; after them they are captured."""

    outcomes: list[Literal["captured"] | Failure]


@router.get("/razorpay/subscriptions")
def list_subscriptions(box: TheBox, account: AccountId | None = None) -> list[dict[str, Any]]:
    """Every subscription, newest first, with each try to charge it."""
    with box.store.transaction() as db:
        return [bank_subscriptions.facts(db, one) for one in bank_subscriptions.listing(db, account)]


@router.post("/razorpay/subscriptions/{subscription_id}/approve")
def approve(subscription_id: str, asked: Approval, box: TheBox) -> dict[str, Any]:
    """The customer approves (or declines) it with a first payment, which is answered."""
    try:
        with box.transaction() as db:
            happening = happening_of(db, subscription_id, asked.send_webhooks)
            subscription = load(db, happening.merchant.id, "subscription", subscription_id)
            return authenticating.authenticate(happening, subscription, asked.instrument, asked.error_reason).wire
    except Refused as refusal:
        as_problem(refusal)


@router.put("/razorpay/subscriptions/{subscription_id}/outcomes")
def set_outcomes(subscription_id: str, asked: Outcomes, box: TheBox) -> dict[str, Any]:
    """Replaces what was planned before. Each try to charge takes one, retries too."""
    with box.transaction() as db:
        happening = happening_of(db, subscription_id)
        subscription = load(db, happening.merchant.id, "subscription", subscription_id)
        subscription.hidden["outcomes"] = asked.model_dump()["outcomes"]
        save(db, subscription)
        return bank_subscriptions.facts(db, subscription)


@router.post("/razorpay/subscriptions/{subscription_id}/instrument")
def change_instrument(subscription_id: str, asked: Approval, box: TheBox) -> dict[str, Any]:
    """The customer gives another card or UPI id: what is pending is charged at once, a halted one goes on."""
    try:
        with box.transaction() as db:
            happening = happening_of(db, subscription_id, asked.send_webhooks)
            subscription = load(db, happening.merchant.id, "subscription", subscription_id)
            rescuing.change_instrument(happening, subscription, asked.instrument)
            happening.publish()
            return bank_subscriptions.facts(db, subscription)
    except Refused as refusal:
        as_problem(refusal)


@router.post("/razorpay/invoices/{invoice_id}/pay")
def pay_invoice(invoice_id: str, box: TheBox) -> dict[str, Any]:
    """The customer pays an invoice by hand that could not be charged."""
    try:
        with box.transaction() as db:
            happening = happening_of(db, invoice_id)
            payment = rescuing.pay_invoice(happening, load(db, happening.merchant.id, "invoice", invoice_id))
            happening.publish()
            return payment.wire
    except Refused as refusal:
        as_problem(refusal)


@router.post("/razorpay/subscriptions/{subscription_id}/bank/{verb}")
def act_at_the_bank(subscription_id: str, verb: Literal["pause", "resume", "cancel"], box: TheBox) -> dict[str, Any]:
    """The customer pauses, resumes or ends it in the bank app; the shop hears of it by webhook only."""
    try:
        with box.transaction() as db:
            happening_of(db, subscription_id)
            subscription = bank_subscriptions.move(db, subscription_id, verb)
            return {} if subscription is None else bank_subscriptions.facts(db, subscription)
    except Refused as refusal:
        as_problem(refusal)
