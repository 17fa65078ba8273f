"""/s/…: the page behind a subscription's short_url. A customer approves it there by hand, or gives another card later on."""

import json

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from sandbox import accounts, clock
from sandbox.box import Box, TheBox
from sandbox.razorpay import authenticating, rescuing
from sandbox.razorpay.checkout_return import Fields
from sandbox.razorpay.entities import Entity, load, one_of
from sandbox.razorpay.errors import refused
from sandbox.razorpay.happening import Happening
from sandbox.razorpay.instruments import Instrument, Method
from sandbox.razorpay.periods import in_words
from sandbox.razorpay.reasons import REASONS
from sandbox.rendering import render
from sandbox.store import Db
from sandbox.wire import Refused

router = APIRouter(include_in_schema=False)
OWED = ("pending", "halted")
IN_WORDS = {
    "authenticated": "This subscription has been approved. It begins on the agreed day.",
    "active": "This subscription has been approved. Nothing is to be done.",
    "paused": "This subscription is paused.",
    "cancelled": "This subscription has ended.",
    "completed": "This subscription has been paid to its end.",
    "expired": "Nobody approved this subscription in time.",
}


@router.get("/s/{subscription_id}")
def show(subscription_id: str, request: Request, box: TheBox) -> Response:
    try:
        with box.store.transaction() as db:
            happening, subscription = _found(db, subscription_id)
            plan = load(db, subscription.account, "plan", subscription.wire["plan_id"]).wire
            charged_now, is_kept = authenticating.amount_now(happening, subscription)
    except Refused as refusal:
        return _problem(request, refusal)
    status = subscription.wire["status"]
    if status not in ("created", *OWED):
        good = status not in ("cancelled", "expired")
        return render(request, "checkout_problem.html", title=status.capitalize(), description=IN_WORDS[status], good=good)
    return render(
        request,
        "subscription.html",
        shop=happening.merchant.facts["name"],
        subscription=subscription.wire,
        plan=plan,
        amount=plan["item"]["amount"] * subscription.wire["quantity"],
        how_often=in_words(plan["period"], plan["interval"]),
        charged_now=charged_now,
        is_kept=is_kept,
        is_owed=status in OWED,
        reasons=REASONS,
    )


@router.post("/s/{subscription_id}")
async def submit(subscription_id: str, request: Request, box: TheBox) -> Response:
    """The customer pressed the button."""
    form = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    return await run_in_threadpool(_act, request, box, subscription_id, form)


def _act(request: Request, box: Box, subscription_id: str, fields: Fields) -> Response:
    reason = fields.get("error_reason", authenticating.DECLINED) if fields.get("outcome") == "failed" else None
    try:
        with box.transaction() as db:
            happening, subscription = _found(db, subscription_id)
            instrument = _instrument(fields)
            if subscription.wire["status"] in OWED:
                if reason:
                    subscription.hidden["outcomes"].insert(0, {"failed": reason})
                rescuing.change_instrument(happening, subscription, instrument)
                happening.publish()
            else:
                authenticating.authenticate(happening, subscription, instrument, reason)
    except Refused as refusal:
        return _problem(request, refusal)
    good = subscription.wire["status"] in ("authenticated", "active", "completed")
    return render(
        request,
        "checkout_problem.html",
        title="Subscription approved" if good else "Payment failed",
        description="You can pause or end it at any time in your bank's app." if good else "You can try again.",
        good=good,
        again_url=None if good else f"/s/{subscription_id}",
    )


def _found(db: Db, subscription_id: str) -> tuple[Happening, Entity]:
    subscription = one_of(db, "kind = 'subscription' AND id = ?", (subscription_id,))
    if subscription is None:
        raise refused("The id provided does not exist")
    account = accounts.get(db, "razorpay", subscription.account)
    return Happening(db, account, clock.now(db, account.id)), subscription


def _instrument(fields: Fields) -> Instrument:
    method: Method = "card" if fields.get("method") == "card" else "upi"
    detail = fields.get("card_number" if method == "card" else "vpa", "")
    email, contact = fields.get("email") or Instrument.email, fields.get("contact") or Instrument.contact
    return Instrument(method, detail.strip(), email, contact)


def _problem(request: Request, refusal: Refused) -> Response:
    error = json.loads(bytes(refusal.response.body))["error"]
    return render(request, "checkout_problem.html", 400, title="This cannot go on", description=error["description"])
