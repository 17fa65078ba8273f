"""Look at the payment provider's account every few minutes, in case nobody told us; once a day at its settlements too."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from app.checkout import catching_up
from app.checkout.catching_up import Caught
from app.core import clock
from app.core.actor import provider
from app.core.celery_app import celery_app
from app.core.errors import LeaseLost, ProviderError, Rejected
from app.core.work import Nothing, unit_of_work
from app.core.work_rows import claim_one, hold, renew, settle_failed, settle_later
from app.jobs.models import Slot
from app.payments import catching_up as watches
from app.payments.catching_up import LOOK_SECONDS, begin_of_look, first_report_day
from app.payments.reconciling import Reconciled, days_between, reconcile
from app.payments.watch_models import ProviderWatch
from app.stores import service as stores
from app.stores.service import Account, StoreFacts
from app.tasks.draining import drain as drain_rows
from app.tasks.scheduling import Step, scheduled

AWAY_SECONDS, REFUSED_SECONDS = 60.0, 600.0  # keys that are refused are refused until somebody changes them
MAX_PENDING = 200  # refunds of the dashboard that are looked at again; the others the next day
RENEW_SECONDS = 30.0  # of a long look: a quarter of the lease
ACTOR, CAUSE = provider("razorpay"), "looked at the provider's lists"


@dataclass(frozen=True)
class Look:
    """What the look needs; the transaction that claimed it is committed."""

    watch: ProviderWatch
    account: Account
    from_: datetime
    to: datetime


@scheduled("reconcile-settlements", counted=("accounts",))
def reconcile_settlements(session: Session, store: StoreFacts, _: Slot) -> Step:
    """Have the settlements of the last days read and matched with the books; the look that does it comes at once."""
    return Step({"accounts": watches.want_report(session, clock.now(store))})


@celery_app.task(name="app.tasks.watching.drain", soft_time_limit=600, time_limit=660)
def drain(store_id: str) -> dict[str, Any]:
    return {"worked": drain_rows(UUID(store_id), ProviderWatch, look, "drain_watches")}


def look(store_id: UUID, watch_id: UUID) -> str:
    """Claim, list and apply, settle; how it ended, in words. A look that failed skips nothing: the next begins where it did."""
    with unit_of_work(store_id) as session:
        asked = _claim(session, watch_id)
    if isinstance(asked, Nothing):
        return asked.result
    outcome: tuple[Caught, Reconciled | None] | ProviderError
    try:
        outcome = _read(store_id, asked)
    except ProviderError as error:
        outcome = error
    except LeaseLost:
        return "somebody else has it"
    try:
        with unit_of_work(store_id) as session:
            return _settle(session, asked, outcome)
    except LeaseLost:
        return "somebody else has it"


def _claim(session: Session, watch_id: UUID) -> Look | Nothing[str]:
    watch = claim_one(session, ProviderWatch, watch_id)
    if watch is None:
        return Nothing("not due")
    account = stores.provider_account(session, "razorpay", watch.account_id)
    if not account.secrets.get("key_id"):
        settle_later(session, watch, REFUSED_SECONDS)
        return Nothing("no keys")
    now = clock.now(stores.get(session))
    return Look(watch, account, begin_of_look(watch, now), now)


def _read(store_id: UUID, asked: Look) -> tuple[Caught, Reconciled | None]:
    """Everything that was made there since, and the settlements if they are wanted. No transaction is open."""
    keep = _keeper(store_id, asked.watch)
    caught = catching_up.catch_up(store_id, asked.account, asked.from_, asked.to, ACTOR, CAUSE, keep)
    if asked.watch.report_wanted_at is None:
        return caught, None
    with unit_of_work(store_id) as session:
        pending = watches.refunds_left_pending(session, MAX_PENDING)
    caught.add(catching_up.catch_up_with(store_id, asked.account, [], pending, ACTOR, CAUSE))
    days = days_between(first_report_day(asked.watch, asked.to), asked.to)
    return caught, reconcile(store_id, asked.account, days, asked.to, ACTOR, keep)


def _keeper(store_id: UUID, watch: ProviderWatch) -> Callable[[object], None]:
    """Holds the lease on while there is progress. LeaseLost once somebody else has taken over."""
    renewed_at = time.monotonic()

    def keep(_: object) -> None:
        nonlocal renewed_at
        if time.monotonic() - renewed_at > RENEW_SECONDS:
            with unit_of_work(store_id) as session:
                renew(session, watch)
            renewed_at = time.monotonic()

    return keep


def _settle(session: Session, asked: Look, outcome: tuple[Caught, Reconciled | None] | ProviderError) -> str:
    wanted_at = asked.watch.report_wanted_at
    watch = hold(session, asked.watch)
    if isinstance(outcome, ProviderError):
        wait = outcome.retry_after_seconds or (REFUSED_SECONDS if isinstance(outcome, Rejected) else AWAY_SECONDS)
        settle_failed(session, watch, outcome, counts=False, wait_seconds=wait)
        return f"not looked at: {outcome}"
    caught, reconciled = outcome
    watch.read_until, watch.found = asked.to, caught.as_counts()
    if reconciled is not None:
        watch.settled_until, watch.found = asked.to, {**watch.found, **reconciled.as_counts()}
        if watch.report_wanted_at == wanted_at:
            watch.report_wanted_at = None
    settle_later(session, watch, 0 if watch.report_wanted_at else LOOK_SECONDS)
    return "looked at"
