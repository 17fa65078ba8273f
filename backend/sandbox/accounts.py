"""Accounts: who may call, with which secret, and where their webhooks go.

Every account is a world of its own (orders, messages, faults, clock), so tests that run side by side never meet.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator

from sandbox.ids import random_text
from sandbox.store import Db
from sandbox.webhooks.signing import new_signing_key


@dataclass(frozen=True)
class Account:
    provider: str
    id: str
    secret: str
    facts: dict[str, Any]


def find(db: Db, provider: str, account_id: str) -> Account | None:
    row = db.execute("SELECT * FROM accounts WHERE provider = ? AND id = ?", (provider, account_id)).fetchone()
    return None if row is None else Account(row["provider"], row["id"], row["secret"], json.loads(row["facts"]))


def get(db: Db, provider: str, account_id: str) -> Account:
    """For an account that something already belongs to."""
    account = find(db, provider, account_id)
    if account is None:
        raise LookupError(f"no {provider} account {account_id}")
    return account


def save(db: Db, account: Account) -> Account:
    db.execute(
        "INSERT OR REPLACE INTO accounts (provider, id, secret, facts) VALUES (?, ?, ?, ?)",
        (account.provider, account.id, account.secret, json.dumps(account.facts)),
    )
    return account


def declare_razorpay(
    db: Db, key_id: str, key_secret: str, name: str | None, webhooks: list[dict[str, Any]], duplicate_receipts: str
) -> Account:
    """Make or change a merchant. `webhooks` ({url, secret, events or None for all}) replace the earlier ones."""
    earlier = find(db, "razorpay", key_id)
    facts = dict(earlier.facts) if earlier else {"account_id": f"acc_{random_text(14)}", "name": "Sandbox shop"}
    facts |= {"webhooks": webhooks, "duplicate_receipts": duplicate_receipts} | ({"name": name} if name else {})
    return save(db, Account("razorpay", key_id, key_secret, facts))


def declare_twilio(db: Db, account_sid: str, auth_token: str) -> Account:
    return save(db, Account("twilio", account_sid, auth_token, {}))


def declare_sendgrid(db: Db, api_key: str, event_webhook_url: str | None, signing_key_pem: str | None) -> Account:
    """Make or change an e-mail account. Its signing key is made once and kept, unless one is given."""
    account_id = sendgrid_account_id(api_key)
    earlier = find(db, "sendgrid", account_id)
    kept = earlier.facts["signing_key_pem"] if earlier else new_signing_key()
    facts = {"event_webhook_url": event_webhook_url, "signing_key_pem": signing_key_pem or kept}
    return save(db, Account("sendgrid", account_id, api_key, facts))


def canonical(account: str) -> str:
    """In the control API an e-mail account may be named by its whole API key."""
    return sendgrid_account_id(account) if account.startswith("SG.") else account


AccountId = Annotated[str, AfterValidator(canonical)]


def sendgrid_account_id(api_key: str) -> str:
    """The public part of `SG.<id>.<secret>`; a key of another shape gets a digest, so the id never shows it."""
    parts = api_key.split(".")
    if len(parts) == 3 and parts[0] == "SG" and parts[1]:
        return parts[1]
    return "key_" + hashlib.sha256(api_key.encode()).hexdigest()[:16]
