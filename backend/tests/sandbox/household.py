"""A customer with mandates: what the tests about recurring debits begin with. Its clock starts in the quiet hours."""

from dataclasses import dataclass, field
from typing import Any

from razorpay.errors import BadRequestError

from tests.sandbox.world import World

HOUR, DAY = 60 * 60, 24 * 60 * 60
START = 1_796_200_200  # Wednesday, 2 December 2026, 14:00 in India
PERSON = {"name": "Asha Rao", "contact": "+919876543210", "email": "asha@example.in"}


@dataclass
class Household:
    world: World
    customer: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.clock(START)
        self.customer = self.world.razorpay.customer.create(PERSON)

    def clock(self, now: int) -> dict[str, Any]:
        answer: dict[str, Any] = self.world.put("/control/clock", {"account": self.world.key_id, "now": now})
        return answer

    def next_at(self) -> int | None:
        at: int | None = self.world.get("/control/clock", account=self.world.key_id)["next_at"]
        return at

    def banks(self, **settings: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.world.put("/control/razorpay/mandates", {"account": self.world.key_id, **settings})
        return answer

    def registration(self, method: str = "upi", **terms: Any) -> dict[str, Any]:
        """An order that asks for a mandate."""
        token = {"max_amount": 500_000, "frequency": "as_presented", **terms}
        return self.world.order(100, customer_id=self.customer["id"], method=method, token=token)

    def approve(self, order_id: str, **facts: Any) -> dict[str, str]:
        return self.world.pay(order_id, recurring=True, **facts)

    def mandate(self, method: str = "upi", **terms: Any) -> str:
        """The id of a confirmed token."""
        return self.approve(self.registration(method, **terms)["id"], method=method)["token_id"]

    def token(self, token_id: str) -> dict[str, Any]:
        token: dict[str, Any] = self.world.razorpay.token.fetch(self.customer["id"], token_id)
        return token

    def act(self, token_id: str, verb: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.world.post(f"/control/razorpay/tokens/{token_id}/{verb}")
        return answer

    def noticed(self, token_id: str, amount: int = 25_000, **notification: Any) -> dict[str, Any]:
        """An order whose customer is told before the debit."""
        return self.world.order(amount, payment_capture=True, notification={"token_id": token_id, **notification})

    def request(self, order: dict[str, Any], token_id: str, **changes: Any) -> dict[str, Any]:
        return {
            "email": PERSON["email"], "contact": PERSON["contact"], "amount": order["amount"], "currency": "INR",
            "order_id": order["id"], "customer_id": self.customer["id"], "token": token_id, "recurring": True, **changes,
        }  # fmt: skip

    def debit(self, order: dict[str, Any], token_id: str, **changes: Any) -> str:
        answer = self.world.razorpay.payment.createRecurring(self.request(order, token_id, **changes))
        assert set(answer) == {"razorpay_payment_id"}
        return str(answer["razorpay_payment_id"])

    def refusal(self, order: dict[str, Any], token_id: str, **changes: Any) -> str:
        """Why a debit is refused; asserts that nothing happened."""
        before = self.money()
        body = self.request(order, token_id, **changes)
        path, auth = "/v1/payments/create/recurring", (self.world.key_id, self.world.key_secret)
        answer = self.world.http.post(path, auth=auth, json=body)
        assert answer.status_code == 400, answer.text
        assert self.money() == before
        error = answer.json()["error"]
        assert error["code"] == "BAD_REQUEST_ERROR"
        return str(error["reason"] if error["reason"] != "input_validation_failed" else error["description"])

    def money(self) -> tuple[int, int, int]:
        """Payments there are, captures in the ledger, events so far."""
        payments = self.world.razorpay.payment.all({"count": 100})["count"]
        return payments, len(self.world.ledger()["captures"]), len(self.world.events())

    def payment(self, payment_id: str) -> dict[str, Any]:
        payment: dict[str, Any] = self.world.razorpay.payment.fetch(payment_id)
        return payment

    def types(self) -> list[str]:
        return [event["type"] for event in self.world.events()]


def refused(call: Any, *arguments: Any) -> str:
    """The description of the SDK's error."""
    try:
        call(*arguments)
    except BadRequestError as error:
        return str(error)
    raise AssertionError("it was accepted")
