"""The scheduled task of statements of account."""

from sqlmodel import Session

from app.core import clock
from app.core.actor import SYSTEM
from app.invoices import stating
from app.jobs.models import Slot
from app.stores import service as stores
from app.stores.service import StoreFacts
from app.tasks.scheduling import Step, scheduled


@scheduled("issue-statements", counted=("count",))
def issue_statements(session: Session, _store: StoreFacts, _slot: Slot) -> Step:
    """Issue the statements of the month that ended, by the store's own zone, and tell customers on account; once each."""
    count = stating.issue_due(session, SYSTEM, clock.now(stores.get(session)))
    return Step({"count": count}, more=count > 0)
