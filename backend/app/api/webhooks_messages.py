"""Where SendGrid and Twilio report what became of messages: verified, stored once, answered at once, applied later."""

from typing import Annotated
from urllib.parse import parse_qsl
from uuid import UUID

from fastapi import Header
from starlette.requests import Request

from app.api.problems import UNAVAILABLE_RESPONSES
from app.api.routing import Router
from app.api.webhooks import RawBody, Received, RejectedEvent
from app.core.config import settings
from app.core.work import unit_of_work
from app.inbox import service as inbox
from app.providers.sendgrid import verify_events
from app.providers.twilio import verify_callback
from app.stores import service as stores

router = Router(prefix="/api/v1/webhooks", tags=["webhooks"])

Signature = Annotated[str, Header(alias="X-Twilio-Email-Event-Webhook-Signature")]
Timestamp = Annotated[str, Header(alias="X-Twilio-Email-Event-Webhook-Timestamp")]
TwilioSignature = Annotated[str, Header(alias="X-Twilio-Signature")]


@router.post("/sendgrid", responses=UNAVAILABLE_RESPONSES)
def receive_mail_events(request: Request, body: RawBody, signature: Signature = "", timestamp: Timestamp = "") -> Received:
    """Events of the default store's SendGrid account (the one of the environment's settings)."""
    return _receive_mail_events(None, request, body, signature, timestamp)


@router.post("/sendgrid/{account_id}", responses=UNAVAILABLE_RESPONSES)
def receive_mail_events_of_account(
    account_id: UUID, request: Request, body: RawBody, signature: Signature = "", timestamp: Timestamp = ""
) -> Received:
    """Events of the named SendGrid account: a signed JSON array. 400 when its key did not sign these very bytes."""
    return _receive_mail_events(account_id, request, body, signature, timestamp)


@router.post("/twilio", responses=UNAVAILABLE_RESPONSES)
def receive_sms_status(request: Request, body: RawBody, signature: TwilioSignature = "") -> Received:
    """A status of an SMS of the default store's Twilio account (the one of the environment's settings)."""
    return _receive_sms_status(None, request, body, signature)


@router.post("/twilio/{account_id}", responses=UNAVAILABLE_RESPONSES)
def receive_sms_status_of_account(
    account_id: UUID, request: Request, body: RawBody, signature: TwilioSignature = ""
) -> Received:
    """A status of an SMS of the named Twilio account: a signed form. 400 when its token did not sign address and form."""
    return _receive_sms_status(account_id, request, body, signature)


def _receive_mail_events(account_id: UUID | None, request: Request, body: bytes, signature: str, timestamp: str) -> Received:
    with unit_of_work(stores.find_by_account(account_id)) as session:
        account = stores.provider_account(session, "sendgrid", account_id)
        if not verify_events(body, signature, timestamp, account.secrets.get("webhook_public_key", "")):
            inbox.count_rejected(session, account)
            raise RejectedEvent
        is_new = inbox.receive(session, account, "", "events", _headers(request), body)
    return Received(duplicate=not is_new)


def _receive_sms_status(account_id: UUID | None, request: Request, body: bytes, signature: str) -> Received:
    url = _public_url(request)
    form = dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
    with unit_of_work(stores.find_by_account(account_id)) as session:
        account = stores.provider_account(session, "twilio", account_id)
        if not verify_callback(url, form, signature, account.secrets.get("auth_token", "")):
            inbox.count_rejected(session, account)
            raise RejectedEvent
        is_new = inbox.receive(session, account, "", "status", {**_headers(request), "url": url}, body)
    return Received(duplicate=not is_new)


def _public_url(request: Request) -> str:
    """The address as Twilio knows it: behind a proxy the request's own scheme and host are others."""
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{settings.backend_url.rstrip('/')}{request.url.path}{query}"


def _headers(request: Request) -> dict[str, str]:
    return {name.lower(): value for name, value in request.headers.items() if name.lower() != "url"}
