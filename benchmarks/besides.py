"""Checkouts while a billing run is at work: how much longer the slow ones take than when nothing else happens."""

import time

from benchmarks import orders
from benchmarks.figures import Plan, Report, percentile
from benchmarks.one_by_one import decided, open_run
from benchmarks.orders import fill_baskets
from benchmarks.rig import Rig
from benchmarks.run_and_floor import Street
from local.progress import say

SLOW = 0.95
CHECKOUTS = 150
RUN = 20_000


def measure(rig: Rig, _plan: Plan, report: Report) -> None:
    street = Street(rig, by_mandate=False)
    street.move_in(RUN)
    rig.start_worker("subscriptions")
    idle = _checkouts(street)
    there = decided(street)
    open_run(street)
    while decided(street) == there:
        time.sleep(0.05)
    busy = _checkouts(street)
    if decided(street) >= there + RUN:
        report.errors.append("the run was over before the checkouts were")
    rig.stop_programs()
    report.figures |= {"checkout_p95_ms_idle": 1000 * idle, "checkout_p95_ms_during_run": 1000 * busy}
    report.ratios["checkout_p95_during_run"] = busy / idle
    say(f"  the slow checkouts: {1000 * idle:.0f} ms idle, {1000 * busy:.0f} ms during a run")


def _checkouts(street: Street) -> float:
    """How long the slow ones of them take, through the service, one after another."""
    taken = list[float]()
    while len(taken) < CHECKOUTS:
        for basket in fill_baskets(street.shop, street.shop.buyers):
            began = time.perf_counter()
            orders.buy(street.shop, basket)
            taken.append(time.perf_counter() - began)
    return percentile(taken, SLOW)
