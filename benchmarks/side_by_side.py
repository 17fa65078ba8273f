"""The service and its floor in turn, on the same store, through the same number of connections."""

import os
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median

from app.core.config import settings
from benchmarks import cpu, orders, rows
from benchmarks.figures import Plan, Report, median_ratio
from benchmarks.floor import Floor
from benchmarks.orders import Basket, fill_baskets
from benchmarks.rig import Rig
from benchmarks.shop import open_shop
from local.progress import say

BUYERS = 1500  # each with one cart at a time: more than a stretch places
OVERFLOW = 2  # connections that the application's pool may open beyond its size
SIDES = ("service", "floor")

Buy = Callable[[Basket], None]


@dataclass
class Heap:
    """What one side did in one stretch: orders, seconds, those of processors, and by how many rows each table grew."""

    orders: int
    seconds: float
    cpu: float
    rows: Counter[str]


class Arena:
    """A shop where both sides take baskets from one pile."""

    def __init__(self, rig: Rig) -> None:
        self.shop = open_shop(rig, BUYERS, at_sandbox=False)
        self.url = rig.postgres.url
        first, model = fill_baskets(self.shop, self.shop.buyers[:2])
        orders.buy(self.shop, first)  # it makes what later ones find: the number series, accounts of the ledger
        self.floor = Floor(self.shop, self.url, model)
        self.waiting = list(self.shop.buyers)
        self.pile: deque[Basket] = deque()

    def place(self, side: str, connections: int, seconds: float) -> Heap:
        """Orders, one after another through each connection, until the time is up. Everybody has a cart when it begins."""
        self.pile.extend(fill_baskets(self.shop, self.waiting))
        self.waiting = []
        with ExitStack() as opened:
            books = opened.enter_context(rows.connect(self.url, self.shop.id))
            there = rows.count(books)
            work = [self._buyer(side, opened) for _ in range(connections)]
            threads = opened.enter_context(ThreadPoolExecutor(connections))
            spent, started = self._spent(), time.perf_counter()
            placed = sum(threads.map(lambda buy: self._until(started + seconds, buy), work))
            took, spent = time.perf_counter() - started, self._spent() - spent
            return Heap(placed, took, spent, Counter(rows.count(books)) - Counter(there))

    def _spent(self) -> float:
        """Our own, and that of what we started."""
        return cpu.spent({"all": os.getpid()})["all"]

    def _buyer(self, side: str, opened: ExitStack) -> Buy:
        if side == "service":
            return lambda basket: orders.buy(self.shop, basket)
        connection = opened.enter_context(rows.connect(self.url, self.shop.id))
        return lambda basket: self.floor.buy(connection, basket)

    def _until(self, ends: float, buy: Buy) -> int:
        placed = 0
        while time.perf_counter() < ends and self.pile:
            basket = self.pile.popleft()
            buy(basket)
            self.waiting.append(basket.buyer)
            placed += 1
        return placed


def measure(rig: Rig, plan: Plan, report: Report) -> None:
    """Rounds of both, A B A B; the first only gets everybody warm."""
    arena = Arena(rig)
    heaps: dict[tuple[str, int], list[Heap]] = {}
    for number in range(plan.rounds + 1):
        rig.analyze()
        for clients in plan.clients:
            for side in SIDES:
                heap = arena.place(side, min(clients, settings.db_pool_size + OVERFLOW), plan.seconds)
                if number:
                    heaps.setdefault((side, clients), []).append(heap)
                    say(f"  round {number}, {side} at {clients}: {heap.orders / heap.seconds:.1f} orders/s")
    for clients in plan.clients:
        ours, theirs = heaps["service", clients], heaps["floor", clients]
        rates = [[heap.orders / heap.seconds for heap in side] for side in (ours, theirs)]
        for side, seen in zip(SIDES, rates, strict=True):
            report.figures[f"{side}_orders_per_second_at_{clients}"] = median(seen)
        for side, stretches in zip(SIDES, (ours, theirs), strict=True):
            used, placed = sum(heap.cpu for heap in stretches), sum(heap.orders for heap in stretches)
            report.figures[f"{side}_cpu_ms_with_postgres_at_{clients}"] = 1000 * used / placed
        report.figures[f"service_vs_floor_at_{clients}"] = median_ratio(*rates)
        report.errors += _unlike(ours, theirs)
    report.ratios["service_vs_floor"] = min(report.figures[f"service_vs_floor_at_{clients}"] for clients in plan.clients)


def _unlike(ours: Sequence[Heap], theirs: Sequence[Heap]) -> list[str]:
    """A floor that writes less than the service, or more, is none."""
    service, floor = (
        {table: sum(heap.rows[table] for heap in side) / sum(heap.orders for heap in side) for table in rows.TABLES}
        for side in (ours, theirs)
    )
    return [
        f"{table}: the service writes {service[table]:.3f} rows an order, the floor {floor[table]:.3f}"
        for table in rows.TABLES
        if service[table] != floor[table]
    ]
