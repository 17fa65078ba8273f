"""Every SELECT and lock of orders. `owner_id` None means: of any customer (staff, or the system)."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, exists, func, or_
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from app.accounts.models import Customer
from app.core.db import metadata
from app.orders.errors import OrderNotFound, ReturnNotFound, ShipmentNotFound
from app.orders.fulfilment_models import Return, ReturnLine, Shipment, ShipmentLine
from app.orders.models import Order, OrderLine
from app.orders.reduction_models import Reduction, ReductionLine
from app.payments.models import Capture, Payment
from app.pricing.rules import Taxed

_LOCKED = select(Order).where(Order.id == bindparam("order_id")).with_for_update().execution_options(populate_existing=True)
_GOODS = (
    select(OrderLine)
    .where(col(OrderLine.order_id).in_(bindparam("order_ids", expanding=True)), OrderLine.kind == "goods")
    .order_by(col(OrderLine.position))
)
_LINES = metadata.tables[str(OrderLine.__tablename__)]
_BOUGHT = (
    columns(*(_LINES.c[name] for name in ("name", "unit", "quantity", "total_amount")))
    .where(_LINES.c.order_id == bindparam("order_id"), _LINES.c.kind == "goods")
    .order_by(_LINES.c.position)
)


class Bought(NamedTuple):
    """A line as people are told of it."""

    name: str
    unit: str
    quantity: int
    total_amount: int


def get(session: Session, order_id: UUID, owner_id: UUID | None) -> Order:
    """OrderNotFound also for somebody else's."""
    statement = select(Order).where(Order.id == order_id)
    if owner_id is not None:
        statement = statement.where(Order.customer_id == owner_id)
    order = session.exec(statement).one_or_none()
    if order is None:
        raise OrderNotFound
    return order


def get_locked(session: Session, order_id: UUID, owner_id: UUID | None = None) -> Order:
    """Lock the order: before its payment, wallet, coupon and stock. OrderNotFound also for somebody else's."""
    statement = _LOCKED if owner_id is None else _LOCKED.where(Order.customer_id == owner_id)
    order = session.exec(statement, params={"order_id": order_id}).one_or_none()
    if order is None:
        raise OrderNotFound
    return order


def lock_many(session: Session, order_ids: Sequence[UUID]) -> list[UUID]:
    """Lock those of them that there are, in the order of their ids."""
    statement = select(Order.id).where(col(Order.id).in_(order_ids)).order_by(col(Order.id)).with_for_update()
    return list(session.exec(statement).all())


def lines(session: Session, order_ids: Sequence[UUID]) -> dict[UUID, list[OrderLine]]:
    """What was bought with several orders, in one query, each order's in their position."""
    found: dict[UUID, list[OrderLine]] = {order_id: [] for order_id in order_ids}
    for line in session.exec(_GOODS, params={"order_ids": order_ids}):
        found[line.order_id].append(line)
    return found


def goods(session: Session, order_id: UUID) -> list[Bought]:
    """What was bought with an order, as it is told to people, in its position; nothing is made an object that could change."""
    return [Bought(*row) for row in session.execute(_BOUGHT, {"order_id": order_id})]


def charged_lines(session: Session, order_id: UUID) -> Sequence[OrderLine]:
    """Everything that an order charges for: its goods, then the delivery that belongs to each."""
    statement = select(OrderLine).where(OrderLine.order_id == order_id)
    return session.exec(statement.order_by(col(OrderLine.position), col(OrderLine.kind))).all()


def reduced_by_line(session: Session, order_id: UUID) -> dict[UUID, tuple[int, Taxed]]:
    """What is no longer owed of each line of an order: pieces, and their amount by tax head."""
    sums: dict[UUID, tuple[int, Taxed]] = {}
    for (_, line_id), (pieces, taxed) in reduced_by_document(session, order_id).items():
        before, so_far = sums.get(line_id, (0, Taxed()))
        sums[line_id] = before + pieces, so_far + taxed
    return sums


