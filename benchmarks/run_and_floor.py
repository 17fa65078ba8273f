"""A billing run and its floor in turn, on the same store; then larger runs, to see what a delivery costs in them."""

import gc
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from uuid import UUID

from sqlalchemy import text

from app.core import clock
from app.core.ids import new_id
from app.core.work import unit_of_work
from app.stores import service as stores
from app.subscriptions import billing, running
from app.subscriptions.planning import Calendar
from benchmarks import rows
from benchmarks.chunk_floor import Model, pairs
from benchmarks.figures import Plan, Report, median_ratio
from benchmarks.rig import Rig
from benchmarks.shop import PIECES, open_shop
from benchmarks.subscribers import make_due
from local.progress import say

BASKETS = 20  # different ones: a chunk has each as often
CHUNKS = 5  # of one side, in one stretch
_HOUSEHOLDS = text("""
SELECT one.id, one.customer_id, one.mandate_id, line.variant_id FROM subscriptions AS one
    JOIN subscription_lines AS line ON line.subscription_id = one.id
WHERE one.plans_at <= now() ORDER BY one.plans_at, one.id LIMIT :count OFFSET :skip
""")


class Street:
    """A shop whose households are due, block after block in the order in which a run takes them."""

    def __init__(self, rig: Rig, *, by_mandate: bool = True) -> None:
        self.by_mandate = by_mandate
        self.shop = open_shop(rig, BASKETS, at_sandbox=False)
        self.rig, self.url, self.made = rig, rig.postgres.url, 0

    def move_in(self, count: int) -> None:
        make_due(self.shop, count, self.made, by_mandate=self.by_mandate)
        self.made += count
        self.rig.analyze()

    def chunk(self) -> int:
        """One transaction of a run; how many deliveries it made."""
        with unit_of_work(self.shop.id) as session:
            store = stores.get(session)
            calendar = Calendar.of(store, clock.now(store))
            return billing.bill_due(session, store, calendar, cause="a benchmark", run_id=None)["created"]

    def households(self, count: int, skip: int = 0) -> list[dict[str, UUID]]:
        with unit_of_work(self.shop.id) as session:
            found = session.execute(_HOUSEHOLDS, {"count": count, "skip": skip}).mappings().all()
        return [dict(row) for row in found]


def measure(rig: Rig, plan: Plan, report: Report) -> None:
    street = Street(rig)
    model, like = _model(street)
    street.move_in((plan.rounds + 1) * 2 * CHUNKS * billing.CHUNK)
    ours, theirs = list[float](), list[float]()
    for number in range(plan.rounds + 1):
        service, floor = _run(street, CHUNKS), _floor(street, model, like, CHUNKS)
        say(f"  round {number}: service {service * 1000:.2f} ms, floor {floor * 1000:.2f} ms a delivery")
        if number:
            ours.append(1 / service)
            theirs.append(1 / floor)
    report.figures |= {"service_deliveries_per_second": median(ours), "floor_deliveries_per_second": median(theirs)}
    report.ratios["run_vs_floor"] = median_ratio(ours, theirs)
    _grow(street, plan.due, report)


def _model(street: Street) -> tuple[Model, Sequence[Mapping[str, UUID]]]:
    """What a chunk writes, and whose it was; a first one makes what all later ones find."""
    street.move_in(2 * billing.CHUNK)
    street.chunk()
    like = street.households(billing.CHUNK)
    with rows.connect(street.url, street.shop.id) as connection:
        before = rows.read(connection)
        street.chunk()
        model = Model.of(before, rows.read(connection))
    street.rig.analyze()
    return model, like


def _run(street: Street, chunks: int) -> float:
    """Seconds for each delivery."""
    began = time.perf_counter()
    made = sum(street.chunk() for _ in range(chunks))
    return (time.perf_counter() - began) / made


def _floor(street: Street, model: Model, like: Sequence[Mapping[str, UUID]], chunks: int) -> float:
    ready = []
    for number in range(chunks):
        others = street.households(billing.CHUNK, number * billing.CHUNK)
        ready.append((model.for_others(pairs(like, others)), _levels(others)))
    with rows.connect(street.url, street.shop.id) as connection:
        began = time.perf_counter()
        for one, levels in ready:
            one.write(connection, street.shop.id, levels)
        return (time.perf_counter() - began) / (chunks * billing.CHUNK)


def _levels(households: Sequence[Mapping[str, UUID]]) -> dict[UUID, int]:
    levels: dict[UUID, int] = {}
    for one in households:
        levels[one["variant_id"]] = levels.get(one["variant_id"], 0) + PIECES
    return levels


def _grow(street: Street, sizes: Sequence[int], report: Report) -> None:
    """Whole runs, from the count of what is due to the report, one larger than the other."""
    costs = list[float]()
    for size in sizes:
        street.move_in(size)
        gc.collect()
        with unit_of_work(street.shop.id) as session:
            store = stores.get(session)
            began = time.perf_counter()
            run = running.begin(session, store, new_id(), Calendar.of(store, clock.now(store)))
        made = 0
        while decided := street.chunk():
            made += decided
        if run is None or made < size:
            report.errors.append(f"of {size} due deliveries {made} were made")
            continue
        with unit_of_work(street.shop.id) as session:
            running.finish(session, run.id, clock.machine_now())
        costs.append((time.perf_counter() - began) / made)
        report.figures[f"ms_a_delivery_of_{size}"] = 1000 * costs[-1]
        report.figures[f"memory_mb_after_{size}"] = _memory_mb()
        say(f"  {size} due: {1000 * costs[-1]:.2f} ms a delivery, {_memory_mb():.0f} MB")
    if len(costs) > 1:
        report.ratios["cost_growth"] = costs[-1] / costs[0]


def _memory_mb() -> float:
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024
