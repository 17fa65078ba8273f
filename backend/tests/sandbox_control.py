"""What a test tells the sandbox to do, and what it asks it: a thin client of its control API, for one store's accounts."""

import ssl
from typing import Any
from uuid import UUID

import httpx2

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # the sandbox has none; to read the certificates of the world takes 20 ms


class Sandbox:
    """Everything here is scoped to the accounts of one store, so tests never touch each other."""

    def __init__(self, url: str, store_id: UUID) -> None:
        self.url = url
        self.http = httpx2.Client(base_url=url, timeout=20, verify=NO_TLS, trust_env=False)
        tag = store_id.hex
        self.key_id = f"rzp_test_{tag}"
        self.account_sid = f"AC{tag}"
        self.mail_account = tag  # the public part of the key, by which the sandbox names the account
        self.api_key = f"SG.{tag}.secret"
        self.razorpay = {"key_id": self.key_id, "key_secret": f"secret-{tag}", "webhook_secret": f"webhook-{tag}"}
        self.twilio = {"account_sid": self.account_sid, "auth_token": f"token-{tag}", "phone_number": "+15005550006"}
        self.sendgrid = {"api_key": self.api_key, "from_email": "shop@example.in"}

    def open_accounts(self, api_url: str, razorpay_account: UUID, sendgrid_account: UUID) -> str:
        """Declare the accounts with their webhooks; returns SendGrid's public key."""
        hook = f"{api_url}/api/v1/webhooks"
        body = {
            "key_secret": self.razorpay["key_secret"],
            "webhooks": [{"url": f"{hook}/razorpay/{razorpay_account}", "secret": self.razorpay["webhook_secret"]}],
        }
        self._put(f"/control/razorpay/accounts/{self.key_id}", body)
        self._put(f"/control/twilio/accounts/{self.account_sid}", {"auth_token": self.twilio["auth_token"]})
        account = self._put(
            "/control/sendgrid/accounts",
            {"api_key": self.api_key, "event_webhook_url": f"{hook}/sendgrid/{sendgrid_account}"},
        )
        return str(account["public_key"])

    def pay(self, provider_order_id: str, outcome: str = "captured", **more: Any) -> dict[str, str]:
        """The customer pays (or fails) on the checkout page; the answer is what the browser brings back."""
        answer: dict[str, str] = self._post(f"/control/razorpay/orders/{provider_order_id}/pay", {"outcome": outcome, **more})
        return answer

    def fault(self, operation: str, fault: str, times: int = 1, account: str | None = None, **more: Any) -> None:
        """More: seconds (of a timeout), after_effect (only the answer is spoilt), code (the provider's own)."""
        asked = {"account": account or self._account_of(operation), "operation": operation, "fault": fault, "times": times}
        self._post("/control/faults", {**asked, **more})

    def webhooks(self, mode: str, account: str | None = None, **more: Any) -> None:
        """send | hold | drop, with duplicate, shuffle, delay_seconds."""
        self._post("/control/webhooks", {"account": account or self.key_id, "mode": mode, **more})

    def release_webhooks(self, account: str | None = None) -> None:
        self._post("/control/webhooks/release", {"account": account or self.key_id})

    def receipts(self, mode: str) -> None:
        """auto | hold, of both message providers."""
        for account in (self.account_sid, self.mail_account):
            self._put("/control/receipts", {"account": account, "mode": mode})

    def calls(self, operation: str, account: str | None = None) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._get(
            "/control/calls", account=account or self._account_of(operation), operation=operation
        )
        return found

    def ledger(self) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = self._get("/control/ledger", account=self.key_id)
        return found

    def events(self, account: str | None = None) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._get("/control/events", account=account or self.key_id)
        return found

    def inbox(self, **filters: Any) -> list[dict[str, Any]]:
        """Every e-mail and SMS of this store, newest first; filters: to, channel, limit."""
        return [
            message
            for account in (self.account_sid, self.mail_account)
            for message in self._get("/control/inbox", account=account, **filters)
        ]

    def receipt(self, message_id: str, status: str, error_code: str | None = None) -> None:
        self._post(f"/control/messages/{message_id}/receipt", {"status": status, "error_code": error_code})

    def approve(self, provider_order_id: str, **more: Any) -> dict[str, str]:
        """The customer approves the mandate that an order asks for (or declines: outcome="failed"); answers its token_id."""
        answer: dict[str, str] = self._post(f"/control/razorpay/orders/{provider_order_id}/pay", {"recurring": True, **more})
        return answer

    def approve_many(self, count: int, **more: Any) -> list[dict[str, str]]:
        """So many mandates that were approved long ago: customer_id and token_id of each."""
        asked = {"account": self.key_id, "count": count, **more}
        answer = self.http.post("/control/razorpay/mandates", json=asked)
        found: list[dict[str, str]] = answer.raise_for_status().json()
        return found

    def mandates(self, **settings: Any) -> dict[str, Any]:
        """How the banks behave: registration, token_delay_seconds, notification, notification_seconds, debit_seconds,
        cancel_seconds, save_vpa, and outcomes (["captured", {"failed": reason}, …]) of the next debits."""
        answer: dict[str, Any] = self._put("/control/razorpay/mandates", {"account": self.key_id, **settings})
        return answer

    def refunds(self, **settings: Any) -> dict[str, Any]:
        """How refunds go: refund_seconds (0: processed at once), outcomes (["processed", "failed", …]) of the next ones,
        balance (paise they may still take, None: always enough), instant, failed_restores."""
        answer: dict[str, Any] = self._put("/control/razorpay/refunds", {"account": self.key_id, **settings})
        return answer

    def refund_at_dashboard(self, provider_payment_id: str, amount: int | None = None, **more: Any) -> dict[str, Any]:
        """Somebody refunds in the provider's dashboard, without the shop; more: speed, notes, receipt, send_webhooks."""
        answer: dict[str, Any] = self._post(
            f"/control/razorpay/payments/{provider_payment_id}/refund", {"amount": amount, **more}
        )
        return answer

    def decide_refund(self, provider_refund_id: str, outcome: str, **more: Any) -> dict[str, Any]:
        """The bank answers a pending refund now: processed | failed; late=True: one that was processed already fails."""
        answer: dict[str, Any] = self._post(f"/control/razorpay/refunds/{provider_refund_id}/{outcome}", more)
        return answer

    def settle(self, **more: Any) -> dict[str, Any]:
        """Settle what is not settled yet; answers the settlement with its lines. More: until, leave_out ([id, …]),
        changed ({id: {"fee": …}}), amount_off, shows_fees, send_webhooks."""
        answer: dict[str, Any] = self._post("/control/razorpay/settlements", {"account": self.key_id, **more})
        return answer

    def adjust(self, amount: int, description: str = "Adjustment") -> dict[str, Any]:
        """The provider gives, or takes (negative), outside payments and refunds; it shows in the next settlement."""
        body = {"account": self.key_id, "amount": amount, "description": description}
        answer: dict[str, Any] = self._post("/control/razorpay/adjustments", body)
        return answer

    def dispute(self, provider_payment_id: str, **more: Any) -> dict[str, Any]:
        """A bank disputes a payment; more: amount, reason_code, phase, respond_by, deduct (held from the start)."""
        answer: dict[str, Any] = self._post(f"/control/razorpay/payments/{provider_payment_id}/dispute", more)
        return answer

    def decide_dispute(self, provider_dispute_id: str, verdict: str, **more: Any) -> dict[str, Any]:
        """under_review | action_required | won | lost | closed."""
        answer: dict[str, Any] = self._post(f"/control/razorpay/disputes/{provider_dispute_id}/{verdict}", more)
        return answer

    def come_late(self, provider_payment_id: str, **more: Any) -> dict[str, str]:
        """The bank answers a failed payment after all: authorised and, unless capture=False, captured."""
        answer: dict[str, str] = self._post(f"/control/razorpay/payments/{provider_payment_id}/late", more)
        return answer

    def token(self, token_id: str, act: str) -> dict[str, Any]:
        """The customer pauses, resumes or cancels in the bank app."""
        answer: dict[str, Any] = self._post(f"/control/razorpay/tokens/{token_id}/{act}", {})
        return answer

    def tokens(self) -> list[dict[str, Any]]:
        """Every mandate with its debits, newest first."""
        found: list[dict[str, Any]] = self._get("/control/razorpay/tokens", account=self.key_id)
        return found

    def approve_subscription(self, subscription_id: str, **more: Any) -> dict[str, Any]:
        """The customer approves a subscription on its page (or declines: error_reason=…); answers the first payment."""
        answer: dict[str, Any] = self._post(f"/control/razorpay/subscriptions/{subscription_id}/approve", more)
        return answer

    def charges(self, subscription_id: str, *outcomes: Any) -> None:
        """What the next charges of a subscription come to, retries too: "captured" or {"failed": reason}; then captured."""
        self._put(f"/control/razorpay/subscriptions/{subscription_id}/outcomes", {"outcomes": list(outcomes)})

    def change_card(self, subscription_id: str, **more: Any) -> dict[str, Any]:
        """The customer gives another card or UPI id while charges fail."""
        answer: dict[str, Any] = self._post(f"/control/razorpay/subscriptions/{subscription_id}/instrument", more)
        return answer

    def subscription_at_bank(self, subscription_id: str, act: str) -> dict[str, Any]:
        """The customer pauses, resumes or cancels it in the bank app."""
        answer: dict[str, Any] = self._post(f"/control/razorpay/subscriptions/{subscription_id}/bank/{act}", {})
        return answer

    def subscriptions(self) -> list[dict[str, Any]]:
        """Every subscription that the provider keeps, newest first, each with all tries to charge it."""
        found: list[dict[str, Any]] = self._get("/control/razorpay/subscriptions", account=self.key_id)
        return found

    def clock(self, now: int | None = None, offset_seconds: float | None = None) -> dict[str, Any]:
        """Move the clock of all of this store's accounts; what was due has happened when it answers: now, next_at …"""
        setting = {"offset_seconds": offset_seconds} if now is None else {"now": now}
        for account in (self.account_sid, self.mail_account):
            self._put("/control/clock", {"account": account, **setting})
        answer: dict[str, Any] = self._put("/control/clock", {"account": self.key_id, **setting})
        return answer

    def clock_now(self) -> int:
        """Unix seconds as the payment provider sees them."""
        return int(self._get("/control/clock", account=self.key_id)["now"])

    def quiet(self) -> bool:
        """No webhook or callback of this store is on its way, or due now."""
        accounts = (self.key_id, self.account_sid, self.mail_account)
        return not any(self._get("/control/quiet", account=account)["deliveries"] for account in accounts)

    def _account_of(self, operation: str) -> str:
        if operation.startswith("mail."):
            return self.mail_account
        return self.account_sid if operation.startswith("messages.") else self.key_id

    def _get(self, path: str, **params: Any) -> Any:
        return self._checked(self.http.get(path, params={k: v for k, v in params.items() if v is not None}))

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        return self._checked(self.http.post(path, json=body))

    def _put(self, path: str, body: dict[str, Any]) -> Any:
        return self._checked(self.http.put(path, json=body))

    @staticmethod
    def _checked(answer: httpx2.Response) -> Any:
        assert answer.is_success, f"{answer.request.url}: {answer.status_code} {answer.text[:500]}"
        return answer.json() if answer.content else None
