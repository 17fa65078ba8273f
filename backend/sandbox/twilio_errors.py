"""Twilio's way in (basic auth, forms) and its way of saying no."""

from typing import Any
from urllib.parse import parse_qsl

from fastapi import Request
from starlette.responses import JSONResponse, Response

from sandbox.faults import Fault
from sandbox.razorpay.errors import basic_credentials

MORE_INFO = "https://www.twilio.com/docs/errors/"


def error_answer(status: int, code: int | None, message: str) -> Response:
    facts = {"code": code, "message": message, "more_info": f"{MORE_INFO}{code}", "status": status}
    return JSONResponse({"message": message, "status": status} if code is None else facts, status)


class Twilio:
    name = "twilio"

    def credentials(self, request: Request) -> tuple[str, str]:
        account, secret = basic_credentials(request)
        return (account, secret) if account == request.path_params.get("account_sid") else ("", "")

    def parse(self, raw: bytes) -> Any:
        return dict(parse_qsl(raw.decode(errors="replace"), keep_blank_values=True)) if raw else None

    def error(self, fault: Fault, operation: str, code: str | None) -> Response:  # noqa: ARG002  (one refusal for all)
        match fault:
            case Fault.RATE_LIMITED:
                return error_answer(429, 20429, "Too Many Requests")
            case Fault.CONFLICT:
                return error_answer(409, 20409, "Conflict")
            case Fault.ERROR_WITHOUT_CODE:
                return error_answer(500, None, "Internal Server Error")
            case Fault.UNAUTHORISED:
                return error_answer(401, 20003, "Authenticate")
        number = int(code) if code and code.isdecimal() else 21211
        return error_answer(400, number, REJECTIONS.get(number, f"Error {number}"))


REJECTIONS = {
    21211: "Invalid 'To' Phone Number",
    21408: "Permission to send an SMS has not been enabled for the region indicated by the 'To' number",
    21606: "The 'From' phone number provided is not a valid message-capable Twilio phone number for this destination",
    21608: "The number is unverified. Trial accounts cannot send messages to unverified numbers",
    21610: "Attempt to send to unsubscribed recipient",
    21614: "'To' number is not a valid mobile number",
    21901: "DLT template id is invalid",
}
