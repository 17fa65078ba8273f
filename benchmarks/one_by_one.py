"""The documented way, a task for each subscription, against the run: both through the same worker process."""

import time
from collections.abc import Callable

from sqlalchemy import func, select
from sqlmodel import col

from app.core import clock
from app.core.work import unit_of_work
from app.jobs import service as jobs
from app.stores import service as stores
from app.subscriptions.models import Cycle
from app.tasks.subscriptions import process_single_subscription
from benchmarks.figures import Plan, Report
from benchmarks.rig import Rig
from benchmarks.run_and_floor import Street
from local.progress import say

TASKS, RUN = 300, 10_000
PATIENCE_SECONDS = 600
LOOK_SECONDS = 0.05


def measure(rig: Rig, _plan: Plan, report: Report) -> None:
    rig.start_worker("subscriptions")
    street = Street(rig, by_mandate=False)
    street.move_in(TASKS)
    each = _timed(street, TASKS, lambda: _send_tasks(street), report)
    street.move_in(RUN)
    together = _timed(street, RUN, lambda: open_run(street), report)
    rig.stop_programs()
    report.figures |= {"ms_a_delivery_by_a_task_each": 1000 * each / TASKS, "ms_a_delivery_by_the_run": 1000 * together / RUN}
    report.ratios["run_vs_task_each"] = (each / TASKS) / (together / RUN)
    say(f"  a task each {1000 * each / TASKS:.1f} ms, the run {1000 * together / RUN:.2f} ms a delivery")


def open_run(street: Street) -> None:
    """A slot for the worker, as an operator or a tick would open it."""
    with unit_of_work(street.shop.id) as session:
        now = clock.now(stores.get(session))
        jobs.ensure_schedules(session, now)
        session.flush()
        jobs.open_now(session, "process-due-subscriptions", now)


def decided(street: Street) -> int:
    with unit_of_work(street.shop.id) as session:
        return int(session.execute(select(func.count()).select_from(Cycle).where(col(Cycle.status) == "created")).scalar_one())


def _send_tasks(street: Street) -> None:
    for household in street.households(TASKS):
        process_single_subscription.delay(str(household["id"]), store_id=str(street.shop.id))


def _timed(street: Street, count: int, begin: Callable[[], None], report: Report) -> float:
    """Seconds until so many more are decided."""
    there, began = decided(street), time.perf_counter()
    begin()
    while decided(street) < there + count:
        if time.perf_counter() - began > PATIENCE_SECONDS:
            report.errors.append(f"of {count} deliveries {decided(street) - there} were decided in {PATIENCE_SECONDS} s")
            break
        time.sleep(LOOK_SECONDS)
    return time.perf_counter() - began
