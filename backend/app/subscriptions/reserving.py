"""What coming deliveries keep of a wallet: so much that nothing else spends what tomorrow's milk costs.

Worked out anew after each decision and each change, from what is agreed and wished for at the prices of each day.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from app.core.actor import SYSTEM
from app.stores import service as stores
from app.subscriptions import planning, queries, viewing
from app.subscriptions.changing import Change
from app.subscriptions.models import Subscription
from app.subscriptions.planning import Calendar
from app.subscriptions.viewing import SubscriptionView
from app.wallets import holding, notifying
from app.wallets.holding import Wish

RESERVE_DAYS, MAX_RESERVE_DAYS = 7, 31  # a week is what people keep in a purse for milk; a month is a deposit


def days_of(settings: Mapping[str, Any]) -> int:
    """For how many days ahead, as `store.settings["subscriptions"]` says: reserve_days. ValueError for anything else."""
    value = settings.get("subscriptions", {}).get("reserve_days", RESERVE_DAYS)
    if type(value) is not int or not 0 <= value <= MAX_RESERVE_DAYS:
        raise ValueError(f"reserve_days is a whole number from 0 to {MAX_RESERVE_DAYS}, not {value!r}")
    return value


def after(session: Session, change: Change, calendar: Calendar) -> Change:
    """The same change, its subscription's hold brought up to date."""
    session.flush()
    refresh(session, [change.subscription], calendar, cause="a change")
    return change


def refresh_ids(session: Session, subscription_ids: Collection[UUID], calendar: Calendar, *, cause: str) -> None:
    """See `refresh`: of those of these that are paid by wallet, read anew."""
    if subscription_ids:
        refresh(session, queries.get_many(session, subscription_ids), calendar, cause=cause)


def refresh(session: Session, subscriptions: Sequence[Subscription], calendar: Calendar, *, cause: str) -> None:
    """Hold what they deliver until `reserve_days` from today, and nothing for those that do not pay by wallet or are over.

    The customer hears of a day that the wallet cannot pay. Locks the wallets; the caller holds the subscriptions.
    """
    by_wallet = [one for one in subscriptions if one.payment_method == "wallet"]
    for one in subscriptions:
        if one.payment_method != "wallet":
            holding.release(session, one.id, actor=SYSTEM, cause=cause)
    if not by_wallet:
        return
    until = calendar.today + timedelta(days=days_of(stores.get(session).settings))
    costs = {
        view.subscription.id: _costs(view, calendar, until)
        for view in viewing.view_many(session, by_wallet, today=calendar.today)
    }
    wishes = {one.id: Wish(one.customer_id, sum(costs[one.id].values()), until) for one in by_wallet}
    holding.hold_many(session, wishes, actor=SYSTEM, cause=cause)
    by_customer: dict[UUID, list[Subscription]] = defaultdict(list)
    for one in by_wallet:
        by_customer[one.customer_id].append(one)
    for customer_id, mine in by_customer.items():
        _warn(session, customer_id, mine, costs)


def _costs(view: SubscriptionView, calendar: Calendar, until: date) -> dict[date, int]:
    """What each coming day costs, as far as it is known."""
    subscription = view.subscription
    if subscription.status not in ("active", "paused") or subscription.next_on is None:
        return {}
    found: dict[date, int] = {}
    for day in planning.deliveries(subscription, view.plan, max(calendar.today, subscription.next_on)):
        if day.delivers_on > until:
            break
        if not day.left_out:
            state_code = view.addresses[day.agreed.address_id]["state_code"]
            found[day.delivers_on] = view.prices.of(day.quantities, state_code, day.delivers_on) or 0
    return found


def _warn(session: Session, customer_id: UUID, mine: Sequence[Subscription], costs: Mapping[UUID, Mapping[date, int]]) -> None:
    """Once per day that the wallet cannot pay, the first of them only."""
    needed: dict[date, int] = defaultdict(int)
    for one in mine:
        for day, amount in costs[one.id].items():
            needed[day] += amount
    left = holding.spendable(session, customer_id, [one.id for one in mine])
    for day in sorted(needed):
        if needed[day] > left:
            notifying.wallet_low(session, customer_id, available_amount=left, needed_amount=needed[day], needed_on=day)
            return
        left -= needed[day]
