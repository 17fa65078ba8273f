"""A customer whose subscription the provider charges for: what the tests about such subscriptions begin with."""

from typing import Any

from tests.sandbox.household import DAY, START, Household

FUTURE = START + 3 * DAY + 3600


class Subscriber(Household):
    """A household with a weekly box of ₹300 that the provider charges for."""

    def plan(self, **changes: Any) -> dict[str, Any]:
        item = {"name": "Vegetable box", "amount": 30_000, "currency": "INR"}
        plan: dict[str, Any] = self.world.razorpay.plan.create({"period": "weekly", "interval": 1, "item": item, **changes})
        return plan

    def subscribe(self, **changes: Any) -> str:
        body = {"plan_id": self.plan()["id"], "total_count": 4, "notes": {"ours": "1"}, **changes}
        return str(self.world.razorpay.subscription.create(body)["id"])

    def approve_it(self, subscription_id: str, **facts: Any) -> dict[str, Any]:
        paid: dict[str, Any] = self.world.post(f"/control/razorpay/subscriptions/{subscription_id}/approve", facts)
        return paid

    def running(self, **changes: Any) -> str:
        """One that began at once and has paid its first cycle."""
        subscription_id = self.subscribe(**changes)
        self.approve_it(subscription_id, method="card")
        return subscription_id

    def outcomes(self, subscription_id: str, *outcomes: Any) -> None:
        self.world.put(f"/control/razorpay/subscriptions/{subscription_id}/outcomes", {"outcomes": list(outcomes)})

    def bank(self, subscription_id: str, verb: str) -> int:
        return int(self.world.http.post(f"/control/razorpay/subscriptions/{subscription_id}/bank/{verb}").status_code)

    def it(self, subscription_id: str) -> dict[str, Any]:
        shown: dict[str, Any] = self.world.razorpay.subscription.fetch(subscription_id)
        return shown

    def status(self, subscription_id: str) -> str:
        return str(self.it(subscription_id)["status"])

    def invoices(self, subscription_id: str) -> list[dict[str, Any]]:
        """Oldest first."""
        found: list[dict[str, Any]] = self.world.razorpay.invoice.all({"subscription_id": subscription_id})["items"]
        return found[::-1]

    def to_edge(self, subscription_id: str) -> int:
        """The clock stands where the current cycle ends."""
        at = int(self.it(subscription_id)["current_end"])
        self.clock(at)
        return at

    def captured(self) -> list[int]:
        return [entry["amount"] for entry in self.world.ledger()["captures"]]
