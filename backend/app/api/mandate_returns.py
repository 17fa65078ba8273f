"""Where the payment page sends the browser back to after a mandate was approved, or not."""

from typing import Annotated
from uuid import UUID

from fastapi import Form
from fastapi.responses import RedirectResponse

from app.api.doors import OpenVisit
from app.api.routing import Router
from app.checkout.returning import Return, approve_return
from app.core.actor import Actor
from app.core.errors import Refusal
from app.core.logging import get_logger
from app.core.work import unit_of_work
from app.core.work_waiting import StillWorking
from app.payments.mandates import DUMMY_PAYMENT
from app.stores import service as stores
from app.subscriptions import queries
from app.wallets import plan_queries

router = Router(prefix="/api/v1/mandate-returns", tags=["subscriptions"])
log = get_logger(__name__)

BROWSER = Actor("guest", label="browser")
Posted = Annotated[str, Form(max_length=200)]


@router.post("/{mandate_id}", status_code=303, response_class=RedirectResponse)
def come_back(
    visit: OpenVisit,
    mandate_id: UUID,
    razorpay_payment_id: Posted = "",
    razorpay_order_id: Posted = "",
    razorpay_signature: Posted = "",
    reason: Annotated[str, Form(alias="error[reason]", max_length=100)] = "",
) -> RedirectResponse:
    """The form that Razorpay's checkout posts. Always leads on to the page of the subscription, or of the wallet.

    A signature that does not fit, or none, changes nothing: what the bank says of the mandate comes by itself. Some UPI
    apps approve a mandate by a payment that fails on purpose (`upi_dummy_payment`).
    """
    with unit_of_work(visit.store.id) as session:
        found = queries.of_mandate(session, mandate_id)
        of_wallet = plan_queries.by_mandate(session, mandate_id) is not None
        leads_to = "wallet" if of_wallet else f"subscriptions/{found.id}" if found else "subscriptions"
        page = f"{stores.storefront_url(stores.get(session))}/#/{leads_to}"
    if reason == DUMMY_PAYMENT:
        return RedirectResponse(page, status_code=303)
    try:
        approve_return(visit.store.id, mandate_id, Return(razorpay_order_id, razorpay_payment_id, razorpay_signature), BROWSER)
    except StillWorking:  # an event was quicker, and the bank is being asked at this moment
        return RedirectResponse(page, status_code=303)
    except Refusal as refusal:
        log.info("mandate_return_refused", mandate_id=str(mandate_id), code=refusal.code)
        return RedirectResponse(f"{page}?mandate=failed", status_code=303)
    return RedirectResponse(page, status_code=303)
