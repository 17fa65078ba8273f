"""What comes after a payment: settlements to the merchant's bank, adjustments, disputes."""

from typing import Any

from fastapi import APIRouter
from pydantic import Field, field_validator

from sandbox.accounts import AccountId
from sandbox.box import TheBox
from sandbox.config import Strict
from sandbox.control.merchants import as_problem, happening_at, happening_of
from sandbox.razorpay import adjusting, disputing, settling
from sandbox.razorpay.entities import load
from sandbox.wire import Refused

router = APIRouter(tags=["money"])

DAY_SECONDS = 24 * 60 * 60
FIGURES = ("fee", "tax", "credit", "debit", "amount")
RESPOND_DAYS = 3  # of a chargeback


class Settlement(Strict):
    """`until`: what happened after it is left for the next one; null: everything until now, by the account's clock."""

    account: AccountId
    until: int | None = None
    leave_out: list[str] = Field([], description="ids of payments, refunds or adjustments that do not come this time")
    changed: dict[str, dict[str, int]] = Field(
        {}, description="other figures (fee, tax, credit, debit, amount) on the line of an id; another fee changes the credit"
    )
    amount_off: int = Field(0, description="the transfer is this much more than its lines")
    shows_fees: bool = Field(False, description="whether the settlement itself gives the totals of fee and tax, else 0")
    send_webhooks: bool = True

    @field_validator("changed")
    @classmethod
    def are_figures(cls, changed: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
        """A figure that no line has would change nothing."""
        if unknown := {name for figures in changed.values() for name in figures} - set(FIGURES):
            raise ValueError(f"a line has no {', '.join(sorted(unknown))}")
        return changed


class Adjustment(Strict):
    account: AccountId
    amount: int = Field(description="negative: the merchant loses it")
    description: str = "Adjustment"


class Dispute(Strict):
    amount: int | None = Field(None, description="null: the whole payment")
    reason_code: str = "goods_or_services_not_received_or_partially_received"
    phase: disputing.Phase = "chargeback"
    respond_by: int | None = Field(None, description="Unix seconds; null: in three days")
    deduct: bool = Field(False, description="the amount is held from the start")
    send_webhooks: bool = True


class Verdict(Strict):
    send_webhooks: bool = True


@router.post("/razorpay/settlements")
def settle(asked: Settlement, box: TheBox) -> dict[str, Any]:
    """One settlement of what is not settled yet, with its lines; 409 when the merchant is owed nothing."""
    mistakes = settling.Mistakes(
        asked.leave_out, {one: dict(figures) for one, figures in asked.changed.items()}, asked.amount_off
    )
    try:
        with box.transaction() as db:
            happening = happening_at(db, asked.account, asked.send_webhooks)
            until = happening.now if asked.until is None else asked.until
            settlement = settling.settle(happening, until, mistakes, asked.shows_fees)
            happening.publish()
            return {**settlement.wire, "lines": settlement.hidden["lines"]}
    except Refused as refusal:
        as_problem(refusal)


@router.post("/razorpay/adjustments")
def adjust(asked: Adjustment, box: TheBox) -> dict[str, Any]:
    """Razorpay gives or takes an amount outside payments and refunds; it shows in the next settlement."""
    with box.transaction() as db:
        return adjusting.adjust(happening_at(db, asked.account), asked.amount, asked.description).wire


@router.post("/razorpay/payments/{payment_id}/dispute")
def open_dispute(payment_id: str, asked: Dispute, box: TheBox) -> dict[str, Any]:
    """The customer's bank asks for the money back; 409 for a payment that was not captured."""
    try:
        with box.transaction() as db:
            happening = happening_of(db, payment_id, asked.send_webhooks)
            payment = load(db, happening.merchant.id, "payment", payment_id)
            respond_by = happening.now + RESPOND_DAYS * DAY_SECONDS if asked.respond_by is None else asked.respond_by
            dispute = disputing.open_on(
                happening, payment, asked.amount, asked.reason_code, asked.phase, respond_by, asked.deduct
            )
            happening.publish()
            return dispute.wire
    except Refused as refusal:
        as_problem(refusal)


@router.post("/razorpay/disputes/{dispute_id}/{verdict}")
def decide_dispute(dispute_id: str, verdict: disputing.Verdict, asked: Verdict, box: TheBox) -> dict[str, Any]:
    """The bank goes on: under_review, action_required, won, lost, closed; 409 once it has ended."""
    try:
        with box.transaction() as db:
            happening = happening_of(db, dispute_id, asked.send_webhooks)
            dispute = load(db, happening.merchant.id, "dispute", dispute_id)
            disputing.decide(happening, dispute, verdict)
            happening.publish()
            return dispute.wire
    except Refused as refusal:
        as_problem(refusal)
