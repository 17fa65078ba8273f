"""One test's own accounts at the three providers, and the real SDKs pointed at them."""

import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx2
import razorpay
from sendgrid import SendGridAPIClient
from sendgrid.helpers.mail import CustomArg, Mail
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client as TwilioClient

from tests.sandbox.receiver import Receiver

FROM_NUMBER = "+15005550006"


@dataclass
class World:
    url: str
    receiver: Receiver
    tag: str = field(default_factory=lambda: uuid.uuid4().hex)

    def __post_init__(self) -> None:
        self.key_id, self.key_secret, self.webhook_secret = f"rzp_test_{self.tag}", f"secret-{self.tag}", f"hook-{self.tag}"
        self.account_sid, self.auth_token = f"AC{self.tag}", f"token-{self.tag}"
        self.api_key = f"SG.{self.tag}.secret"
        self.http = httpx2.Client(base_url=self.url, timeout=20, trust_env=False)
        self.declare_merchant()
        self.put(f"/control/twilio/accounts/{self.account_sid}", {"auth_token": self.auth_token})
        mail = {"api_key": self.api_key, "event_webhook_url": f"{self.receiver.url}/sendgrid"}
        self.public_key = str(self.put("/control/sendgrid/accounts", mail)["public_key"])
        self.razorpay = razorpay.Client(auth=(self.key_id, self.key_secret), base_url=self.url)
        self.twilio = TwilioClient(self.account_sid, self.auth_token, http_client=TwilioHttpClient(timeout=10))
        self.twilio.api.base_url = self.url
        self.sendgrid = SendGridAPIClient(self.api_key, host=self.url)

    def close(self) -> None:
        self.http.close()
        self.razorpay.session.close()
        self.twilio.http_client.session.close()

    def declare_merchant(self, **facts: Any) -> None:
        webhooks = [{"url": f"{self.receiver.url}/razorpay", "secret": self.webhook_secret}]
        self.put(f"/control/razorpay/accounts/{self.key_id}",
                 {"key_secret": self.key_secret, "name": "Test shop", "webhooks": webhooks, **facts})  # fmt: skip

    def order(self, amount: int = 50000, **facts: Any) -> dict[str, Any]:
        order: dict[str, Any] = self.razorpay.order.create({"amount": amount, "currency": "INR", **facts})
        return order

    def pay(self, order_id: str, outcome: str | None = None, **facts: Any) -> dict[str, str]:
        paid: dict[str, str] = self.post(f"/control/razorpay/orders/{order_id}/pay", {"outcome": outcome, **facts})
        return paid

    def text(self, to: str = "+919876543210", body: str = "Namaste", **facts: Any) -> Any:
        return self.twilio.messages.create(to=to, from_=FROM_NUMBER, body=body, **facts)

    def mail(self, to: str = "asha@example.in", **custom_args: str) -> Any:
        mail = Mail(from_email="shop@example.in", to_emails=to, subject="Your order", plain_text_content="Thank you",
                    html_content="<p>Thank <b>you</b></p>")  # fmt: skip
        for name, text in custom_args.items():
            mail.add_custom_arg(CustomArg(name, text))
        return self.sendgrid.send(mail)

    def fault(self, operation: str, fault: str, account: str | None = None, **facts: Any) -> None:
        owners = {"mail": self.api_key, "messages": self.account_sid}
        account = account or owners.get(operation.split(".")[0], self.key_id)
        self.post("/control/faults", {"account": account, "operation": operation, "fault": fault, **facts})

    def webhooks(self, mode: str = "send", account: str | None = None, **facts: Any) -> None:
        self.post("/control/webhooks", {"account": account or self.key_id, "mode": mode, **facts})

    def events(self, account: str | None = None) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = self.get("/control/events", account=account or self.key_id)
        return events

    def ledger(self) -> dict[str, list[dict[str, Any]]]:
        ledger: dict[str, list[dict[str, Any]]] = self.get("/control/ledger", account=self.key_id)
        return ledger

    def get(self, path: str, **query: Any) -> Any:
        return self._checked(self.http.get(path, params=query))

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        return self._checked(self.http.post(path, json=body))

    def put(self, path: str, body: dict[str, Any]) -> Any:
        return self._checked(self.http.put(path, json=body))

    @staticmethod
    def _checked(answer: httpx2.Response) -> Any:
        assert answer.is_success, f"{answer.status_code} {answer.text}"
        return answer.json()
