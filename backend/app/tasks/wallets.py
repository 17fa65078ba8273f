"""The scheduled task of wallets: top-ups that come by themselves."""

from sqlmodel import Session

from app.core import clock
from app.jobs.models import Slot
from app.stores import service as stores
from app.stores.service import StoreFacts
from app.tasks.scheduling import Step, scheduled
from app.wallets import planned


@scheduled("top-up-wallets", counted=("count",))
def top_up_wallets(session: Session, _store: StoreFacts, _slot: Slot) -> Step:
    """Announce the top-ups that are due by plan; each is debited at its time, as an order's debit is."""
    count = planned.plan_due(session, clock.now(stores.get(session)))
    return Step({"count": count}, more=count > 0)
