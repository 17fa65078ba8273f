"""SendGrid: POST /v3/mail/send and its errors."""

import json
from typing import Any

from fastapi import Request
from starlette.responses import JSONResponse, Response

from sandbox import messages
from sandbox.accounts import sendgrid_account_id
from sandbox.faults import Fault
from sandbox.ids import random_text
from sandbox.mail_checks import Problem, check
from sandbox.mail_events import announce
from sandbox.messages import Message
from sandbox.wire import Refused, Wire, Work

MAX_BYTES = 30 * 1024 * 1024
REVOKED = "The provided authorization grant is invalid, expired, or revoked"


def errors(status: int, message: str | None, field: str | None = None, headers: dict[str, str] | None = None) -> Response:
    listed = [] if message is None else [{"message": message, "field": field, "help": None}]
    return JSONResponse({"errors": listed}, status, headers)


class SendGrid:
    name = "sendgrid"

    def credentials(self, request: Request) -> tuple[str, str]:
        scheme, _, api_key = request.headers.get("authorization", "").partition(" ")
        return (sendgrid_account_id(api_key), api_key) if scheme.lower() == "bearer" and api_key else ("", "")

    def parse(self, raw: bytes) -> Any:
        try:
            return json.loads(raw) if raw else None
        except ValueError:
            return None

    def error(self, fault: Fault, operation: str, code: str | None) -> Response:  # noqa: ARG002  (one refusal for all)
        match fault:
            case Fault.RATE_LIMITED:
                limits = {"X-RateLimit-Limit": "600", "X-RateLimit-Remaining": "0"}
                return errors(429, "too many requests", headers=limits)
            case Fault.CONFLICT:
                return errors(409, "The request conflicts with another one")
            case Fault.ERROR_WITHOUT_CODE:
                return errors(500, None)
            case Fault.UNAUTHORISED:
                return errors(401, REVOKED)
        return errors(400, code or "Does not contain a valid address.", "personalizations.0.to.0.email")


wire = Wire(SendGrid())


@wire.operation("mail.send", "POST", "/v3/mail/send")
def send(work: Work) -> Response:
    """202 with an empty body and X-Message-Id; 200 in SendGrid's own sandbox mode, where nothing is sent."""
    if "application/json" not in work.call.headers.get("content-type", ""):
        raise Refused(errors(415, "Content-Type should be application/json."))
    if len(work.call.raw) > MAX_BYTES:
        raise Refused(errors(413, "The JSON payload you have included in your request is too large."))
    try:
        mail = check(work.call.body)
    except Problem as problem:
        raise Refused(errors(400, str(problem), problem.field)) from problem
    if _is_rehearsal(mail):
        return Response(status_code=200)
    message_id = random_text(22)
    sent = [message for number in range(len(mail["personalizations"])) for message in _copies(work, mail, number, message_id)]
    if messages.receipts_are_automatic(work.db, work.account.id):
        announce(work.db, work.account, sent, ["processed", "delivered"], work.now)
    return Response(status_code=202, headers={"X-Message-Id": message_id})


def _is_rehearsal(mail: dict[str, Any]) -> bool:
    """SendGrid's own sandbox mode."""
    settings = mail.get("mail_settings")
    mode = settings.get("sandbox_mode") if isinstance(settings, dict) else None
    return isinstance(mode, dict) and mode.get("enable") is True


def _copies(work: Work, mail: dict[str, Any], number: int, message_id: str) -> list[Message]:
    """One message per recipient of a personalization, custom arguments and subject as it overrides them."""
    personal = mail["personalizations"][number]
    bodies = {part["type"]: part["value"] for part in mail.get("content") or []}
    data = personal.get("dynamic_template_data") or personal.get("substitutions")
    template = f"[template {mail['template_id']}] {json.dumps(data, ensure_ascii=False)}" if mail.get("template_id") else ""
    facts = {
        "custom_args": (mail.get("custom_args") or {}) | (personal.get("custom_args") or {}),
        "categories": mail.get("categories") or [],
        "sg_message_id": f"{message_id}.recvd-{random_text(6)}-{number}",
        "attachments": [attachment.get("filename") for attachment in mail.get("attachments") or []],
        "sender_name": mail["from"].get("name"),
    }
    return [
        messages.insert(
            work.db,
            Message(
                account=work.account.id,
                channel="email",
                provider_id=message_id,
                recipient=recipient["email"],
                sender=mail["from"]["email"],
                status="accepted",
                at=work.now,
                subject=personal.get("subject") or mail.get("subject") or "",
                text=bodies.get("text/plain", template),
                html=bodies.get("text/html", ""),
                facts=facts,
            ),
        )
        for kind in ("to", "cc", "bcc")
        for recipient in personal.get(kind) or []
    ]
