"""Subscriptions whose schedule Razorpay keeps. It knows no key here: after an `Unknown` create, look before a second one."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from app.core.errors import Rejected
from app.providers.razorpay_calling import MAX_LISTED, Account, call
from app.providers.razorpay_lists import read_each
from app.providers.razorpay_subscription_facts import (
    KEY_NOTE,
    ChargeFacts,
    PlanFacts,
    SubscriptionFacts,
    read_charge,
    read_plan,
    read_subscription,
)

MAX_NAME_CHARACTERS = 255


class Subscriptions(Account):
    """What can be asked about plans and subscriptions. `key`: our own id, kept in the notes, by which one is found again."""

    def create_plan(self, key: str, period: str, interval: int, name: str, amount: int, currency: str) -> PlanFacts:
        """Not idempotent. `Unknown`: `find_plan` before anything else."""
        item = {"name": name[:MAX_NAME_CHARACTERS], "amount": amount, "currency": currency}
        data = {"period": period, "interval": interval, "item": item, "notes": {KEY_NOTE: key}}
        return call("plans.create", lambda: self._client.plan.create(data), read_plan)

    def find_plan(self, key: str, since: datetime) -> PlanFacts | None:
        """The plan with our key, made at `since` or later; the earliest, should there be several."""
        query = {"from": int(since.timestamp())}
        plans = read_each("plans.list", query, MAX_LISTED, self._client.plan.all, read_plan)
        mine = [plan for plan in plans if plan.key == key]  # newest first
        return mine[-1] if mine else None

    def create_subscription(
        self,
        key: str,
        plan_id: str,
        *,
        quantity: int,
        total_count: int,
        start_at: datetime | None,
        expire_by: datetime | None,
    ) -> SubscriptionFacts:
        """Not idempotent: a second call is a second subscription. `Unknown`: `find_subscription` before anything else.

        The customer approves it at its `short_url`. `start_at` None: it begins with the approval, which pays the first cycle.
        """
        data: dict[str, Any] = {
            "plan_id": plan_id,
            "quantity": quantity,
            "total_count": total_count,
            "customer_notify": False,  # we tell the customer ourselves
            "notes": {KEY_NOTE: key},
        }
        for name, at in (("start_at", start_at), ("expire_by", expire_by)):
            if at is not None:
                data[name] = int(at.timestamp())
        return call("subscriptions.create", lambda: self._client.subscription.create(data), read_subscription)

    def find_subscription(self, key: str, plan_id: str, since: datetime) -> SubscriptionFacts | None:
        """The subscription with our key, made at `since` or later; the earliest, should there be several."""
        query = {"plan_id": plan_id, "from": int(since.timestamp())}
        found = read_each("subscriptions.list", query, MAX_LISTED, self._client.subscription.all, read_subscription)
        mine = [one for one in found if one.key == key]  # newest first
        return mine[-1] if mine else None

    def fetch_subscription(self, subscription_id: str) -> SubscriptionFacts:
        return call("subscriptions.fetch", lambda: self._client.subscription.fetch(subscription_id), read_subscription)

    def cancel_subscription(self, subscription_id: str, *, at_cycle_end: bool) -> SubscriptionFacts:
        """Now, or when the current cycle ends (it stays active until then). Safe to repeat."""
        data = {"cancel_at_cycle_end": int(at_cycle_end)}
        return self._move("cancelled", "cancel", subscription_id, data)

    def pause_subscription(self, subscription_id: str) -> SubscriptionFacts:
        """Safe to repeat. One that was approved and has not begun is *cancelled* by it: look at the status first."""
        return self._move("paused", "pause", subscription_id, {"pause_at": "now"})

    def resume_subscription(self, subscription_id: str) -> SubscriptionFacts:
        """Safe to repeat. What the customer paused at the bank is `Rejected`."""
        return self._move("active", "resume", subscription_id, {"resume_at": "now"})

    def charges_of_subscription(self, subscription_id: str) -> list[ChargeFacts]:
        """Every cycle that was paid, oldest first."""
        query = {"subscription_id": subscription_id}
        found = read_each("invoices.list", query, MAX_LISTED, self._client.invoice.all, read_charge)
        return [charge for charge in found if charge is not None][::-1]

    def _move(self, reached: str, verb: str, subscription_id: str, data: dict[str, Any]) -> SubscriptionFacts:
        """A refusal because it is where it was to go is the answer."""
        send: Callable[[str, dict[str, Any]], dict[str, Any]] = getattr(self._client.subscription, verb)
        try:
            return call(f"subscriptions.{verb}", lambda: send(subscription_id, data), read_subscription)
        except Rejected as refusal:
            present = self.fetch_subscription(subscription_id)
            if present.status == reached:
                return present
            raise refusal
