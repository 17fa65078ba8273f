"""Every SELECT and lock of orders. `owner_id` None means: of any customer (staff, or the system)."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from app.orders.errors import OrderNotFound
from app.orders.models import Order, OrderLine
from app.payments.models import Payment


def get(session: Session, order_id: UUID, owner_id: UUID | None) -> Order:
    """OrderNotFound also for somebody else's."""
    statement = select(Order).where(Order.id == order_id)
    if owner_id is not None:
        statement = statement.where(Order.customer_id == owner_id)
    order = session.exec(statement).one_or_none()
    if order is None:
        raise OrderNotFound
    return order


def get_locked(session: Session, order_id: UUID) -> Order:
    """Lock the order: before its payment, wallet, coupon and stock."""
    statement = select(Order).where(Order.id == order_id).with_for_update().execution_options(populate_existing=True)
    order = session.exec(statement).one_or_none()
    if order is None:
        raise OrderNotFound
    return order


def lines(session: Session, order_ids: Sequence[UUID]) -> dict[UUID, list[OrderLine]]:
    """What was bought with several orders, in one query, each order's in their position."""
    found: dict[UUID, list[OrderLine]] = {order_id: [] for order_id in order_ids}
    of_orders = select(OrderLine).where(col(OrderLine.order_id).in_(order_ids), OrderLine.kind == "goods")
    for line in session.exec(of_orders.order_by(col(OrderLine.position))):
        found[line.order_id].append(line)
    return found


def charged_lines(session: Session, order_id: UUID) -> Sequence[OrderLine]:
    """Everything that an order charges for: its goods, then the delivery that belongs to each."""
    statement = select(OrderLine).where(OrderLine.order_id == order_id)
    return session.exec(statement.order_by(col(OrderLine.position), col(OrderLine.kind))).all()


def page(session: Session, owner_id: UUID | None, limit: int, after: UUID | None) -> Sequence[Order]:
    """Newest first; `after` is the last id of the page before."""
    statement = select(Order).order_by(col(Order.id).desc()).limit(limit)
    if owner_id is not None:
        statement = statement.where(Order.customer_id == owner_id)
    if after is not None:
        statement = statement.where(col(Order.id) < after)
    return session.exec(statement).all()


def of_payment(session: Session, payment_id: UUID) -> Order:
    """The order that the payment is for."""
    statement = select(Order).join(Payment, col(Payment.order_id) == col(Order.id)).where(Payment.id == payment_id)
    return session.exec(statement).one()


def of_cart(session: Session, cart_id: UUID, customer_id: UUID) -> Order | None:
    """The order this customer's cart became."""
    return session.exec(select(Order).where(Order.cart_id == cart_id, Order.customer_id == customer_id)).one_or_none()
