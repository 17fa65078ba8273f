"""Razorpay's way in (basic auth, JSON) and its way of saying no."""

import base64
import binascii
import json
from typing import Any

from fastapi import Request
from starlette.responses import JSONResponse, Response

from sandbox.faults import Fault
from sandbox.wire import Refused

BAD_REQUEST = "BAD_REQUEST_ERROR"
AUTHENTICATION_FAILED = "Authentication failed"
TRY_AGAIN = "Request failed. Please try after sometime."
STILL_RUNNING = {"refunds.create": "Another request with the same idempotency key is still in progress."}
IN_PROGRESS = "Request failed because another payment operation is in progress"


def error_answer(
    status: int,
    description: str,
    *,
    code: str | None = BAD_REQUEST,
    field: str | None = None,
    source: str | None = "business",
    step: str | None = "payment_initiation",
    reason: str | None = "input_validation_failed",
    metadata: dict[str, str] | None = None,
) -> Response:
    error: dict[str, Any] = {
        "code": code,
        "description": description,
        "field": field,
        "source": source,
        "step": step,
        "reason": reason,
        "metadata": metadata or {},
    }
    if code is None:
        del error["code"]
    if field is None:
        del error["field"]
    return JSONResponse({"error": error}, status)


def refused(description: str, **facts: Any) -> Refused:
    """A permanent 400; see `error_answer` for the facts."""
    return Refused(error_answer(400, description, **facts))


def refuse_unknown(body: dict[str, Any], accepted: set[str]) -> None:
    if unknown := sorted(set(body) - accepted):
        raise refused(f"{', '.join(unknown)} is/are not required and should not be sent", reason="extra_field_sent")


class Razorpay:
    name = "razorpay"

    def credentials(self, request: Request) -> tuple[str, str]:
        return basic_credentials(request)

    def parse(self, raw: bytes) -> Any:
        try:
            return json.loads(raw) if raw else None
        except ValueError:
            return None

    def error(self, fault: Fault, operation: str, code: str | None) -> Response:
        na: dict[str, Any] = {"source": "NA", "step": "NA", "reason": "NA"}
        match fault:
            case Fault.RATE_LIMITED:
                return error_answer(429, TRY_AGAIN, **na)
            case Fault.CONFLICT:
                return error_answer(409, STILL_RUNNING.get(operation, IN_PROGRESS), **na)
            case Fault.ERROR_WITHOUT_CODE:
                return error_answer(500, "We are facing some trouble completing your request at the moment.", code=None, **na)
            case Fault.UNAUTHORISED:
                return error_answer(401, AUTHENTICATION_FAILED, **na)
        description, facts = REJECTIONS.get(operation, ("The request is invalid", {}))
        return error_answer(400, description, **{**facts, **({"reason": code} if code else {})})


# What a permanent refusal of each operation looks like.
REJECTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "orders.create": (
        "Order amount less than minimum amount allowed",
        {"field": "amount", "step": "order_creation", "reason": "amount_less_than_minimum_amount"},
    ),
    "customers.create": ("The email must be a valid email address.", {"field": "email"}),
    "payments.create_recurring": ("Amount exceeds maximum amount allowed", {"field": "amount"}),
    "orders.fetch": ("The id provided does not exist", {}),
    "payments.fetch": ("The id provided does not exist", {}),
    "payments.capture": (
        "Capture amount must be equal to the amount authorized.",
        {"field": "amount", "step": "payment_capture"},
    ),
    "refunds.create": (
        "The refund amount provided is greater than amount captured",
        {"field": "amount", "source": None, "step": None, "reason": None},
    ),
    "settlements.recon": ("The month is not a valid month.", {"field": "month"}),
    "refunds.fetch": ("The id provided does not exist", {}),
}


def basic_credentials(request: Request) -> tuple[str, str]:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        account, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return account, secret
