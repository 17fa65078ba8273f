"""Orders: create, fetch, list, edit, and the payments made on one."""

from typing import Any

from starlette.responses import JSONResponse, Response

from sandbox.ids import razorpay_id
from sandbox.razorpay import notices
from sandbox.razorpay import terms as mandate_terms
from sandbox.razorpay.entities import Entity, checked_notes, children, collection, insert, load, page, save, with_receipt
from sandbox.razorpay.errors import Razorpay, refused
from sandbox.razorpay.happening import Happening
from sandbox.wire import Wire, Work

wire = Wire(Razorpay())

MINIMUM_AMOUNT = 100  # paise
RECEIPT_CHARACTERS = 40
CURRENCIES = ("INR", "USD", "EUR", "GBP", "SGD", "AED")
ACCEPTED = {
    "amount", "currency", "receipt", "notes", "partial_payment", "first_payment_min_amount", "customer_id", "method", "token",
    "notification", "unique_receipt", "payment", "payment_capture",
}  # fmt: skip


@wire.operation("orders.create", "POST", "/v1/orders")
def create(work: Work) -> Response:
    """Answers 200. With `unique_receipt` a repeated receipt gives the first order again; nothing else deduplicates."""
    body = _checked(work.call.body)
    receipt = body.get("receipt")
    if receipt is not None:
        earlier = with_receipt(work.db, work.account.id, "order", receipt)
        if earlier and body.get("unique_receipt") and _same_order(earlier, body):
            return JSONResponse(earlier.wire)
        if earlier and (body.get("unique_receipt") or work.account.facts["duplicate_receipts"] == "refuse"):
            raise refused("Order receipt should be unique.", field="receipt", step="order_creation")
    terms = mandate_terms.asked(work.db, work.account.id, body, work.now)
    notice = notices.asked(work.db, work.account.id, body, work.now)
    order = insert(
        work.db,
        Entity(
            work.account.id,
            "order",
            None,
            {
                "id": razorpay_id("order"),
                "entity": "order",
                "amount": body["amount"],
                "amount_paid": 0,
                "amount_due": body["amount"],
                "currency": body["currency"],
                "receipt": receipt,
                "offer_id": None,
                "status": "created",
                "attempts": 0,
                "notes": checked_notes(body.get("notes")),
                "created_at": work.now,
            },
            {"capture": _capture_setting(body), "terms": mandate_terms.kept(terms)},
        ),
    )
    if notice is not None:
        happening = Happening(work.db, work.account, work.now)
        notices.send(happening, order, notice)
        happening.publish()
    return JSONResponse(order.wire)


@wire.operation("orders.list", "GET", "/v1/orders")
def listing(work: Work) -> Response:
    return collection([order.wire for order in page(work.db, work.account.id, "order", work.call.query)])


@wire.operation("orders.fetch", "GET", "/v1/orders/{order_id}")
def fetch(work: Work) -> Response:
    return JSONResponse(load(work.db, work.account.id, "order", work.call.params["order_id"]).wire)


@wire.operation("orders.edit", "PATCH", "/v1/orders/{order_id}")
def edit(work: Work) -> Response:
    order = load(work.db, work.account.id, "order", work.call.params["order_id"])
    body = work.call.body if isinstance(work.call.body, dict) else {}
    _refuse_unknown(body, {"notes"})
    order.wire["notes"] = checked_notes(body.get("notes"))
    save(work.db, order)
    return JSONResponse(order.wire)


@wire.operation("orders.payments", "GET", "/v1/orders/{order_id}/payments")
def payments(work: Work) -> Response:
    order = load(work.db, work.account.id, "order", work.call.params["order_id"])
    return collection([payment.wire for payment in children(work.db, order.id, "payment")])


def _checked(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise refused("The request body is not valid JSON")
    _refuse_unknown(body, ACCEPTED)
    _check_amount(body.get("amount"))
    if not body.get("currency"):
        raise refused("The currency field is required.", field="currency")
    if body["currency"] not in CURRENCIES:
        raise refused("Currency is not supported", field="currency")
    receipt = body.get("receipt")
    if receipt is not None and not isinstance(receipt, str):
        raise refused("The receipt must be a string.", field="receipt")
    if receipt is not None and len(receipt) > RECEIPT_CHARACTERS:
        raise refused("The receipt may not be greater than 40 characters.", field="receipt")
    return body


def _check_amount(amount: Any) -> None:
    if amount is None:
        raise refused("The amount field is required.", field="amount")
    if not isinstance(amount, int) or isinstance(amount, bool):
        raise refused("The amount must be an integer.", field="amount")
    if amount < MINIMUM_AMOUNT:
        raise refused(
            "Order amount less than minimum amount allowed",
            field="amount",
            step="order_creation",
            reason="amount_less_than_minimum_amount",
        )


def _refuse_unknown(body: dict[str, Any], accepted: set[str]) -> None:
    unknown = sorted(set(body) - accepted)
    if unknown:
        raise refused(f"{', '.join(unknown)} is/are not required and should not be sent", reason="extra_field_sent")


def _same_order(earlier: Entity, body: dict[str, Any]) -> bool:
    return all(earlier.wire[name] == body[name] for name in ("amount", "currency"))


def _capture_setting(body: dict[str, Any]) -> str:
    """`automatic` or `manual`: the order's own wish, else the account's default, which is automatic."""
    wish = body.get("payment")
    if isinstance(wish, dict) and wish.get("capture") in ("automatic", "manual"):
        return str(wish["capture"])
    return "manual" if "payment_capture" in body and body["payment_capture"] in (0, "0", False) else "automatic"
