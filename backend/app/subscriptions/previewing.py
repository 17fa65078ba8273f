"""The run of the next day as a document, worked out in memory: nothing is written, and nothing locked.

What is short on the shelf is not foreseen: somebody may still put more there.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select as columns
from sqlalchemy import text
from sqlmodel import Session, col

from app.core.bulk import among
from app.orders.models import Order
from app.stores.models import Store
from app.subscriptions import chunk_facts, coming
from app.subscriptions.chunk_facts import Facts
from app.subscriptions.models import Cycle, Subscription
from app.subscriptions.planning import Calendar
from app.subscriptions.queries import Due
from app.subscriptions.running import Limits

AHEAD = timedelta(days=1)
AT_ONCE = 1000
ODD_TIMES, MAX_ODD = 3, 20  # a delivery that costs more than so many times what it usually does; so many are named
USUAL_ORDERS = timedelta(days=60)
WEEK = timedelta(days=7)

_WEEK = text("""
SELECT count(*), coalesce(sum(sale.total_amount), 0) FROM orders AS sale
WHERE sale.cycle_id IS NOT NULL AND sale.placed_at > :since
""")


@dataclass(frozen=True)
class Odd:
    """A delivery that costs far more than this subscription's usually do."""

    subscription_id: UUID
    customer_id: UUID
    amount: int
    usual_amount: int


@dataclass
class Preview:
    """What the runs until `until` would order. Amounts in paise. `usual_*`: a day of the last seven, on average."""

    until: datetime
    count: int = 0
    amount: int = 0
    left_out: Counter[str] = field(default_factory=Counter)  # by reason
    by_payment: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))  # deliveries, amount
    by_product: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))  # pieces, amount
    usual_count: float = 0
    usual_amount: int = 0
    odd: list[Odd] = field(default_factory=list)
    holds: str = ""  # why the run would wait for approval

    @property
    def change_percent(self) -> float | None:
        """Against the usual amount; None: there is no past to compare with."""
        return round(100 * (self.amount / self.usual_amount - 1), 1) if self.usual_amount else None


def preview(session: Session, store: Store, calendar: Calendar) -> Preview:
    """Everything that becomes due within a day from now, what is due already included."""
    made = Preview(calendar.now + AHEAD)
    after: UUID | None = None
    while due := _due(session, made.until, after):
        _add(session, made, chunk_facts.read(session, store, calendar, due, None), due)
        after = due[-1].id
    count, amount = session.execute(_WEEK, {"since": calendar.now - WEEK}).one()
    made.usual_count, made.usual_amount = round(count / 7, 1), int(amount) // 7
    made.odd = sorted(made.odd, key=lambda one: -one.amount)[:MAX_ODD]
    made.holds = Limits.of(store.settings).exceeded_by(made.count, made.amount, store.currency)
    return made


def _due(session: Session, until: datetime, after: UUID | None) -> list[Due]:
    one = Subscription
    found = columns(*(col(getattr(one, name)) for name in Due._fields)).where(
        col(one.plans_at) <= until, col(one.held_at).is_(None)
    )
    if after is not None:
        found = found.where(col(one.id) > after)
    return [Due(*row) for row in session.execute(found.order_by(col(one.id)).limit(AT_ONCE))]


def _add(session: Session, made: Preview, facts: Facts, due: Sequence[Due]) -> None:
    usual = _usual(session, [one.id for one in due], facts.calendar.now)
    for one in due:
        day = next(coming.days(facts.plans[one.id], one.next_on), None)
        if day is None or day.delivers_on != one.next_on:
            continue
        goods = facts.goods[day.delivers_on]
        if day.left_out or any(variant_id not in goods for variant_id in day.quantities):
            made.left_out[day.left_out or "not_on_sale"] += 1
            continue
        basket = facts.price(day.quantities, facts.addresses[day.agreed.address_id]["state_code"], day.delivers_on)
        made.count, made.amount = made.count + 1, made.amount + basket.total_amount
        _count(made.by_payment, one.payment_method, 1, basket.total_amount)
        for variant_id, pieces in day.quantities.items():
            item = goods[variant_id]
            _count(made.by_product, f"{item.name}, {item.unit}", pieces, pieces * item.amount)
        if basket.total_amount > ODD_TIMES * usual.get(one.id, basket.total_amount):
            made.odd.append(Odd(one.id, one.customer_id, basket.total_amount, usual[one.id]))


def _count(of: dict[str, list[int]], name: str, number: int, amount: int) -> None:
    of[name][0] += number
    of[name][1] += amount


def _usual(session: Session, ids: Sequence[UUID], now: datetime) -> dict[UUID, int]:
    """What a delivery of each cost on average, in the last two months."""
    found: dict[UUID, list[int]] = defaultdict(list)
    statement = columns(col(Cycle.subscription_id), col(Order.total_amount)).join(Order, col(Order.cycle_id) == col(Cycle.id))
    since: Any = (now - USUAL_ORDERS).date()
    for subscription_id, amount in session.execute(
        statement.where(among(col(Cycle.subscription_id), ids), col(Cycle.delivers_on) >= since)
    ):
        found[subscription_id].append(amount)
    return {one: sum(amounts) // len(amounts) for one, amounts in found.items()}
