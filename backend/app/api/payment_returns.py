"""Where the payment page sends the browser back to."""

from contextlib import suppress
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Form, Query
from fastapi.responses import RedirectResponse

from app.api.doors import OpenVisit
from app.api.routing import Router
from app.checkout import pay_links
from app.checkout.errors import PayLinkExpired, PayLinkInvalid
from app.checkout.returning import Return, confirm_return
from app.core.actor import Actor
from app.core.errors import Refusal
from app.core.logging import get_logger
from app.core.work import unit_of_work
from app.stores import service as stores
from app.stores.models import Store

router = Router(prefix="/api/v1/payment-returns", tags=["orders"])
log = get_logger(__name__)

BROWSER = Actor("guest", label="browser")  # anybody may carry the return: its signature is the proof, not a session
Posted = Annotated[str, Form(max_length=200)]


@router.post("/{order_id}", status_code=303, response_class=RedirectResponse)
def come_back(
    visit: OpenVisit,
    order_id: UUID,
    razorpay_payment_id: Posted = "",
    razorpay_order_id: Posted = "",
    razorpay_signature: Posted = "",
    link: Annotated[str, Query(max_length=60)] = "",
) -> RedirectResponse:
    """The form that Razorpay's checkout posts to `callback_url`. Always leads on to the order's page in the storefront, or to
    the page of the pay link that it began with.

    A failed payment comes without a signature, a forged one with a wrong one: neither changes anything, and the page
    says `payment=failed`.
    """
    with unit_of_work(visit.store.id) as session:
        page = _page(stores.get(session), order_id, link, visit.now)
    try:
        confirm_return(
            visit.store.id, order_id, None, Return(razorpay_order_id, razorpay_payment_id, razorpay_signature), BROWSER
        )
    except Refusal as refusal:
        log.info("payment_return_refused", order_id=str(order_id), code=refusal.code)
        return RedirectResponse(f"{page}?payment=failed", status_code=303)
    return RedirectResponse(page, status_code=303)


def _page(store: Store, order_id: UUID, link: str, now: datetime) -> str:
    """Back to where it began. A link that is none of this order's, or no longer good, leads to the shop like none."""
    with suppress(PayLinkInvalid, PayLinkExpired):
        if pay_links.read(store.id, link, now) == order_id:
            return f"{stores.api_url(store)}/pay/{link}"
    return f"{stores.storefront_url(store)}/#/orders/{order_id}"
