"""Payments as the merchant's server sees them: fetch, list, capture, edit."""

from typing import Any

from starlette.responses import JSONResponse, Response

from sandbox.razorpay import paying
from sandbox.razorpay.entities import Entity, checked_notes, collection, load, page, save
from sandbox.razorpay.errors import Razorpay, refused
from sandbox.razorpay.happening import Happening
from sandbox.wire import Wire, Work

wire = Wire(Razorpay())


@wire.operation("payments.list", "GET", "/v1/payments")
def listing(work: Work) -> Response:
    return collection([payment.wire for payment in page(work.db, work.account.id, "payment", work.call.query)])


@wire.operation("payments.fetch", "GET", "/v1/payments/{payment_id}")
def fetch(work: Work) -> Response:
    payment = _load(work)
    if payment.hidden.get("card") and "card" in work.call.query.get("expand[]", ""):
        return JSONResponse({**payment.wire, "card": payment.hidden["card"]})
    return JSONResponse(payment.wire)


@wire.operation("payments.edit", "PATCH", "/v1/payments/{payment_id}")
def edit(work: Work) -> Response:
    payment = _load(work)
    body = work.call.body if isinstance(work.call.body, dict) else {}
    payment.wire["notes"] = checked_notes(body.get("notes"))
    save(work.db, payment)
    return JSONResponse(payment.wire)


@wire.operation("payments.capture", "POST", "/v1/payments/{payment_id}/capture")
def capture(work: Work) -> Response:
    """A second capture is refused, which makes the call naturally safe to repeat."""
    payment = _load(work)
    body = work.call.body if isinstance(work.call.body, dict) else {}
    _check_capture(payment, body.get("amount"), body.get("currency"))
    order = load(work.db, work.account.id, "order", payment.wire["order_id"])
    if order.wire["status"] == "paid":
        raise refused(paying.ORDER_ALREADY_PAID, step="payment_capture", reason="order_already_paid")
    happening = Happening(work.db, work.account, work.now)
    happening.capture(order, payment)
    happening.publish()
    return JSONResponse(payment.wire)


def _check_capture(payment: Entity, amount: Any, currency: Any) -> None:
    facts: dict[str, Any] = {"step": "payment_capture", "metadata": {"payment_id": payment.id}}
    if amount is None:
        raise refused("The amount field is required.", field="amount", **facts)
    if not isinstance(amount, int) or isinstance(amount, bool):
        raise refused("The amount must be an integer.", field="amount", **facts)
    if payment.wire["captured"]:
        raise refused("This payment has already been captured", **facts)
    if payment.wire["status"] != "authorized":
        raise refused("Only payments which have been authorized and not yet captured can be captured", **facts)
    if not currency:
        raise refused("The currency field is required.", field="currency", **facts)
    if currency != payment.wire["currency"]:
        raise refused("The currency must be the same as that of the payment.", field="currency", **facts)
    if amount != payment.wire["amount"]:
        raise refused("Capture amount must be equal to the amount authorized.", field="amount", **facts)


def _load(work: Work) -> Entity:
    return load(work.db, work.account.id, "payment", work.call.params["payment_id"])
