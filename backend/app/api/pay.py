"""The page behind a pay link: what is owed, and on to the provider's checkout. For people with a phone and no password."""

from fastapi.responses import HTMLResponse
from sqlmodel import Session

from app.api import pay_pages
from app.api.doors import OpenVisit, Visit
from app.api.pay_pages import Page
from app.api.payments import PaymentOut, payment_out, require_started
from app.api.routing import Router
from app.checkout import pay_links, placing
from app.checkout.errors import CheckoutClosed
from app.core.errors import Refusal
from app.core.work import Nothing, claim_call_settle, unit_of_work
from app.payments import starting
from app.payments.models import PaymentAttempt
from app.payments.starting import StartCall
from app.stores import service as stores
from app.stores.models import Store

router = Router(prefix="/pay", tags=["orders"])


@router.get("/{token}", response_class=HTMLResponse, responses=pay_pages.RESPONSES)
def show_owed(visit: OpenVisit, token: str) -> HTMLResponse:
    """What is owed by a pay link, as a page for people. Opening it begins nothing: messengers look at links before people do.

    410 for a link whose time is over, 404 for one that is none of this store's.
    """
    with unit_of_work(visit.store.id) as session:
        store = stores.get(session)
        try:
            return pay_pages.render(store, pay_pages.of(session, store, pay_links.find(session, token, visit.now)))
        except Refusal as refusal:
            return pay_pages.refused(store, refusal)


@router.post("/{token}", response_class=HTMLResponse, responses=pay_pages.RESPONSES)
def pay(visit: OpenVisit, token: str) -> HTMLResponse:
    """Begin the payment, or take up the one that was begun, and lead on to the provider's checkout. Safe to repeat.

    The browser comes back by `payment-returns`, and from there to this page. What is paid or cancelled begins nothing.
    """
    try:
        payment = _begin(visit, token)
    except CheckoutClosed:
        return show_owed(visit, token)
    except Refusal as refusal:
        with unit_of_work(visit.store.id) as session:
            return pay_pages.refused(stores.get(session), refusal)
    with unit_of_work(visit.store.id) as session:
        store, owed = stores.get(session), pay_links.find(session, token, visit.now)
        words = ["You are taken to the payment page. If nothing happens, press the button."]
        fields = _fields(store, payment, f"{stores.api_url(store)}/pay/{token}")
        amount, button = pay_pages.amount_of(owed), "On to the payment"
        page = Page("One moment", words, amount, button=button, action=payment.checkout_url, fields=fields, leaves=True)
        return pay_pages.render(store, page)


def _begin(visit: Visit, token: str) -> PaymentOut:
    """CheckoutClosed: there is nothing to pay by this link."""

    def claim(session: Session) -> StartCall | Nothing[PaymentAttempt]:
        owed = pay_links.find(session, token, visit.now)
        if owed.standing != "owed":
            raise CheckoutClosed
        attempt = placing.attempt_of(session, owed.order, visit.actor)
        return starting.claim(session, attempt.id, placing.notes_of(owed.order)) or Nothing(attempt)

    attempt = claim_call_settle(visit.store.id, claim, starting.call, starting.settle)
    require_started(attempt)
    with unit_of_work(visit.store.id) as session:
        made = payment_out(session, pay_links.find(session, token, visit.now).order, attempt)
    return made.model_copy(update={"callback_url": f"{made.callback_url}?link={token}"})


def _fields(store: Store, payment: PaymentOut, cancel_url: str) -> dict[str, str]:
    """What the provider's hosted checkout is posted. No name, number or address: whoever has the link may be somebody else."""
    return {
        "key_id": payment.key_id,
        "order_id": payment.provider_order_id,
        "amount": str(payment.amount),
        "currency": payment.currency,
        "name": store.name,
        "callback_url": payment.callback_url,
        "cancel_url": cancel_url,
    }
