"""Messages about an order, on request: what the documented notification tasks call.

Each looks at the order first: a message that is not true (any more) is not sent, and the empty list says so.
"""

from uuid import UUID

from sqlmodel import Session

from app.checkout import notifying
from app.notifications.models import Message
from app.orders import queries as orders
from app.orders.errors import ShipmentNotFound
from app.payments import queries as payments

SHIPPED = ("out_for_delivery", "delivered")


def queue_order_confirmation(session: Session, order_id: UUID) -> list[Message]:
    """For a confirmed order. OrderNotFound; safe to run twice: one message per order and channel."""
    order = orders.get(session, order_id, None)
    return notifying.order_confirmed(session, order) if order.confirmed_at and order.status != "cancelled" else []


def queue_order_shipped(session: Session, order_id: UUID, shipment_id: UUID | None) -> list[Message]:
    """For an order that is on its way or there. OrderNotFound, ShipmentNotFound; safe to run twice."""
    order = orders.get(session, order_id, None)
    parcels = [one for one in orders.shipments(session, order_id) if one.id == shipment_id]
    if shipment_id is not None and not parcels:
        raise ShipmentNotFound
    return notifying.order_shipped(session, order, parcels[0] if parcels else None) if order.status in SHIPPED else []


def queue_payment_failed(session: Session, order_id: UUID, payment_id: UUID | None) -> list[Message]:
    """For an order whose payment failed and was not made good since. OrderNotFound; safe to run twice."""
    order = orders.get(session, order_id, None)
    payment = payments.of_order(session, order_id)
    if payment is None or payment.status != "failed" or payment_id not in (None, payment.id):
        return []
    return notifying.payment_failed(session, order, payment.id, payment.failure_reason or "")
