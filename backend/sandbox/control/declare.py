"""PUT accounts; GET what a verifier needs."""

from typing import Any

from fastapi import APIRouter, HTTPException

from sandbox import accounts
from sandbox.box import TheBox
from sandbox.config import RazorpayFacts, SendgridAccount, TwilioFacts, sendgrid_facts

router = APIRouter(tags=["accounts"])


@router.put("/razorpay/accounts/{key_id}")
def put_razorpay(key_id: str, facts: RazorpayFacts, box: TheBox) -> dict[str, Any]:
    """Webhooks replace the earlier ones; orders and payments stay."""
    with box.transaction() as db:
        account = facts.declare(db, key_id)
    return {"key_id": account.id, "account_id": account.facts["account_id"], "webhooks": account.facts["webhooks"]}


@router.put("/twilio/accounts/{account_sid}")
def put_twilio(account_sid: str, facts: TwilioFacts, box: TheBox) -> dict[str, str]:
    """Callbacks go to the URL given with each message, signed with this token."""
    with box.transaction() as db:
        return {"account_sid": facts.declare(db, account_sid).id}


@router.put("/sendgrid/accounts")
def put_sendgrid(facts: SendgridAccount, box: TheBox) -> dict[str, str | None]:
    """The signing key pair is made once and kept; signing_key_pem (a P-256 private key) chooses it."""
    with box.transaction() as db:
        return facts.declare(db)


@router.get("/sendgrid/accounts")
def get_sendgrid(api_key: str, box: TheBox) -> dict[str, str | None]:
    """The account's id and the public key that verifies its events."""
    with box.store.transaction() as db:
        account = accounts.find(db, "sendgrid", accounts.sendgrid_account_id(api_key))
    if account is None:
        raise HTTPException(404, "no such account")
    return sendgrid_facts(account)
