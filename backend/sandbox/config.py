"""What a supervisor may declare before the first call: accounts, and how fast webhooks are repeated."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from sandbox import accounts
from sandbox.store import Db, put_setting
from sandbox.webhooks.signing import ecdsa_signature, public_key


class Strict(BaseModel):
    """Unknown fields are mistakes."""

    model_config = ConfigDict(extra="forbid")


class Webhook(Strict):
    url: str
    secret: str
    events: list[str] | None = None


class RazorpayFacts(Strict):
    key_secret: str
    name: str | None = None
    webhooks: list[Webhook] = []
    # Razorpay's pages disagree on whether a receipt may be used twice without `unique_receipt`.
    duplicate_receipts: Literal["accept", "refuse"] = "accept"

    def declare(self, db: Db, key_id: str) -> accounts.Account:
        hooks = [hook.model_dump() for hook in self.webhooks]
        return accounts.declare_razorpay(db, key_id, self.key_secret, self.name, hooks, self.duplicate_receipts)


class TwilioFacts(Strict):
    auth_token: str

    def declare(self, db: Db, account_sid: str) -> accounts.Account:
        return accounts.declare_twilio(db, account_sid, self.auth_token)


class SendgridAccount(Strict):
    api_key: str
    event_webhook_url: str | None = None
    signing_key_pem: str | None = None

    @field_validator("signing_key_pem")
    @classmethod
    def is_a_key(cls, pem: str | None) -> str | None:
        if pem is not None:
            ecdsa_signature(pem, "")
        return pem

    def declare(self, db: Db) -> dict[str, str | None]:
        """Returns what a supervisor needs to verify events."""
        return sendgrid_facts(accounts.declare_sendgrid(db, self.api_key, self.event_webhook_url, self.signing_key_pem))


def sendgrid_facts(account: accounts.Account) -> dict[str, str | None]:
    return {
        "id": account.id,
        "event_webhook_url": account.facts["event_webhook_url"],
        "public_key": public_key(account.facts["signing_key_pem"]),
    }


class RazorpayAccount(RazorpayFacts):
    key_id: str


class TwilioAccount(TwilioFacts):
    account_sid: str


class Config(Strict):
    razorpay: list[RazorpayAccount] = []
    twilio: list[TwilioAccount] = []
    sendgrid: list[SendgridAccount] = []
    retry_seconds: list[float] | None = Field(default=None, min_length=1)

    def apply(self, db: Db) -> None:
        """Safe to repeat: accounts are changed in place and keep their orders, messages and keys."""
        for merchant in self.razorpay:
            merchant.declare(db, merchant.key_id)
        for sms in self.twilio:
            sms.declare(db, sms.account_sid)
        for mail in self.sendgrid:
            mail.declare(db)
        if self.retry_seconds is not None:
            put_setting(db, "*", "retry_seconds", self.retry_seconds)
