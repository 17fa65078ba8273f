"""What customers are told about their orders: queued in the transaction that makes it true, with the facts frozen."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.dates import format_date
from sqlmodel import Session

from app.accounts import service as accounts
from app.checkout import pay_links
from app.core.money import format_money
from app.notifications import service as notifications
from app.notifications.models import Message
from app.orders import queries as orders
from app.orders.fulfilment_models import Shipment
from app.orders.models import Order
from app.payments import queries as payments
from app.payments.debit_reasons import bank_says
from app.payments.refund_models import Refund
from app.stores import service as stores

WHY_NO_DEBIT = {  # our own reasons, as the end of a sentence
    "over_limit": "it costs more than your mandate allows",
    "price_changed": "its price has changed; what was charged for it is in your wallet",
    "too_late": "there was not enough time left before the delivery",
    "notice_failed": "your bank could not announce the charge to you",
    "provider_order_refused": "the bank did not take the announcement of the charge",
    "tries_used_up": "it was tried several times without success",
    "mandate_rejected": "your mandate was not approved",
}
PAY_CREDIT_WITHIN = timedelta(days=60)  # a link to pay what was delivered on credit: longer than anybody is reminded


TO_BE_PAID = {"cash_on_delivery": "at_the_door", "account": "on_account"}
WHY_CANCELLED = {"customer": "you asked us to", "staff": "we cannot deliver it"}
WHY_REFUNDED = {  # ends a sentence after `because`
    "cancelled": "the order was cancelled",
    "line_cancelled": "a part of the order was cancelled",
    "weight": "what we packed weighs less than what you paid for",
    "not_delivered": "something did not arrive",
    "short": "something was missing",
    "spoilt": "something was spoilt",
    "unwanted": "you sent something back",
    "goodwill": "we owe you something for the trouble",
    "made_at_provider": "the shop decided so",
    "paid_twice": "it had been paid already",
    "paid_late": "the payment came after the order was given up",
}
SOURCES = {
    "razorpay": "how you paid",
    "wallet": "your wallet",
    "cash": "you by the shop, in cash or to your bank",
    "bank": "your bank account",
}


def order_confirmed(session: Session, order: Order) -> list[Message]:
    """One e-mail and one SMS, once per order: a repeat finds the first."""
    zone = ZoneInfo(stores.get(session).zone)
    context = {
        "placed_on": format_date(order.placed_at.astimezone(zone).date(), "long", locale="en_IN"),
        "lines": [line._asdict() for line in orders.goods(session, order.id)],
        "subtotal_amount": order.subtotal_amount,
        "shipping_amount": order.shipping_amount,
        "round_off_amount": order.round_off_amount,
        "tax_amount": order.tax_amount,
        "total_amount": order.total_amount,
        "to_be_paid": "" if order.payment_status == "paid" else TO_BE_PAID.get(order.payment_method, ""),
        "address_lines": _address_lines(order.address),
    }
    return _tell(session, order, "order_confirmation", f"order.confirmed:{order.id}", context)


def order_shipped(session: Session, order: Order, shipment: Shipment | None) -> list[Message]:
    """Once per shipment (per order, where nobody says which)."""
    context = {
        "expected_on": "",
        "carrier": shipment.carrier if shipment else "",
        "tracking_url": shipment.tracking_url if shipment else "",
    }
    return _tell(session, order, "order_shipped", f"order.shipped:{shipment.id if shipment else order.id}", context)


def order_cancelled(session: Session, order: Order) -> list[Message]:
    """Once per order that somebody cancelled."""
    captures = payments.captures_of_order(session, order.id)
    context = {
        "total_amount": order.total_amount,
        "reason": WHY_CANCELLED.get(order.cancel_reason or "", ""),
        "refund_amount": sum(capture.refunded_amount for capture in captures),
        "refund_to": SOURCES[captures[0].source] if captures else "",
    }
    return _tell(session, order, "order_cancelled", f"order.cancelled:{order.id}", context)


def refund_sent(session: Session, order: Order, refund: Refund) -> list[Message]:
    """Once per refund, when the money left us: why, and where it went."""
    source = payments.get_capture(session, refund.capture_id).source
    reduction = orders.reduction(session, refund.reduction_id) if refund.reduction_id else None
    context = {
        "amount": refund.amount,
        "reason": WHY_REFUNDED[reduction.reason if reduction else refund.reason],
        "refund_to": SOURCES["wallet"] if refund.destination == "wallet" else SOURCES[source],
        "takes_days": refund.destination == "source" and source == "razorpay",
    }
    return _tell(session, order, "refund_sent", f"refund.sent:{refund.id}", context)


def payment_failed(session: Session, order: Order, payment_id: UUID | None, reason: str) -> list[Message]:
    """Once per failed payment."""
    context = {"total_amount": order.total_amount, "reason": reason}
    return _tell(session, order, "payment_failed", f"payment.failed:{payment_id or order.id}", context)


def payment_due(session: Session, order: Order, reason: str, occasion: str = "") -> list[Message]:
    """Once per order and occasion: its customer is asked to pay, by a link that needs no password. `reason`: why no mandate
    pays, ours or the bank's word.

    Nobody is asked to pay for what was cancelled, or paid by hand, while the bank made up its mind.
    """
    if not order.can_be_paid:
        return []
    zone = ZoneInfo(stores.get(session).zone)
    last_day = (order.expires_at.astimezone(zone) - timedelta(microseconds=1)).date()
    waits, way = order.status == "pending_payment", order.payment_method
    context = {
        "total_amount": order.total_amount,
        "reason": WHY_NO_DEBIT.get(reason) or bank_says(reason) or "the bank did not let it through",
        "pay_before": format_date(last_day, "EEEE, d MMMM", locale="en_IN") if waits else "",
        "pay_url": pay_links.url(session, order, order.expires_at if waits else order.expires_at + PAY_CREDIT_WITHIN),
        "way": way if way in ("wallet", "pay_link") else "mandate",
    }
    return _tell(session, order, "payment_due", ":".join(filter(None, ("payment.due", str(order.id), occasion))), context)


def payment_open(session: Session, order: Order, occasion: str) -> list[Message]:
    """Word that an order is still unpaid, once per occasion; nobody is asked to do anything just now."""
    amount = format_money(order.total_amount, order.currency)
    body = f"{amount} for order {order.number} is not paid yet. Once your mandate works again, you need do nothing more."
    return _tell(session, order, "notice", f"payment.open:{order.id}:{occasion}", {"body": body})


def _tell(session: Session, order: Order, template: str, event_key: str, context: Mapping[str, Any]) -> list[Message]:
    """To every address we have of the customer."""
    customer = accounts.get_customer(session, order.customer_id)
    facts = {
        "order_id": str(order.id),
        "order_number": order.number,
        "customer_name": customer.name or order.address.get("name", ""),
        **context,
    }
    to = {channel: address for channel, address in (("email", customer.email), ("sms", customer.phone)) if address}
    about = ("orders", order.id)
    return notifications.queue_all(session, template, to, event_key, facts, about=about, customer_id=customer.id)


def _address_lines(address: Mapping[str, Any]) -> list[str]:
    lines = (address["name"], address["line1"], address["line2"], f"{address['city']} {address['pin']}")
    return [line for line in lines if line]
