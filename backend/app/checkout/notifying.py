"""What customers are told about their orders: queued in the transaction that makes it true, with the facts frozen."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.dates import format_date
from sqlmodel import Session

from app.accounts import service as accounts
from app.accounts.models import Customer
from app.notifications import service as notifications
from app.notifications.models import Message
from app.orders import queries as orders
from app.orders.models import Order
from app.payments.debit_reasons import bank_says
from app.stores import service as stores

WHY_NO_DEBIT = {  # our own reasons, as the end of a sentence
    "over_limit": "it costs more than your mandate allows",
    "too_late": "there was not enough time left before the delivery",
    "notice_failed": "your bank could not announce the charge to you",
    "provider_order_refused": "the bank did not take the announcement of the charge",
    "tries_used_up": "it was tried several times without success",
    "mandate_rejected": "your mandate was not approved",
}


def order_confirmed(session: Session, order: Order) -> list[Message]:
    """One e-mail and one SMS, once per order: a repeat finds the first."""
    lines = orders.lines(session, [order.id])[order.id]
    zone = ZoneInfo(stores.get(session).zone)
    context = {
        "placed_on": format_date(order.placed_at.astimezone(zone).date(), "long", locale="en_IN"),
        "lines": [
            {"name": line.name, "unit": line.unit, "quantity": line.quantity, "total_amount": line.total_amount}
            for line in lines
        ],
        "subtotal_amount": order.subtotal_amount,
        "shipping_amount": order.shipping_amount,
        "round_off_amount": order.round_off_amount,
        "tax_amount": order.tax_amount,
        "total_amount": order.total_amount,
        "address_lines": _address_lines(order.address),
    }
    return _tell(session, order, "order_confirmation", f"order.confirmed:{order.id}", context)


def order_shipped(session: Session, order: Order, shipment_id: UUID | None) -> list[Message]:
    """Once per shipment (per order while orders have one)."""
    context = {"expected_on": "", "carrier": "", "tracking_url": ""}
    return _tell(session, order, "order_shipped", f"order.shipped:{shipment_id or order.id}", context)


def payment_failed(session: Session, order: Order, payment_id: UUID | None, reason: str) -> list[Message]:
    """Once per failed payment."""
    context = {"total_amount": order.total_amount, "reason": reason}
    return _tell(session, order, "payment_failed", f"payment.failed:{payment_id or order.id}", context)


def payment_due(session: Session, order: Order, reason: str) -> list[Message]:
    """Once per order: no mandate pays for it, so the customer is asked to. `reason`: ours, or the bank's word."""
    zone = ZoneInfo(stores.get(session).zone)
    last_day = (order.expires_at.astimezone(zone) - timedelta(microseconds=1)).date()
    context = {
        "total_amount": order.total_amount,
        "reason": WHY_NO_DEBIT.get(reason) or bank_says(reason) or "the bank did not let it through",
        "pay_before": format_date(last_day, "EEEE, d MMMM", locale="en_IN"),
    }
    return _tell(session, order, "payment_due", f"payment.due:{order.id}", context)


def _tell(session: Session, order: Order, template: str, event_key: str, context: Mapping[str, Any]) -> list[Message]:
    """To every address we have of the customer."""
    customer = accounts.get_customer(session, order.customer_id)
    facts = {
        "order_id": str(order.id),
        "order_number": order.number,
        "customer_name": customer.name or order.address.get("name", ""),
        **context,
    }
    return [
        notifications.queue(
            session, template, to, channel, event_key, facts, about=("orders", order.id), customer_id=customer.id
        )
        for channel, to in _addresses(customer)
    ]


def _addresses(customer: Customer) -> list[tuple[str, str]]:
    found = (("email", customer.email), ("sms", customer.phone))
    return [(channel, to) for channel, to in found if to]


def _address_lines(address: Mapping[str, Any]) -> list[str]:
    lines = (address["name"], address["line1"], address["line2"], f"{address['city']} {address['pin']}")
    return [line for line in lines if line]
