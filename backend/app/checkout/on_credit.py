"""A delivery whose day begins and that is not paid: it goes out on credit, while its customer owes little enough."""

from datetime import datetime

from sqlmodel import Session

from app.audit.service import record
from app.checkout import dunning, notifying
from app.checkout import dunning_queries as queries
from app.checkout.dunning_rules import Terms
from app.core.actor import SYSTEM
from app.orders.models import PAID_BEFOREHAND, Order
from app.stock import service as stock
from app.stores import service as stores

WHY = {"wallet": "insufficient_funds"}  # else by link: there is nothing to debit


def deliver(session: Session, order: Order, now: datetime) -> bool:
    """Accept the order, whose amount stays owed and is asked for; False where the store gives no credit, or no more of it.

    The order is locked. What is owed is not: two days that begin at once may overstep the limit by one delivery.
    """
    limit = Terms.of(stores.get(session).settings).credit_amount
    if not limit or order.cycle_id is None or order.payment_method not in PAID_BEFOREHAND:
        return False
    if queries.on_credit_amount(session, order.customer_id) + order.total_amount > limit:
        return False
    known = queries.latest_of(session, order.id)
    if known is not None and not known.is_open:
        return False  # it was given up, or voided
    before = order.accept(now)
    session.add(order)
    session.flush()
    stock.firm_up(session, order.id)
    record(session, SYSTEM, "order.confirmed", order, {"status": [before, order.status]}, cause="delivered on credit")
    notifying.payment_due(session, order, known.reason if known else "", "on_credit")
    if known is None:
        dunning.begin(session, order, None, WHY.get(order.payment_method, "over_limit"), now)
    return True
