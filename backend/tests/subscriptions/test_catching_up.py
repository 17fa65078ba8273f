"""After a downtime: what was missed is over, unless the shop chose to have the next delivery bring it."""

import pytest

from app.catalog import policies
from app.catalog.models import Product
from app.core.actor import SYSTEM
from app.core.ids import new_id
from app.core.work import unit_of_work
from app.orders.models import OrderLine
from app.stores.models import Store
from app.subscriptions import gaps
from app.subscriptions.catching_up import strictest
from app.subscriptions.shortage import CatchUp, Shortage
from tests.subscribing import bill, cycles, days, local, make_subscriber, orders, rows, set_now, subscribe, today


def choose(store: Store, catch_up: str) -> None:
    with unit_of_work(store.id) as session:
        for product in rows(store, Product):
            policies.change(session, product.slug, "skip", catch_up, {}, actor=SYSTEM)


@pytest.mark.parametrize(
    ("policy", "reasons", "pieces"),
    [
        ("skip", ["missed", "missed", "missed"], 2),
        ("ship_once", ["missed", "missed", "caught_up"], 4),
        ("bill_all", ["caught_up", "caught_up", "caught_up"], 8),
    ],
)
def test_ac15_what_was_missed_is_made_up_for_as_the_shop_chose(
    store: Store, policy: CatchUp, reasons: list[str], pieces: int
) -> None:
    day = today(store) + days(3)
    subscribe(make_subscriber(store), day, {"kind": "daily"})
    choose(store, policy)
    set_now(store, local(day + days(2), 18))  # nobody ran for three days
    for _ in range(2):
        bill(store)
    assert [cycle.reason for cycle in cycles(store)] == [*reasons, ""]
    (order,), (line,) = orders(store), rows(store, OrderLine)
    assert (order.cycle_id, line.quantity) == (cycles(store)[3].id, pieces)
    with unit_of_work(store.id) as session:
        found = gaps.since(session, day)
    assert [(gap.delivers_on, gap.reason, gap.count) for gap in found] == [
        (day + days(n), reason, 1) for n, reason in enumerate(reasons)
    ]
    assert {gap.amount for gap in found} == {order.total_amount * 2 // pieces}


def test_ac15_of_several_products_the_strictest_policy_holds() -> None:
    milk, ghee, bread = new_id(), new_id(), new_id()
    chosen = {milk: Shortage(catch_up="bill_all"), ghee: Shortage(catch_up="ship_once")}
    assert strictest([milk], chosen) == "bill_all"
    assert strictest([milk, ghee], chosen) == "ship_once"
    assert strictest([milk, ghee, bread], chosen) == "skip"
