"""The watchdog of the billing run: it compares what should have come by now with what was decided, and tells somebody."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session

from app.core import clock
from app.core.logging import get_logger
from app.insight.checks.frame import Finding
from app.jobs.models import Slot
from app.stores import service as stores
from app.stores.service import StoreFacts
from app.subscriptions import expecting, run_queries
from app.subscriptions.expecting import Missing
from app.subscriptions.planning import Calendar
from app.subscriptions.run_models import BillingRun
from app.tasks.checking import tell
from app.tasks.scheduling import Step, scheduled

REMEDY = (
    "Look at `/health/billing` and `rozana doctor`: is there a beat, and a worker for the queue `subscriptions`? "
    "`rozana schedules` tells how the last run went; `rozana billing run` runs it now."
)
APPROVE = "Look at `rozana billing preview`; `rozana billing approve` lets it begin."

log = get_logger(__name__)


@scheduled("watch-billing", counted=("owed",))
def watch_billing(session: Session, _store: StoreFacts, slot: Slot) -> Step:
    """Count the deliveries that should have been decided and were not, without asking what the run believes to be due.

    Whoever runs the shop is told by e-mail, once a day for what stands; `/health/billing` says so at once.
    """
    store = stores.get(session)
    now, place = clock.now(store), str(slot.counts.get("after", ""))
    found, last = expecting.missing(session, Calendar.of(store, now), UUID(place) if place else None)
    findings = [_owed(found)] if found else []
    if not place and (run := run_queries.held(session)):
        findings.append(_held(run))
    for finding in findings:
        log.error("billing_not_in_order", check=finding.check, what=finding.what)
    tell(session, store, findings, now, f"{slot.id}:{place}")
    return Step({"owed": len(found), "after": str(last or "")}, more=last is not None)


def _owed(found: Sequence[Missing]) -> Finding:
    first = min(found, key=lambda one: (one.expected_at, one.subscription_id))
    what = (
        f"{len(found)} deliveries have no outcome although their run is over, the first of them for {first.delivers_on}, which "
        f"was to be decided at {first.expected_at:%d %b %Y %H:%M} UTC."
    )
    return Finding("deliveries_owed", "severe", what, "subscriptions", first.subscription_id, None, "", REMEDY)


def _held(run: BillingRun) -> Finding:
    what = f"A billing run waits for approval since {run.started_at:%d %b %Y %H:%M} UTC: {run.hold_reason}."
    return Finding("billing_run_held", "severe", what, "billing_runs", run.id, run.expected_amount, "", APPROVE)
