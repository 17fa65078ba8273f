"""The hosted checkout: a page to pay or to approve a mandate, or to refuse, by hand; then back to the shop."""

import json
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from sandbox import accounts, clock
from sandbox.accounts import Account
from sandbox.box import Box, TheBox
from sandbox.razorpay import paying, registering
from sandbox.razorpay.checkout_return import CARRIED, Fields, send_back
from sandbox.razorpay.entities import Entity, load
from sandbox.razorpay.errors import refused
from sandbox.razorpay.happening import Happening
from sandbox.razorpay.instruments import Instrument
from sandbox.razorpay.reasons import REASONS
from sandbox.razorpay.terms import IN_WORDS, Terms, of_order
from sandbox.rendering import render, safe_url
from sandbox.store import Db
from sandbox.wire import Refused

router = APIRouter(include_in_schema=False)
METHODS = ("upi", "card", "netbanking")
YES = ("1", "true")


@router.api_route("/v1/checkout/embedded", methods=["GET", "POST"])
async def open_checkout(request: Request, box: TheBox) -> Response:
    """The shop's form brings the customer here."""
    fields = await _fields(request)
    return await run_in_threadpool(_payment_page, request, box, fields)


@router.post("/v1/checkout/submit")
async def submit(request: Request, box: TheBox) -> Response:
    """The customer pressed Pay."""
    fields = await _fields(request)
    return await run_in_threadpool(_pay, request, box, fields)


async def _fields(request: Request) -> Fields:
    """Form fields win over the query."""
    form = await request.form() if request.method == "POST" else {}
    return {**request.query_params, **{name: value for name, value in form.items() if isinstance(value, str)}}


def _payment_page(request: Request, box: Box, fields: Fields) -> Response:
    try:
        with box.store.transaction() as db:
            merchant, order = _merchant_and_order(db, fields)
            terms = _terms(order, fields)
    except Refused as refusal:
        return _problem(request, refusal, fields)
    if order.wire["status"] == "paid":
        return render(
            request,
            "checkout_problem.html",
            description="This order has been paid. There is nothing left to pay."
            if terms is None
            else "This mandate has been approved. There is nothing left to do.",
            title="Already paid" if terms is None else "Already approved",
            good=True,
            cancel_url=safe_url(fields.get("cancel_url")),
        )
    carried = {name: fields[name] for name in CARRIED if name in fields}
    return render(
        request,
        "checkout.html" if terms is None else "checkout_mandate.html",
        terms=terms,
        frequency=IN_WORDS[terms.frequency] if terms else None,
        shop=fields.get("name") or merchant.facts["name"],
        order=order.wire,
        description=fields.get("description", ""),
        carried=carried,
        reasons=REASONS,
        contact=fields.get("prefill[contact]", ""),
        cancel_url=safe_url(fields.get("cancel_url")),
    )


def _pay(request: Request, box: Box, fields: Fields) -> Response:
    outcome: paying.Outcome | None = "failed" if fields.get("outcome") == "failed" else None
    try:
        with box.transaction() as db:
            merchant, order = _merchant_and_order(db, fields)
            terms = _terms(order, fields)
            happening = Happening(db, merchant, clock.now(db, merchant.id))
            attempt = paying.pay if terms is None else registering.register
            instrument = _instrument(fields, None if terms is None else terms.method)
            payment = attempt(happening, order.id, instrument, outcome, fields.get("error_reason"))
    except Refused as refusal:
        return _problem(request, refusal, fields)
    return send_back(request, merchant, payment, fields)


def _merchant_and_order(db: Db, fields: Fields) -> tuple[Account, Entity]:
    """By the public key id and the order id; an amount sent along must be the order's."""
    merchant = accounts.find(db, "razorpay", fields.get("key_id", ""))
    if merchant is None:
        raise refused("The api key provided is invalid")
    order = load(db, merchant.id, "order", fields.get("order_id", ""))
    if fields.get("amount", str(order.wire["amount"])) != str(order.wire["amount"]):
        raise refused("The amount does not match the amount of the order", field="amount")
    return merchant, order


def _terms(order: Entity, fields: Fields) -> Terms | None:
    """Those of the mandate to approve; None when this is an ordinary payment."""
    terms, recurring = of_order(order), fields.get("recurring", "")
    if terms is None and recurring in YES:
        raise refused("The order has no token details: no mandate can be registered with it")
    if terms is not None and recurring not in (*YES, "preferred"):
        raise refused(paying.RECURRING_REQUIRED, field="recurring")
    if terms is not None and fields.get("customer_id") != terms.customer_id:
        raise refused("The customer id is not the one of the order", field="customer_id")
    return terms


def _instrument(fields: Fields, method: Any) -> Instrument:
    """By the method of the mandate, else by the one chosen."""
    chosen: Any = fields.get("method") if fields.get("method") in METHODS else "upi"
    method = method or chosen
    detail = {"upi": fields.get("vpa", ""), "card": fields.get("card_number", ""), "netbanking": fields.get("bank", "")}[method]
    return Instrument(
        method,
        detail.strip(),
        fields.get("prefill[email]") or Instrument.email,
        fields.get("prefill[contact]") or Instrument.contact,
    )


def _problem(request: Request, refusal: Refused, fields: Fields) -> Response:
    error = json.loads(bytes(refusal.response.body))["error"]
    return render(
        request,
        "checkout_problem.html",
        400,
        title="This payment cannot go on",
        description=error["description"],
        cancel_url=safe_url(fields.get("cancel_url")),
    )
