"""Mandates from the other side: how the banks behave, and what customers do in their bank apps."""

from dataclasses import asdict
from typing import Any, Literal

from fastapi import APIRouter, HTTPException
from pydantic import Field

from sandbox import accounts, clock
from sandbox.accounts import AccountId
from sandbox.box import TheBox
from sandbox.config import Strict
from sandbox.razorpay import bank_app, banking, mandates
from sandbox.razorpay.happening import Happening
from sandbox.razorpay.terms import LEAST_LIMIT
from sandbox.wire import Refused

router = APIRouter(tags=["mandates"])


class Failure(Strict):
    failed: str = Field(min_length=1, description="the error_reason")


class BankSetting(Strict):
    """What is not named stays. Seconds are of the account's clock; 0 is at once. `outcomes` replaces the whole queue."""

    account: AccountId
    registration: banking.Registration | None = None
    token_delay_seconds: int | None = Field(None, ge=0)
    notification: banking.Notification | None = None
    notification_seconds: int | None = Field(None, ge=0)
    debit_seconds: int | None = Field(None, ge=0)
    cancel_seconds: int | None = Field(None, ge=0)
    save_vpa: bool | None = None
    outcomes: list[Literal["captured"] | Failure] | None = None


@router.put("/razorpay/mandates")
def set_banks(asked: BankSetting, box: TheBox) -> dict[str, Any]:
    """Registrations, notices before debits, and what the next debits come to; when nothing is planned, they are captured."""
    changes = asked.model_dump(exclude={"account", "outcomes"}, exclude_none=True)
    with box.transaction() as db:
        banks = banking.change(db, asked.account, changes)
        if asked.outcomes is not None:
            banking.set_outcomes(db, asked.account, asked.model_dump()["outcomes"])
        return {**asdict(banks), "outcomes": banking.outcomes(db, asked.account)}


class Approved(Strict):
    """So many customers who approved a UPI mandate long ago; nobody is told of them any more."""

    account: AccountId
    count: int = Field(ge=1, le=5_000)
    max_amount: int = Field(1_500_000, ge=LEAST_LIMIT, description="paise, of a single debit")


@router.post("/razorpay/mandates")
def approve_many(asked: Approved, box: TheBox) -> list[dict[str, str]]:
    """Confirmed mandates, with the ids that a shop would have of them."""
    with box.transaction() as db:
        happening = Happening(db, accounts.get(db, "razorpay", asked.account), clock.now(db, asked.account))
        tokens = [mandates.approved(happening, asked.max_amount) for _ in range(asked.count)]
        return [{"customer_id": str(token.parent), "token_id": token.id} for token in tokens]


@router.get("/razorpay/tokens")
def list_tokens(box: TheBox, account: AccountId | None = None) -> list[dict[str, Any]]:
    """Every mandate, newest first, with its debits; also those that Razorpay has forgotten and the bank has not."""
    with box.store.transaction() as db:
        return [bank_app.facts(db, token) for token in bank_app.listing(db, account)]


@router.post("/razorpay/tokens/{token_id}/{verb}")
def act_in_the_bank_app(token_id: str, verb: Literal["pause", "resume", "cancel"], box: TheBox) -> dict[str, Any]:
    """The customer pauses, resumes or revokes the mandate; 409 where its state does not allow that."""
    try:
        with box.transaction() as db:
            token = bank_app.move(db, token_id, verb)
            if token is None:
                raise HTTPException(404, "no such token")
            return bank_app.facts(db, token)
    except Refused as refusal:
        raise HTTPException(409, bytes(refusal.response.body).decode()) from refusal
