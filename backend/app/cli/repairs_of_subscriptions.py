"""What mends a subscription that the run passes by."""

from uuid import UUID

from app.audit.service import record
from app.cli.choosing import OPERATOR
from app.cli.repairs_by_asking import CAUSE, id_of
from app.core import clock
from app.core.work import unit_of_work
from app.insight.checks.frame import Finding
from app.stores import service as stores
from app.subscriptions import planning, quarantine, queries
from app.subscriptions.planning import Calendar


def plan_next(store_id: UUID, finding: Finding) -> str:
    """The next delivery that can still be changed."""
    with unit_of_work(store_id) as session:
        one = queries.get(session, id_of(finding), None, lock=True)
        if one.status != "active" or one.next_on is not None:
            return "it knows its next delivery"
        store = stores.get(session)
        planning.schedule(session, one, Calendar.of(store, clock.now(store)))
        session.add(one)
        told = one.next_on and one.next_on.isoformat()
        record(session, OPERATOR, "subscription.planned", one, {"next_on": [None, told]}, cause=CAUSE)
        return f"next is {told or 'nothing'}"


def try_again(store_id: UUID, finding: Finding) -> str:
    """Lift its hold."""
    with unit_of_work(store_id) as session:
        store = stores.get(session)
        at = Calendar.of(store, clock.now(store))
        return f"next is {quarantine.retry(session, id_of(finding), actor=OPERATOR, calendar=at).next_on or 'nothing'}"
