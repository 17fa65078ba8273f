"""`create/recurring`: debit a mandate. Nothing here deduplicates: only the order's own state stands in the way of a second."""

from typing import Any

from starlette.responses import JSONResponse, Response

from sandbox.razorpay import debits, mandates
from sandbox.razorpay.entities import checked_notes, load
from sandbox.razorpay.errors import Razorpay, refuse_unknown, refused
from sandbox.razorpay.happening import Happening
from sandbox.wire import Wire, Work

wire = Wire(Razorpay())

REQUIRED = ("email", "contact", "amount", "currency", "order_id", "customer_id", "token", "recurring")
OPTIONAL = ("description", "notes")
YES = (True, 1, "1", "true")


@wire.operation("payments.create_recurring", "POST", "/v1/payments/create/recurring")
def create(work: Work) -> Response:
    """The answer means that the debit was accepted, not that anything was paid."""
    body = _checked(work.call.body)
    order = load(work.db, work.account.id, "order", str(body["order_id"]))
    customer = load(work.db, work.account.id, "customer", str(body["customer_id"]))
    token = mandates.load_token(work.db, work.account.id, str(body["token"]))
    if token.parent != customer.id:
        raise refused("Invalid Token.", field="token", reason="invalid_token")
    if body["amount"] != order.wire["amount"]:
        raise refused("Payment amount should be equal to the amount of the order", field="amount")
    if body["currency"] != order.wire["currency"] or body["currency"] != "INR":
        raise refused(f"The currency should be INR when method is {token.wire['method']}", field="currency")
    debits.refuse_unless_allowed(work.db, order, token, work.now)
    happening = Happening(work.db, work.account, work.now)
    payment = debits.start(happening, order, token, body)
    happening.publish()
    return JSONResponse({"razorpay_payment_id": payment.id})


def _checked(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise refused("The request body is not valid JSON")
    refuse_unknown(body, {*REQUIRED, *OPTIONAL})
    for name in REQUIRED:
        if body.get(name) in (None, ""):
            raise refused(f"The {name.replace('_', ' ')} field is required.", field=name)
    if not isinstance(body["amount"], int) or isinstance(body["amount"], bool):
        raise refused("The amount must be an integer.", field="amount")
    if body["recurring"] not in YES:
        raise refused("The selected recurring is invalid.", field="recurring")
    return {**body, "notes": checked_notes(body.get("notes"))}
