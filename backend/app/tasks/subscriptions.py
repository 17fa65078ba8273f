"""The documented subscription tasks, and the nudges that charge: on the queue `subscriptions`, one at a time."""

from typing import Any
from uuid import UUID

from sqlmodel import Session

from app.core import clock
from app.core.celery_app import celery_app
from app.core.errors import Invalid
from app.jobs.models import Slot
from app.payments.mandate_models import Debit, Mandate
from app.stores import service as stores
from app.stores.service import StoreFacts
from app.subscriptions import billing, price_news, queries, reminding, run_queries, running
from app.subscriptions.planning import Calendar
from app.tasks import debiting, dunning_steps
from app.tasks.base import Call, Reference, Result, documented
from app.tasks.draining import drain
from app.tasks.scheduling import Step, scheduled

CALL_LIMITS = {"soft_time_limit": 60, "time_limit": 90}  # seconds; a call takes 20 at most
URGENT, NORMAL = 9, 6
COUNTED = ("created", "skipped", "failed")


@scheduled("process-due-subscriptions", counted=COUNTED)
def process_due_subscriptions(session: Session, _store: StoreFacts, slot: Slot) -> Step:
    """Plan every delivery that is due, by the store's own date: its order, stock and notice, or the reason why not.

    Due has no lower bound, so a day nobody ran is made up for. Charges follow by themselves at their time.
    """
    store = stores.get(session)
    calendar = Calendar.of(store, clock.now(store))
    run = running.begin(session, store, slot.id, calendar) if "billing_run_id" not in slot.counts else None
    run_id = run.id if run else UUID(str(slot.counts.get("billing_run_id", slot.id)))
    none = dict.fromkeys(COUNTED, 0)
    if run is not None and run.status == "held":
        return Step({**none, "billing_run_id": str(run_id)}, outcome=f"held: {run.hold_reason}")
    if run is not None:
        return Step({**none, "billing_run_id": str(run_id)}, more=True)
    if "billing_run_id" not in slot.counts:
        return Step({**none, "billing_run_id": str(slot.id)})
    if reason := run_queries.hold_reason(session, run_id):  # a later slot found that it grew beyond what may pass by itself
        return Step({**none, "billing_run_id": str(run_id)}, outcome=f"held: {reason}")
    counts = billing.bill_due(session, store, calendar, cause=f"{slot.schedule} {slot.key}", run_id=run_id)
    if not counts["due"]:
        running.finish(session, run_id, calendar.now)
    return Step({status: counts[status] for status in COUNTED}, more=counts["due"] > 0)


@scheduled("send-subscription-renewal-reminders", counted=("count",))
def send_subscription_renewal_reminders(session: Session, _store: StoreFacts, _slot: Slot) -> Step:
    """Tell customers of the deliveries that were planned, a day or more before they are charged; and days before, of prices
    that will change. Once each.
    """
    store = stores.get(session)
    calendar = Calendar.of(store, clock.now(store))
    if count := reminding.remind_due(session, calendar.now):
        return Step({"count": count}, more=True)
    told = price_news.notice_due(session, calendar)
    return Step({"count": told or 0}, more=told is not None)


def _reached(_store_id: UUID, recorded: Reference) -> Result:
    reached = {"cycle_id": recorded["cycle_id"], "order_id": recorded["order_id"]}
    if recorded["order_id"] is None:
        return {"status": "skipped", "reason": recorded["reason"], **reached}
    return {"status": "success", **reached}


@documented(_reached, priority=NORMAL, **CALL_LIMITS)
def process_single_subscription(session: Session, call: Call, subscription_id: str) -> Reference:
    """Plan one subscription's due delivery now. A repeat finds its newest delivery; SubscriptionNotFound."""
    try:
        subscription = queries.get(session, UUID(str(subscription_id)), None)
    except ValueError:
        raise Invalid(f"{subscription_id!r} is no id", field="subscription_id") from None
    store = stores.get(session)
    calendar = Calendar.of(store, clock.now(store))
    cycle = None
    due = queries.lock_one_due(session, subscription.id, calendar.now)
    if due:
        billing.bill(session, store, calendar, due, cause=call.key)
        cycle = next(iter(queries.cycles_from(session, subscription.id, due[0].next_on)), None)
    cycle = cycle or queries.latest_created(session, subscription.id)
    order = queries.orders_of_cycles(session, [cycle.id]).get(cycle.id) if cycle else None
    return {
        "cycle_id": str(cycle.id) if cycle else None,
        "order_id": str(order.id) if order else None,
        "reason": cycle.reason if cycle else "not_due",
    }


@celery_app.task(name="app.tasks.subscriptions.charge_due", urgency=URGENT, **CALL_LIMITS)
def charge_due(store_id: str) -> dict[str, int]:
    """Decide on the debits that are due by the store's clock; each that is to be sent is a row by then."""
    return {"decided": debiting.charge_due(UUID(store_id))}


@celery_app.task(name="app.tasks.subscriptions.dun_due", urgency=NORMAL, **CALL_LIMITS)
def dun_due(store_id: str) -> dict[str, int]:
    """Take the steps of dunning that are due by the store's clock. Safe to run twice: each is taken under its order's lock."""
    return {"stepped": dunning_steps.step_due(UUID(store_id))}


@celery_app.task(name="app.tasks.subscriptions.send_debit", urgency=URGENT, **CALL_LIMITS)
def send_debit(store_id: str, debit_id: str) -> dict[str, str]:
    """Send one debit. Safe to run twice: the second finds it taken."""
    return {"status": debiting.send(UUID(store_id), UUID(debit_id))}


@celery_app.task(name="app.tasks.subscriptions.drain_debits", urgency=NORMAL, **CALL_LIMITS)
def drain_debits(store_id: str) -> dict[str, Any]:
    return {"worked": drain(UUID(store_id), Debit, debiting.send, "drain_debits")}


@celery_app.task(name="app.tasks.subscriptions.look_at_mandate", urgency=URGENT, **CALL_LIMITS)
def look_at_mandate(store_id: str, mandate_id: str) -> dict[str, str]:
    """See what the bank says of one mandate. Safe to run twice."""
    return {"status": debiting.look_at_mandate(UUID(store_id), UUID(mandate_id))}


@celery_app.task(name="app.tasks.subscriptions.drain_mandates", urgency=NORMAL, **CALL_LIMITS)
def drain_mandates(store_id: str) -> dict[str, Any]:
    return {"worked": drain(UUID(store_id), Mandate, debiting.look_at_mandate, "drain_mandates")}


@celery_app.task(name="app.tasks.subscriptions.look_at_notice", urgency=NORMAL, **CALL_LIMITS)
def look_at_notice(store_id: str, attempt_id: str) -> dict[str, str | None]:
    """See whether a notice was delivered. A read, safe to lose."""
    return {"notice": debiting.look_at_notice(UUID(store_id), UUID(attempt_id))}
