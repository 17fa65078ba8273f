"""Tokens as the merchant's server sees them: list, fetch, cancel, delete."""

from starlette.responses import JSONResponse, Response

from sandbox.razorpay import banking, mandates
from sandbox.razorpay.entities import Entity, children, collection, load
from sandbox.razorpay.errors import Razorpay, refused
from sandbox.razorpay.happening import Happening
from sandbox.wire import Wire, Work

wire = Wire(Razorpay())

UNUSED = ("initiated", "rejected")


@wire.operation("tokens.list", "GET", "/v1/customers/{customer_id}/tokens")
def listing(work: Work) -> Response:
    """Without expired and unused ones, and without UPI unless the merchant has that feature: keep the id from the payment."""
    customer = load(work.db, work.account.id, "customer", work.call.params["customer_id"])
    shows_upi = banking.of(work.db, work.account.id).save_vpa
    return collection(
        [
            token.wire
            for token in children(work.db, customer.id, "token")
            if not mandates.is_forgotten(token)
            and (shows_upi or token.wire["method"] != "upi")
            and mandates.state_of(token) not in UNUSED
            and token.wire["expired_at"] > work.now
        ]
    )


@wire.operation("tokens.fetch", "GET", "/v1/customers/{customer_id}/tokens/{token_id}")
def fetch(work: Work) -> Response:
    return JSONResponse(_load(work).wire)


@wire.operation("tokens.cancel", "PUT", "/v1/customers/{customer_id}/tokens/{token_id}/cancel")
def cancel(work: Work) -> Response:
    """Ends the mandate at the bank; the answer only says that this has begun."""
    token = _load(work)
    if mandates.state_of(token) not in mandates.MOVES["cancel"][0]:
        raise refused(f"The token cannot be cancelled, it is {mandates.state_of(token)}")
    happening = Happening(work.db, work.account, work.now)
    mandates.cancel_in_time(happening, token)
    happening.publish()
    return JSONResponse({"status": "cancellation_initiated"})


@wire.operation("tokens.delete", "DELETE", "/v1/customers/{customer_id}/tokens/{token_id}")
def delete(work: Work) -> Response:
    """Razorpay forgets it. The mandate itself stays live at NPCI."""
    mandates.forget(work.db, _load(work))
    return JSONResponse({"deleted": True})


def _load(work: Work) -> Entity:
    token = mandates.load_token(work.db, work.account.id, work.call.params["token_id"])
    if token.parent != work.call.params["customer_id"]:
        raise refused("The id provided does not exist")
    return token
