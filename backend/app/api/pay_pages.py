"""Pages of ours for people with a phone and no password: what is to be paid by a link, said in words."""

import functools
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from babel.dates import format_date
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlmodel import Session

from app.checkout.pay_links import Owed
from app.core.errors import Refusal
from app.core.money import format_money
from app.orders import queries as orders
from app.payments.errors import PaymentNotStarted, PaymentRefused
from app.stores import service as stores
from app.stores.models import Store

TEMPLATES = Path(__file__).parent / "templates"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow"}  # it is a key
PAGE: dict[str, Any] = {"content": {"text/html": {"schema": {"type": "string"}}}}
RESPONSES: dict[int | str, dict[str, Any]] = {
    404: {**PAGE, "description": "None of this store's links, as a page"},
    410: {**PAGE, "description": "Its time is over, as a page"},
    502: {**PAGE, "description": "The payment provider refuses, as a page"},
    503: {**PAGE, "description": "The payment provider cannot be asked just now, as a page"},
}
STANDINGS = {
    "paid": ("It is paid", "Thank you. Order {number} is paid; there is nothing more to do."),
    "cancelled": ("Nothing to pay", "Order {number} was cancelled. Nothing is owed for it, and nothing can be paid."),
    "closed": ("Nothing to pay here", "Order {number} is not paid by link. You find it in the shop, under your orders."),
}
REFUSALS = {
    "pay_link_expired": "This link is no longer good",
    "pay_link_invalid": "We do not know this link",
    "payment_not_started": "The payment cannot begin just now",
}


@dataclass(frozen=True)
class Page:
    """What the page says. With a `button` it has a form, of which `fields` are sent to `action`; `leaves`: at once."""

    heading: str
    words: list[str]
    amount: str = ""
    items: list[str] = field(default_factory=list)
    button: str = ""
    action: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    leaves: bool = False


def of(session: Session, store: Store, owed: Owed) -> Page:
    order = owed.order
    if owed.standing != "owed":
        heading, sentence = STANDINGS[owed.standing]
        return Page(heading, [sentence.format(number=order.number)])
    items = [f"{line.quantity} × {line.name}, {line.unit}" for line in orders.goods(session, order.id)]
    words = [f"for order {order.number}"]
    if order.status == "pending_payment":
        last = order.expires_at.astimezone(ZoneInfo(store.zone))
        words.append(f"Please pay before {format_date(last.date(), 'EEEE, d MMMM', locale='en_IN')}; then it comes as planned.")
    else:
        words.append("It was delivered on credit and is still to be paid.")
    return Page("To be paid", words, amount_of(owed), items, f"Pay {amount_of(owed)}")


def amount_of(owed: Owed) -> str:
    return format_money(owed.order.total_amount, owed.order.currency)


def refused(store: Store, refusal: Refusal) -> HTMLResponse:
    is_passing = isinstance(refusal, PaymentNotStarted | PaymentRefused)
    words = ["Nothing was charged. Please open the link again in a few minutes."] if is_passing else [refusal.detail]
    response = render(store, Page(REFUSALS.get(refusal.code, "This did not work"), words))
    response.status_code = refusal.status
    return response


def render(store: Store, page: Page) -> HTMLResponse:
    """Everything that a shop or a customer wrote is escaped; the only script sends the form."""
    nonce = secrets.token_urlsafe(16) if page.leaves else ""
    facts = {name: value for name, value in asdict(page).items() if name != "leaves"}
    html = (
        _environment()
        .get_template("pay.html")
        .render(**facts, nonce=nonce, shop=store.name, contact=store.contact_email, shop_url=stores.storefront_url(store))
    )
    target = urlsplit(page.action)
    allowed = "; form-action 'self'" + (f" {target.scheme}://{target.netloc}" if target.netloc else "")
    allowed += f"; script-src 'nonce-{nonce}'" if nonce else ""
    response = HTMLResponse(html, headers=PRIVATE)
    response.headers["Content-Security-Policy"] = POLICY + allowed
    return response


@functools.cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
