"""Refunds from the other side: how long the banks take and what they answer, the balance, and the dashboard."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter
from pydantic import Field

from sandbox.accounts import AccountId
from sandbox.box import TheBox
from sandbox.config import Strict
from sandbox.control.merchants import as_problem, happening_of
from sandbox.razorpay import refunding, treasury
from sandbox.razorpay import refunds as api
from sandbox.razorpay.entities import load
from sandbox.wire import Refused

router = APIRouter(tags=["refunds"])


class RefundSetting(Strict):
    """What is not named stays. `outcomes` replaces the whole queue; `balance` null: always enough."""

    account: AccountId
    refund_seconds: int = Field(0, ge=0)
    balance: int | None = None
    instant: bool = True
    failed_restores: bool = True
    outcomes: list[treasury.Outcome] = []


class ByHand(Strict):
    amount: int | None = Field(None, description="null: the whole payment")
    speed: str = "normal"
    notes: dict[str, str] | None = None
    receipt: str | None = None
    send_webhooks: bool = True


class Answer(Strict):
    send_webhooks: bool = True
    late: bool = False  # of one that was processed already


@router.put("/razorpay/refunds")
def set_refunds(asked: RefundSetting, box: TheBox) -> dict[str, Any]:
    """Seconds of the account's clock from pending to the outcome, the outcomes of the next refunds, and the balance."""
    named = asked.model_dump(exclude={"account"}, exclude_unset=True)
    queue = named.pop("outcomes", None)
    with box.transaction() as db:
        setting = treasury.change(db, asked.account, named)
        if queue is not None:
            treasury.set_outcomes(db, asked.account, queue)
        return {**asdict(setting), "outcomes": treasury.outcomes(db, asked.account)}


@router.post("/razorpay/payments/{payment_id}/refund")
def refund_by_hand(payment_id: str, asked: ByHand, box: TheBox) -> dict[str, Any]:
    """Somebody refunds in the dashboard, where the shop learns of it only by webhook; 409 where that is not allowed."""
    try:
        with box.transaction() as db:
            happening = happening_of(db, payment_id, asked.send_webhooks)
            payment = load(db, happening.merchant.id, "payment", payment_id)
            body = asked.model_dump(exclude={"send_webhooks"}, exclude_none=True)
            return api.make(happening, payment, body, api.BY_HAND).wire
    except Refused as refusal:
        as_problem(refusal)


@router.post("/razorpay/refunds/{refund_id}/{outcome}")
def decide_refund(refund_id: str, outcome: treasury.Outcome, asked: Answer, box: TheBox) -> dict[str, Any]:
    """The bank answers a pending refund now, whatever was planned; 409 when it is not pending (`late`: not processed)."""
    try:
        with box.transaction() as db:
            happening = happening_of(db, refund_id, asked.send_webhooks)
            refund = load(db, happening.merchant.id, "refund", refund_id)
            refunding.decide(happening, refund, outcome, late=asked.late)
            happening.publish()
            return refund.wire
    except Refused as refusal:
        as_problem(refusal)
