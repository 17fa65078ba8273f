"""The hosted checkout: a page to pay, or to fail, by hand; then back to the shop with a signed form."""

import json
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from sandbox import accounts, clock
from sandbox.accounts import Account
from sandbox.box import Box, TheBox
from sandbox.razorpay import paying
from sandbox.razorpay.entities import Entity, load
from sandbox.razorpay.errors import refused
from sandbox.razorpay.happening import Happening
from sandbox.razorpay.instruments import Instrument
from sandbox.razorpay.reasons import REASONS
from sandbox.rendering import render, safe_url
from sandbox.store import Db
from sandbox.wire import Refused

router = APIRouter(include_in_schema=False)
Fields = dict[str, str]
METHODS = ("upi", "card", "netbanking")
CARRIED = ("key_id", "order_id", "callback_url", "cancel_url", "prefill[name]", "prefill[email]", "prefill[contact]")


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
    except Refused as refusal:
        return _problem(request, refusal, fields)
    if order.wire["status"] == "paid":
        return render(
            request,
            "checkout_problem.html",
            description="This order has been paid. There is nothing left to pay.",
            title="Already paid",
            good=True,
            cancel_url=safe_url(fields.get("cancel_url")),
        )
    carried = {name: fields[name] for name in CARRIED if name in fields}
    return render(
        request,
        "checkout.html",
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
            happening = Happening(db, merchant, clock.now(db, merchant.id))
            payment = paying.pay(happening, order.id, _instrument(fields), outcome, fields.get("error_reason"))
    except Refused as refusal:
        return _problem(request, refusal, fields)
    return _send_back(request, merchant, payment, fields)


def _send_back(request: Request, merchant: Account, payment: Entity, fields: Fields) -> Response:
    """A form that posts itself to the callback URL, and has a button for browsers without JavaScript."""
    failed = payment.wire["status"] == "failed"
    answer = (
        _failure(payment)
        if failed
        else {
            "razorpay_payment_id": payment.id,
            "razorpay_order_id": str(payment.wire["order_id"]),
            "razorpay_signature": paying.checkout_signature(merchant, payment),
        }
    )
    retry = {name: fields[name] for name in CARRIED if name in fields}
    return render(
        request,
        "checkout_return.html",
        failed=failed,
        payment=payment.wire,
        answer=answer,
        retry=retry,
        callback_url=safe_url(fields.get("callback_url")),
        cancel_url=safe_url(fields.get("cancel_url")),
    )


def _failure(payment: Entity) -> dict[str, str]:
    facts = {name: str(payment.wire[f"error_{name}"]) for name in ("code", "description", "source", "step", "reason")}
    metadata = json.dumps({"payment_id": payment.id, "order_id": payment.wire["order_id"]})
    return {f"error[{name}]": text for name, text in {**facts, "metadata": metadata}.items()}


def _merchant_and_order(db: Db, fields: Fields) -> tuple[Account, Entity]:
    """By the public key id and the order id; an amount sent along must be the order's."""
    merchant = accounts.find(db, "razorpay", fields.get("key_id", ""))
    if merchant is None:
        raise refused("The api key provided is invalid")
    order = load(db, merchant.id, "order", fields.get("order_id", ""))
    if fields.get("amount", str(order.wire["amount"])) != str(order.wire["amount"]):
        raise refused("The amount does not match the amount of the order", field="amount")
    return merchant, order


def _instrument(fields: Fields) -> Instrument:
    method: Any = fields.get("method") if fields.get("method") in METHODS else "upi"
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