def reduced_by_document(session: Session, order_id: UUID) -> dict[tuple[UUID | None, UUID], tuple[int, Taxed]]:
    """The same, by the document that a reduction corrects (None: there was none yet) and by line."""
    sums = [func.sum(col(getattr(ReductionLine, name))) for name in ("quantity", *(field.name for field in fields(Taxed)))]
    key = (col(Reduction.document_id), col(ReductionLine.order_line_id))
    statement = (
        columns(*key, *sums)
        .join(ReductionLine, col(ReductionLine.reduction_id) == col(Reduction.id))
        .where(col(Reduction.order_id) == order_id)
        .group_by(*key)
    )
    found = session.execute(statement)
    return {(document_id, line_id): (int(n), Taxed(*map(int, heads))) for document_id, line_id, n, *heads in found}


def round_off_left(session: Session, order: Order) -> int:
    """The order's round-off, less what reductions without a document took with them."""
    taken = columns(func.coalesce(func.sum(col(Reduction.round_off_amount)), 0)).where(
        col(Reduction.order_id) == order.id, col(Reduction.document_id).is_(None)
    )
    return order.round_off_amount - int(session.execute(taken).scalar_one())


def reduction(session: Session, reduction_id: UUID) -> Reduction:
    return session.exec(select(Reduction).where(Reduction.id == reduction_id)).one()


def reductions_by_id(session: Session, reduction_ids: Collection[UUID]) -> dict[UUID, Reduction]:
    return {row.id: row for row in session.exec(select(Reduction).where(col(Reduction.id).in_(reduction_ids)))}


def reduction_lines(session: Session, reduction_id: UUID) -> Sequence[ReductionLine]:
    statement = select(ReductionLine).where(ReductionLine.reduction_id == reduction_id)
    return session.exec(statement.order_by(col(ReductionLine.id))).all()


def reductions(session: Session, order_id: UUID) -> Sequence[Reduction]:
    """What was decided to be no longer owed of an order, oldest first."""
    return session.exec(select(Reduction).where(Reduction.order_id == order_id).order_by(col(Reduction.id))).all()


def shipments(session: Session, order_id: UUID) -> Sequence[Shipment]:
    """An order's parcels in the order they were packed."""
    return session.exec(select(Shipment).where(Shipment.order_id == order_id).order_by(col(Shipment.position))).all()


