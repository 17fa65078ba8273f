"""Refunds as the merchant's server makes and sees them.

Only the way through the payment knows `X-Refund-Idempotency`; POST /v1/refunds refunds as often as it is asked.
"""

import re
from typing import Any

from starlette.responses import JSONResponse, Response

from sandbox.razorpay import refunding
from sandbox.razorpay.entities import Entity, checked_notes, collection, load, one_of, page, save
from sandbox.razorpay.errors import Razorpay, refuse_unknown, refused
from sandbox.razorpay.happening import Happening
from sandbox.razorpay.refund_rules import refuse_unless_allowed
from sandbox.wire import Wire, Work

wire = Wire(Razorpay())

IDEMPOTENCY_HEADER = "x-refund-idempotency"
KEY = re.compile(r"[A-Za-z0-9_-]{10,}")
# The rule is documented, the words are ours. How long a key is remembered is not documented: here for ever.
BAD_KEY = "The idempotency key must be at least 10 characters long and have only letters, digits, hyphens and underscores."
OTHER_REQUEST = "Different request with the same idempotency key has already been processed."
BY_KEY = "kind = 'refund' AND account = ? AND json_extract(hidden, '$.key') = ?"
ACCEPTED = {"amount", "speed", "notes", "receipt"}
SPEEDS = ("normal", "optimum")
MINIMUM_AMOUNT = 100  # paise
RECEIPT_CHARACTERS = 40
BY_THE_SHOP, BY_HAND = "asked for by the shop", "made in the dashboard"


@wire.operation("refunds.create", "POST", "/v1/payments/{payment_id}/refund")
def refund_payment(work: Work) -> Response:
    """With the header a repeated request gives the first refund again, as it is now."""
    payment = load(work.db, work.account.id, "payment", work.call.params["payment_id"])
    body = _object(work)
    key = work.call.headers.get(IDEMPOTENCY_HEADER)
    if key is None:
        return JSONResponse(make(_happening(work), payment, body, BY_THE_SHOP).wire)
    if not KEY.fullmatch(key):
        raise refused(BAD_KEY)
    earlier = one_of(work.db, BY_KEY, (work.account.id, key))
    if earlier is None:
        return JSONResponse(make(_happening(work), payment, body, BY_THE_SHOP, {"key": key, "asked": body}).wire)
    if earlier.parent != payment.id or earlier.hidden["asked"] != body:
        raise refused(OTHER_REQUEST)
    return JSONResponse(earlier.wire)


@wire.operation("refunds.create", "POST", "/v1/refunds")
def create(work: Work) -> Response:
    body = dict(_object(work))
    payment_id = body.pop("payment_id", None)
    if not payment_id:
        raise refused("The payment id field is required.", field="payment_id")
    payment = load(work.db, work.account.id, "payment", str(payment_id))
    return JSONResponse(make(_happening(work), payment, body, BY_THE_SHOP).wire)


@wire.operation("refunds.list", "GET", "/v1/refunds")
def listing(work: Work) -> Response:
    return collection([refund.wire for refund in page(work.db, work.account.id, "refund", work.call.query)])


@wire.operation("payments.refunds", "GET", "/v1/payments/{payment_id}/refunds")
def of_payment(work: Work) -> Response:
    payment = load(work.db, work.account.id, "payment", work.call.params["payment_id"])
    found = page(work.db, work.account.id, "refund", work.call.query, "parent = ?", (payment.id,))
    return collection([refund.wire for refund in found])


@wire.operation("refunds.fetch", "GET", "/v1/refunds/{refund_id}")
@wire.operation("refunds.fetch", "GET", "/v1/payments/{payment_id}/refunds/{refund_id}")
def fetch(work: Work) -> Response:
    refund = load(work.db, work.account.id, "refund", work.call.params["refund_id"])
    if refund.parent != work.call.params.get("payment_id", refund.parent):
        raise refused("The id provided does not exist")
    return JSONResponse(refund.wire)


@wire.operation("refunds.edit", "PATCH", "/v1/refunds/{refund_id}")
def edit(work: Work) -> Response:
    refund = load(work.db, work.account.id, "refund", work.call.params["refund_id"])
    body = _object(work)
    refuse_unknown(body, {"notes"})
    refund.wire["notes"] = checked_notes(body.get("notes"))
    save(work.db, refund)
    return JSONResponse(refund.wire)


def make(happening: Happening, payment: Entity, body: dict[str, Any], why: str, hidden: dict[str, Any] | None = None) -> Entity:
    """Check the request, then everything else, then refund; without an amount, the whole payment."""
    refuse_unknown(body, ACCEPTED)
    amount = _amount(body.get("amount"), payment)
    if body.get("speed", "normal") not in SPEEDS:
        raise refused("The speed should be either normal or optimum.", field="speed")
    receipt, notes = body.get("receipt"), checked_notes(body.get("notes"))
    if receipt is not None and (not isinstance(receipt, str) or len(receipt) > RECEIPT_CHARACTERS):
        raise refused("The receipt may not be greater than 40 characters.", field="receipt")
    refuse_unless_allowed(happening, payment, amount)
    wish = refunding.Wish(amount, why, body.get("speed", "normal"), notes, receipt, hidden or {})
    refund = refunding.start(happening, payment, wish)
    happening.publish()
    return refund


def _amount(amount: Any, payment: Entity) -> int:
    """Omitted: the whole payment, which a partly refunded one refuses like any other amount that is too much."""
    if amount is None:
        return int(payment.wire["amount"])
    if not isinstance(amount, int) or isinstance(amount, bool):
        raise refused("The amount must be an integer.", field="amount")
    if amount < MINIMUM_AMOUNT:
        raise refused("The amount must be at least INR 1.00", field="amount")
    return amount


def _object(work: Work) -> dict[str, Any]:
    body = work.call.body
    if body is None and not work.call.raw:
        return {}
    if not isinstance(body, dict):
        raise refused("The request body is not valid JSON")
    return body


def _happening(work: Work) -> Happening:
    return Happening(work.db, work.account, work.now)
