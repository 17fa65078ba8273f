"""Orders: create, fetch, list, edit, and the payments made on one."""

from typing import Any

from starlette.responses import JSONResponse, Response

from sandbox.ids import razorpay_id
from sandbox.razorpay import new_orders, notices
from sandbox.razorpay import terms as mandate_terms
from sandbox.razorpay.entities import (
    Entity,
    checked_notes,
    children,
    collection,
    envelope,
    insert,
    load,
    page,
    save,
    with_receipt,
)
from sandbox.razorpay.errors import Razorpay, refuse_unknown, refused
from sandbox.razorpay.happening import Happening
from sandbox.wire import Wire, Work

wire = Wire(Razorpay())

WENT_THROUGH = (
    "EXISTS (SELECT 1 FROM entities AS made WHERE made.parent = entities.id AND made.kind = 'payment'"
    " AND json_extract(made.wire, '$.status') IN ('authorized', 'captured', 'refunded'))"
)


@wire.operation("orders.create", "POST", "/v1/orders")
def create(work: Work) -> Response:
    """Answers 200. With `unique_receipt` a repeated receipt gives the first order again; nothing else deduplicates."""
    body = new_orders.checked(work.call.body)
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
            {**new_orders.capture_setting(body), "terms": mandate_terms.kept(terms)},
        ),
    )
    if notice is not None:
        happening = Happening(work.db, work.account, work.now)
        notices.send(happening, order, notice)
        happening.publish()
    return JSONResponse(order.wire)


@wire.operation("orders.list", "GET", "/v1/orders")
def listing(work: Work) -> Response:
    """Also by `receipt`, and by `authorized` (1: with a payment that went through); `expand[]=payments` adds them."""
    query = work.call.query
    authorised = query.get("authorized")
    if authorised not in (None, "0", "1"):
        raise refused("The authorized must be either 0 or 1.", field="authorized")
    found = page(
        work.db,
        work.account.id,
        "order",
        query,
        f"(? IS NULL OR receipt = ?) AND (? IS NULL OR {WENT_THROUGH} = ?)",
        (query.get("receipt"), query.get("receipt"), authorised, int(authorised or 0)),
    )
    if query.get("expand[]") != "payments":
        return collection([order.wire for order in found])
    return collection([order.wire | {"payments": _payments(work, order)} for order in found])


@wire.operation("orders.fetch", "GET", "/v1/orders/{order_id}")
def fetch(work: Work) -> Response:
    return JSONResponse(load(work.db, work.account.id, "order", work.call.params["order_id"]).wire)


@wire.operation("orders.edit", "PATCH", "/v1/orders/{order_id}")
def edit(work: Work) -> Response:
    order = load(work.db, work.account.id, "order", work.call.params["order_id"])
    body = work.call.body if isinstance(work.call.body, dict) else {}
    refuse_unknown(body, {"notes"})
    order.wire["notes"] = checked_notes(body.get("notes"))
    save(work.db, order)
    return JSONResponse(order.wire)


@wire.operation("orders.payments", "GET", "/v1/orders/{order_id}/payments")
def payments(work: Work) -> Response:
    order = load(work.db, work.account.id, "order", work.call.params["order_id"])
    return JSONResponse(_payments(work, order))


def _payments(work: Work, order: Entity) -> dict[str, Any]:
    return envelope([payment.wire for payment in children(work.db, order.id, "payment")])


def _same_order(earlier: Entity, body: dict[str, Any]) -> bool:
    return all(earlier.wire[name] == body[name] for name in ("amount", "currency"))