def shipment(session: Session, shipment_id: UUID) -> Shipment:
    """ShipmentNotFound. Not locked: the order's lock guards it, and the order does not change."""
    found = session.exec(
        select(Shipment).where(Shipment.id == shipment_id).execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise ShipmentNotFound
    return found


def shipment_lines(session: Session, shipment_ids: Sequence[UUID]) -> dict[UUID, list[ShipmentLine]]:
    """What is in each of these parcels."""
    found: dict[UUID, list[ShipmentLine]] = {shipment_id: [] for shipment_id in shipment_ids}
    statement = select(ShipmentLine).where(col(ShipmentLine.shipment_id).in_(shipment_ids)).order_by(col(ShipmentLine.id))
    for line in session.exec(statement):
        found[line.shipment_id].append(line)
    return found


def returns(session: Session, order_id: UUID) -> Sequence[Return]:
    return session.exec(select(Return).where(Return.order_id == order_id).order_by(col(Return.id))).all()


def get_return(session: Session, return_id: UUID) -> Return:
    """ReturnNotFound. Not locked: the order's lock guards it."""
    found = session.exec(select(Return).where(Return.id == return_id).execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise ReturnNotFound
    return found


def return_lines(session: Session, return_ids: Sequence[UUID]) -> dict[UUID, list[ReturnLine]]:
    found: dict[UUID, list[ReturnLine]] = {return_id: [] for return_id in return_ids}
    for line in session.exec(select(ReturnLine).where(col(ReturnLine.return_id).in_(return_ids)).order_by(col(ReturnLine.id))):
        found[line.return_id].append(line)
    return found


def due_to_expire(session: Session, now: datetime, limit: int) -> Sequence[UUID]:
    """Orders that were not paid in time, longest ago first."""
    statement = select(Order.id).where(Order.status == "pending_payment", col(Order.expires_at) <= now)
    return session.exec(statement.order_by(col(Order.expires_at)).limit(limit)).all()


def next_expiry_at(session: Session) -> datetime | None:
    """When the next order that waits for its payment is given up, in the store's time."""
    return session.scalar(columns(func.min(col(Order.expires_at))).where(col(Order.status) == "pending_payment"))


@dataclass(frozen=True)
class Filters:
    """Which orders a list shows; all that are given must hold."""

    statuses: tuple[str, ...] = ()
    payment_status: str | None = None
    payment_method: str | None = None
    placed_from: datetime | None = None
    placed_before: datetime | None = None
    customer_kind: str | None = None
    search: str = ""

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        if self.statuses:
            yield col(Order.status).in_(self.statuses)
        if self.payment_status:
            yield col(Order.payment_status) == self.payment_status
        if self.payment_method:
            yield col(Order.payment_method) == self.payment_method
        if self.placed_from:
            yield col(Order.placed_at) >= self.placed_from
        if self.placed_before:
            yield col(Order.placed_at) < self.placed_before
        if self.customer_kind:
            yield self._of_customer(col(Customer.kind) == self.customer_kind)
        if self.search:
            yield or_(
                col(Order.number).icontains(self.search, autoescape=True),
                self._of_customer(
                    or_(
                        *(
                            col(column).icontains(self.search, autoescape=True)
                            for column in (Customer.name, Customer.phone, Customer.email)
                        )
                    )
                ),
            )

    @staticmethod
    def _of_customer(which: ColumnElement[bool]) -> ColumnElement[bool]:
        return exists().where(col(Customer.store_id) == col(Order.store_id), col(Customer.id) == col(Order.customer_id), which)


def page(
    session: Session, owner_id: UUID | None, limit: int, after: UUID | None, filters: Filters = Filters()
) -> Sequence[Order]:
    """Newest first; `after` is the last id of the page before."""
    statement = select(Order).where(*filters.conditions()).order_by(col(Order.id).desc()).limit(limit)
    if owner_id is not None:
        statement = statement.where(Order.customer_id == owner_id)
    if after is not None:
        statement = statement.where(col(Order.id) < after)
    return session.exec(statement).all()


def accepted_amount(session: Session, customer_id: UUID, because: str, since: datetime) -> int:
    """What the customer's returns that were accepted for this reason since then came to, in paise."""
    statement = (
        columns(func.coalesce(func.sum(col(Reduction.amount)), 0))
        .join(Return, col(Return.id) == col(Reduction.return_id))
        .join(Order, col(Order.id) == col(Return.order_id))
        .where(
            col(Order.customer_id) == customer_id,
            col(Return.status) == "accepted",
            col(Return.decided_because) == because,
            col(Return.decided_at) >= since,
        )
    )
    return int(session.execute(statement).scalar_one())


def open_returns(session: Session, status: str, limit: int, after: UUID | None) -> Sequence[Return]:
    """Returns in this state, oldest first; `after` is the last id of the page before."""
    statement = select(Return).where(Return.status == status).order_by(col(Return.id)).limit(limit)
    return session.exec(statement.where(col(Return.id) > after) if after is not None else statement).all()


def of_payment(session: Session, payment_id: UUID) -> Order:
    """The order that the payment is for."""
    statement = select(Order).join(Payment, col(Payment.order_id) == col(Order.id)).where(Payment.id == payment_id)
    return session.exec(statement).one()


def of_captured(session: Session, provider_payment_id: str) -> Order | None:
    """The order whose books have the money of this payment at the provider."""
    statement = (
        select(Order)
        .join(Payment, col(Payment.order_id) == col(Order.id))
        .join(Capture, col(Capture.payment_id) == col(Payment.id))
        .where(Capture.provider_payment_id == provider_payment_id)
    )
    return session.exec(statement).one_or_none()


def of_cart(session: Session, cart_id: UUID, customer_id: UUID) -> Order | None:
    """The order this customer's cart became."""
    return session.exec(select(Order).where(Order.cart_id == cart_id, Order.customer_id == customer_id)).one_or_none()
