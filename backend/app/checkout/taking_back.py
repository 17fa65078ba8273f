"""What of an order is not kept: reported by whom it concerns, accepted by policy or by staff, and then no longer owed."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from app.accounts import service as accounts
from app.audit.service import record
from app.checkout import conceding
from app.checkout.cancelling import SENT, pick
from app.checkout.documenting import Lots, lots_of
from app.checkout.errors import NothingDelivered, ReturnTooLate
from app.core.actor import SYSTEM, Actor
from app.core.ids import new_id
from app.orders import queries, reducing
from app.orders.errors import MoveNotAllowed
from app.orders.fulfilment_models import Return, ReturnLine, Shipment
from app.orders.models import Order, OrderLine
from app.orders.reducing import Part
from app.orders.reduction_models import Reduction
from app.stock import service as stock
from app.stores import service as stores
from app.stores.models import Store

COMES_BACK = "unwanted"  # for every other reason the goods are gone, or never came
MONTH = timedelta(days=30)
BY_POLICY = "accepted by the shop's policy"


@dataclass(frozen=True)
class Policy:
    """The store's settings under `returns`. Amounts in paise; what is beyond them, somebody looks at."""

    days: int = 7  # after the delivery, for the customer to report
    accept_up_to_amount: int = 20_000  # at once; a litre of sour milk is not worth a telephone call
    accept_per_month_amount: int = 50_000  # of one customer's; small reports add up as well

    @classmethod
    def of(cls, store: Store) -> "Policy":
        ours: dict[str, Any] = store.settings.get("returns", {})
        return cls(**ours)


@dataclass(frozen=True)
class Report:
    """What is reported: why, how many pieces of which lines, in what words, and where the money should go."""

    reason: str
    quantities: Mapping[UUID, int]
    note: str = ""
    refund_to: str = "source"


def report(session: Session, order_id: UUID, owner_id: UUID | None, told: Report, *, actor: Actor, now: datetime) -> Return:
    """Note that pieces were not delivered, short, spoilt or unwanted. Small ones of a delivered order are accepted by policy.

    Locks customer, order, payments, stock. NothingDelivered, ReturnTooLate (customers), LineNotFound, QuantityNotLeft: what
    was reported before, and not declined, is not left. Not safe to repeat by itself: the request's key makes it so.
    """
    customer_id = queries.get(session, order_id, owner_id).customer_id
    accounts.lock_customer(session, customer_id)  # of two reports, the second sees what the first took of the month's amount
    order = queries.get_locked(session, order_id, owner_id)
    policy = Policy.of(stores.get(session))
    _require_in_time(session, order, policy, actor, now)
    lines = {line.id: line for line in queries.lines(session, [order.id])[order.id]}
    left = _reportable(session, order, lines)
    chosen = pick(lines, told.quantities, left)
    row = Return(
        store_id=order.store_id,
        id=new_id(),
        order_id=order.id,
        reason=told.reason,
        note=told.note,
        refund_to=told.refund_to,
    )
    session.add(row)
    session.flush()
    for line_id, quantity in chosen.items():
        session.add(ReturnLine(store_id=order.store_id, return_id=row.id, order_line_id=line_id, quantity=quantity))
    session.flush()
    record(session, actor, "return.reported", row, {"reason": [None, told.reason]}, cause=f"order {order.number}")
    if _is_small(session, order, told.reason, chosen, policy, now):
        _accept(session, order, row, (), BY_POLICY, SYSTEM, now)
    return row


def _is_small(session: Session, order: Order, reason: str, chosen: Mapping[UUID, int], policy: Policy, now: datetime) -> bool:
    """Whether nobody need look at it. What is still on its way may yet arrive; what comes back has to be seen; and of what was
    to be paid at the door somebody knows whether it was, and how much, though the rider has not noted it yet.
    """
    is_cash_open = order.payment_method == "cash_on_delivery" and order.payment_status != "paid"
    if order.status != "delivered" or reason == COMES_BACK or is_cash_open:
        return False
    worth = sum(part.taxed.total_amount for parts in _parts(lots_of(session, order), chosen).values() for part in parts)
    before = queries.accepted_amount(session, order.customer_id, BY_POLICY, now - MONTH)
    return worth <= policy.accept_up_to_amount and before + worth <= policy.accept_per_month_amount


def _require_in_time(session: Session, order: Order, policy: Policy, actor: Actor, now: datetime) -> None:
    until = report_until(queries.shipments(session, order.id), policy)
    if until is None:
        raise NothingDelivered(order_status=order.status)
    if actor.kind == "customer" and now > until:
        raise ReturnTooLate(until=until.isoformat())


