"""A billing run from its beginning to its report: counted, perhaps held until somebody approves it, allocated, done."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from app.audit.service import record
from app.core.actor import SYSTEM, Actor
from app.core.db import add_once
from app.core.money import format_money
from app.core.work import store_of
from app.stores.models import Store
from app.subscriptions import allocating, gaps, run_queries
from app.subscriptions.errors import NoRunToApprove
from app.subscriptions.planning import Calendar
from app.subscriptions.run_models import BillingRun


@dataclass(frozen=True)
class Limits:
    """Above which a run waits for somebody's approval; None: no limit. Amounts in paise."""

    count: int | None = None
    amount: int | None = None

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "Limits":
        """As `store.settings["subscriptions"]` says: hold_above_count, hold_above_amount. ValueError for anything else."""
        given = settings.get("subscriptions", {})
        limits = cls(given.get("hold_above_count"), given.get("hold_above_amount"))
        for name, value in vars(limits).items():
            if value is not None and (type(value) is not int or value < 1):
                raise ValueError(f"hold_above_{name} is a positive whole number, not {value!r}")
        return limits

    def exceeded_by(self, count: int, amount: int, currency: str) -> str:
        """Why it waits, as the end of a sentence; empty: it need not."""
        if self.count is not None and count > self.count:
            return f"{count} deliveries are more than {self.count}"
        if self.amount is not None and amount > self.amount:
            return f"{format_money(amount, currency)} is more than {format_money(self.amount, currency)}"
        return ""


def begin(session: Session, store: Store, run_id: UUID, calendar: Calendar) -> BillingRun | None:
    """The store's open run, brought up to now, or a new one of this id; None: nothing is due. Locks it.

    A run that is held stays so, however much more becomes due. Before the first chunk it settles who gets what is scarce.
    """
    run = run_queries.open_locked(session)
    if run is not None and run.status == "running" and run.as_of >= calendar.now:
        return run
    expected = run_queries.expected(session, calendar.now)
    if run is None and not expected.count:
        return None
    if run is None:
        add_once(session, _new(session, run_id, calendar.now))
        run = run_queries.open_locked(session)
    if run is None:
        return None  # a twin was quicker, and is done with all of it
    run.as_of, run.expected_count, run.expected_amount = calendar.now, expected.count, expected.amount
    if run.approved_at is None:
        run.hold_reason = Limits.of(store.settings).exceeded_by(expected.count, expected.amount, store.currency)
        is_new, run.status = run.status == "running" and bool(run.hold_reason), "held" if run.hold_reason else "running"
        if is_new:
            record(session, SYSTEM, "billing_run.held", run, {"status": [None, "held"]}, cause=run.hold_reason)
    session.add(run)
    session.flush()
    if run.status == "running":
        allocating.allocate(session, run.id, calendar.now, calendar.today)
    return run


def _new(session: Session, run_id: UUID, now: datetime) -> BillingRun:
    return BillingRun(
        store_id=store_of(session),
        id=run_id,
        status="running",
        as_of=now,
        expected_count=0,
        expected_amount=0,
        started_at=now,
    )


def finish(session: Session, run_id: UUID, now: datetime) -> BillingRun:
    """Nothing is due any more: what became of it all is kept. Safe to run twice: of two at work, the last one knows all."""
    run = run_queries.get_locked(session, run_id)
    missed = [one.as_dict() for one in gaps.of_run(session, run_id)]
    run.report = run_queries.report(session, run_id) | {"gaps": missed}
    if run.status != "done":
        run.status, run.finished_at = "done", now
        record(session, SYSTEM, "billing_run.done", run, {"status": ["running", "done"]})
    session.add(run)
    return run


def approve(session: Session, actor: Actor, now: datetime, run_id: UUID | None = None) -> BillingRun:
    """Let the held run (or the named one, if it is held) begin: with the next slot of its schedule, which the caller opens.

    NoRunToApprove.
    """
    run = run_queries.open_locked(session)
    if run is None or run.status != "held" or run_id not in (None, run.id):
        raise NoRunToApprove
    run.status, run.approved_at, run.approved_by = "running", now, actor.label
    session.add(run)
    record(session, actor, "billing_run.approved", run, {"status": ["held", "running"]}, cause=run.hold_reason)
    return run
