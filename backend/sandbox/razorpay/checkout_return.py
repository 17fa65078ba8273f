"""The way back from the hosted checkout: a signed form, or an error, for the shop's callback URL."""

import json

from fastapi import Request
from starlette.responses import Response

from sandbox.accounts import Account
from sandbox.razorpay import paying, registering
from sandbox.razorpay.entities import Entity
from sandbox.rendering import render, safe_url

Fields = dict[str, str]
CARRIED = (
    "key_id",
    "order_id",
    "customer_id",
    "recurring",
    "callback_url",
    "cancel_url",
    "prefill[name]",
    "prefill[email]",
    "prefill[contact]",
)


def send_back(request: Request, merchant: Account, payment: Entity, fields: Fields) -> Response:
    """A form that posts itself to the callback URL, and has a button for browsers without JavaScript.

    A mandate's dummy payment comes back as an error although the mandate is approved; that is how shops recognise it."""
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
        failed=failed and payment.wire["error_reason"] != registering.DUMMY,
        is_mandate="token_id" in payment.wire,
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