def report_until(parcels: Iterable[Shipment], policy: Policy) -> datetime | None:
    """Until when its customer may report what was wrong with an order; None: nothing of it has been sent."""
    sent = [one.delivered_at or one.dispatched_at or one.packed_at for one in parcels if one.status in SENT]
    return max(sent) + timedelta(days=policy.days) if sent else None


def _reportable(session: Session, order: Order, lines: Mapping[UUID, OrderLine]) -> dict[UUID, int]:
    """Pieces of each line that went out and of which nothing was reported yet."""
    left = dict.fromkeys(lines, 0)
    sent = [one.id for one in queries.shipments(session, order.id) if one.status in SENT]
    for contents in queries.shipment_lines(session, sent).values():
        for packed in contents:
            left[packed.order_line_id] += packed.quantity
    reported = [one.id for one in queries.returns(session, order.id) if one.status != "declined"]
    for told in queries.return_lines(session, reported).values():
        for line in told:
            left[line.order_line_id] -= line.quantity
    return left


def accept(
    session: Session, return_id: UUID, restocked: Collection[UUID], because: str, *, actor: Actor, now: datetime
) -> Return:
    """Accept what was reported: it is no longer owed, and what was paid for it goes back. `restocked`: lines that are on the
    shelf again. ReturnNotFound, MoveNotAllowed once it was decided, or its order cancelled: nothing of that is owed.
    """
    row, order = _lock(session, return_id)
    if order.status == "cancelled":
        raise MoveNotAllowed("the order of this return was cancelled", present=row.status, allowed=["declined"])
    _accept(session, order, row, restocked, because, actor, now)
    return row


def decline(session: Session, return_id: UUID, because: str, *, actor: Actor, now: datetime) -> Return:
    """Decline it, with a reason. ReturnNotFound, MoveNotAllowed once it was decided."""
    row, _ = _lock(session, return_id)
    _decide(session, row, "declined", because, actor, now)
    return row


def _accept(
    session: Session, order: Order, row: Return, restocked: Collection[UUID], because: str, actor: Actor, now: datetime
) -> None:
    _decide(session, row, "accepted", because, actor, now)
    told = queries.return_lines(session, [row.id])[row.id]
    lines = {line.id: line for line in queries.lines(session, [order.id])[order.id]}
    for one in told:
        one.is_restocked = one.order_line_id in restocked
        lines[one.order_line_id].returned_quantity += one.quantity
    session.add_all([*told, *lines.values()])
    session.flush()
    cause = f"returned: {row.reason.replace('_', ' ')}"
    lots, reductions = lots_of(session, order), list[Reduction]()
    terms = reducing.Terms(row.reason, row.id, row.refund_to, row.note[:200])
    for document_id, parts in _parts(lots, {one.order_line_id: one.quantity for one in told}).items():
        if reduction := reducing.reduce(session, order, lots[document_id], parts, terms, actor, cause):
            reductions.append(reduction)
    if back := {lines[one.order_line_id].variant_id: one.quantity for one in told if one.is_restocked}:
        stock.restock(session, order.id, back, cause=cause, actor=actor, now=now)
    conceding.settle(session, order, reductions, actor, cause, now)


def _decide(session: Session, row: Return, status: str, because: str, actor: Actor, now: datetime) -> None:
    if row.status != "reported":
        raise MoveNotAllowed(f"this return was {row.status} already", present=row.status, allowed=[])
    row.status, row.decided_at, row.decided_because = status, now, because[:200]
    session.add(row)
    session.flush()
    record(session, actor, f"return.{status}", row, {"status": ["reported", status]}, cause=because)


def _lock(session: Session, return_id: UUID) -> tuple[Return, Order]:
    order = queries.get_locked(session, queries.get_return(session, return_id).order_id)
    return queries.get_return(session, return_id), order


def _parts(lots: Lots, quantities: Mapping[UUID, int]) -> dict[UUID | None, list[Part]]:
    """So many pieces of each line, taken from the documents that charge for them, the newest first."""
    parts: dict[UUID | None, list[Part]] = {}
    issued = [(key, lot) for key, lot in lots.items() if key is not None]
    for line_id, quantity in quantities.items():
        wanted = quantity
        for document_id, lot in reversed(issued):
            taken = min(wanted, lot.lines[line_id].pieces) if line_id in lot.lines else 0
            if taken > 0:
                parts.setdefault(document_id, []).append(lot.lines[line_id].of_pieces(taken))
                wanted -= taken
    return parts
