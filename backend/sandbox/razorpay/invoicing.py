"""The invoices of a subscription: one per cycle that is billed, each with an order to be paid, at most one paid payment."""

from typing import Any

from sandbox.ids import razorpay_id
from sandbox.razorpay.entities import Entity, insert, load, save
from sandbox.razorpay.happening import Happening

UNUSED = (
    "receipt", "invoice_number", "expire_by", "cancelled_at", "expired_at", "terms", "description", "comment", "paid_at",
    "payment_id",
)  # fmt: skip


def issue(happening: Happening, subscription: Entity, lines: list[tuple[str, int, int]], start: int, end: int) -> Entity:
    """For the cycle from `start` to `end`; `lines`: name, amount of one in paise, quantity. Makes the order it is paid by."""
    amount = sum(unit * quantity for _, unit, quantity in lines)
    order, now = new_order(happening, amount).wire, happening.now
    invoice: dict[str, Any] = {
        "id": razorpay_id("inv"),
        "entity": "invoice",
        **dict.fromkeys(UNUSED),
        "customer_id": subscription.wire["customer_id"],
        "customer_details": _customer(happening, subscription),
        "order_id": order["id"],
        "subscription_id": subscription.id,
        "line_items": [_line(*line) for line in lines],
        "status": "issued",
        "issued_at": now,
        "sms_status": None,
        "email_status": None,
        "date": now,
        "partial_payment": False,
        "gross_amount": amount,
        "tax_amount": 0,
        "taxable_amount": 0,
        "amount": amount,
        "amount_paid": 0,
        "amount_due": amount,
        "currency": "INR",
        "currency_symbol": "₹",
        "notes": [],
        "short_url": subscription.wire["short_url"],
        "view_less": True,
        "billing_start": start,
        "billing_end": end,
        "type": "invoice",
        "group_taxes_discounts": False,
        "created_at": now,
    }
    return insert(happening.db, Entity(happening.merchant.id, "invoice", subscription.id, invoice))


def new_order(happening: Happening, amount: int) -> Entity:
    """What a payment of a subscription is made on."""
    order: dict[str, Any] = {
        "id": razorpay_id("order"),
        "entity": "order",
        "amount": amount,
        "amount_paid": 0,
        "amount_due": amount,
        "currency": "INR",
        "receipt": None,
        "offer_id": None,
        "status": "created",
        "attempts": 0,
        "notes": [],
        "created_at": happening.now,
    }
    return insert(happening.db, Entity(happening.merchant.id, "order", None, order, {"capture": "automatic"}))


def paid(happening: Happening, invoice: Entity, payment: Entity) -> None:
    """After the capture; one more event for the same money."""
    amount = invoice.wire["amount"]
    invoice.wire.update(status="paid", payment_id=payment.id, paid_at=happening.now, amount_paid=amount, amount_due=0)
    save(happening.db, invoice)
    order = load(happening.db, invoice.account, "order", invoice.wire["order_id"])
    happening.note("invoice.paid", payment=payment.wire, order=order.wire, invoice=invoice.wire)


def _line(name: str, unit: int, quantity: int) -> dict[str, Any]:
    amount = unit * quantity
    return {
        "id": razorpay_id("li"),
        "item_id": None,
        "ref_id": None,
        "ref_type": None,
        "name": name,
        "description": None,
        "amount": amount,
        "unit_amount": unit,
        "gross_amount": amount,
        "tax_amount": 0,
        "taxable_amount": amount,
        "net_amount": amount,
        "currency": "INR",
        "type": "plan",
        "tax_inclusive": False,
        "hsn_code": None,
        "sac_code": None,
        "tax_rate": None,
        "unit": None,
        "quantity": quantity,
        "taxes": [],
    }


def _customer(happening: Happening, subscription: Entity) -> dict[str, Any]:
    person = load(happening.db, happening.merchant.id, "customer", subscription.wire["customer_id"]).wire
    known = {name: person[name] for name in ("id", "name", "email", "contact", "gstin")}
    shown = {f"customer_{name}": person[name] for name in ("name", "email", "contact")}
    return {**known, "billing_address": None, "shipping_address": None, **shown}
