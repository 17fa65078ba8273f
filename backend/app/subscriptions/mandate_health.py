"""Whether a subscription's mandate will pay what comes next: its state at the bank, its end, and its limit."""

from datetime import timedelta
from itertools import islice, takewhile
from typing import Literal

from app.payments.debit_rules import MAX_UNATTENDED_AMOUNT
from app.subscriptions import planning
from app.subscriptions.viewing import SubscriptionView

Problem = Literal["paused", "revoked", "rejected", "expired", "expires_soon", "limit_too_low"]

SOON = timedelta(days=30)  # a month is time enough to approve another one
AHEAD, MOST = timedelta(days=31), 31  # as far as bills are looked at: a month of daily ones
OF_STATUS: dict[str, Problem] = {"paused": "paused", "cancelled": "revoked", "rejected": "rejected", "expired": "expired"}


def problems(view: SubscriptionView) -> list[Problem]:
    """Worst first; none: it pays whatever comes within a month, single days with other quantities included."""
    mandate, today = view.mandate, view.prices.since
    if mandate is None:
        return []
    found = [OF_STATUS[mandate.status]] if mandate.status in OF_STATUS else []
    if not found and (mandate.expires_at.date() - today) <= SOON:
        found.append("expires_soon")
    if _most(view) > min(mandate.max_amount, MAX_UNATTENDED_AMOUNT):
        found.append("limit_too_low")
    return found


def _most(view: SubscriptionView) -> int:
    """What the dearest of the next deliveries costs."""
    today = view.prices.since
    coming = takewhile(lambda day: day.delivers_on <= today + AHEAD, planning.deliveries(view.subscription, view.plan, today))
    costs = (
        view.prices.of(day.quantities, view.addresses[day.agreed.address_id]["state_code"], day.delivers_on)
        for day in islice(coming, MOST)
        if not day.left_out
    )
    return max((cost or 0 for cost in costs), default=0)
