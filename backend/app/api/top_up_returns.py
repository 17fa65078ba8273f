"""Where the payment page sends the browser back to after money was paid into a wallet, or not."""

from typing import Annotated
from uuid import UUID

from fastapi import Form
from fastapi.responses import RedirectResponse

from app.api.doors import OpenVisit
from app.api.routing import Router
from app.checkout.returning import Return, top_up_return
from app.core.actor import Actor
from app.core.errors import Refusal
from app.core.logging import get_logger
from app.core.work import unit_of_work
from app.stores import service as stores

router = Router(prefix="/api/v1/top-up-returns", tags=["wallet"])
log = get_logger(__name__)

BROWSER = Actor("guest", label="browser")  # anybody may carry the return: its signature is the proof, not a session
Posted = Annotated[str, Form(max_length=200)]


@router.post("/{top_up_id}", status_code=303, response_class=RedirectResponse)
def come_back(
    visit: OpenVisit,
    top_up_id: UUID,
    razorpay_payment_id: Posted = "",
    razorpay_order_id: Posted = "",
    razorpay_signature: Posted = "",
) -> RedirectResponse:
    """The form that Razorpay's checkout posts to `callback_url`. Always leads on to the wallet's page in the storefront.

    A failed payment comes without a signature, a forged one with a wrong one: neither changes anything, and the page says
    `payment=failed`.
    """
    with unit_of_work(visit.store.id) as session:
        page = f"{stores.storefront_url(stores.get(session))}/#/wallet"
    back = Return(razorpay_order_id, razorpay_payment_id, razorpay_signature)
    try:
        top_up_return(visit.store.id, top_up_id, None, back, BROWSER)
    except Refusal as refusal:
        log.info("top_up_return_refused", top_up_id=str(top_up_id), code=refusal.code)
        return RedirectResponse(f"{page}?payment=failed", status_code=303)
    return RedirectResponse(page, status_code=303)
