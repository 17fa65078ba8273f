"""Where Razorpay delivers its events: verified over the raw bytes, stored once, answered at once, applied later."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

import orjson
from fastapi import Depends
from pydantic import BaseModel
from starlette.requests import Request

from app.api.problems import UNAVAILABLE_RESPONSES
from app.api.routing import Router
from app.core.errors import Invalid
from app.core.work import unit_of_work
from app.inbox import service as inbox
from app.payments.errors import SignatureInvalid
from app.providers.razorpay import verify_webhook
from app.stores import service as stores
from app.stores.service import Account

router = Router(prefix="/api/v1/webhooks", tags=["webhooks"])


class Received(BaseModel):
    """Ours now. `duplicate`: it had been before."""

    duplicate: bool


class EventMalformed(Invalid):
    """The body is not an event."""

    status, code = 400, "event_malformed"


async def raw_body(request: Request) -> bytes:
    return await request.body()


RawBody = Annotated[bytes, Depends(raw_body)]


@router.post("/razorpay", responses=UNAVAILABLE_RESPONSES)
def receive_for_default_store(request: Request, body: RawBody) -> Received:
    """An event of the default store's Razorpay account (the one of the environment's settings)."""
    return _receive(None, request, body)


@router.post("/razorpay/{account_id}", responses=UNAVAILABLE_RESPONSES)
def receive_for_account(account_id: UUID, request: Request, body: RawBody) -> Received:
    """An event of the named Razorpay account. 400 when no live secret signed these very bytes: nothing is stored."""
    return _receive(account_id, request, body)


def _receive(account_id: UUID | None, request: Request, body: bytes) -> Received:
    headers = {name.lower(): value for name, value in request.headers.items()}
    event_id = headers.get("x-razorpay-event-id", "")
    known = stores.remembered_account("razorpay", account_id)
    with unit_of_work(stores.find_by_account(account_id)) as session:
        if (
            known
            and _is_genuine(known, headers, body)
            and inbox.receive_if_live(session, known, event_id, _type_of(body), headers, body)
        ):
            return Received(duplicate=False)
        account = stores.provider_account(session, "razorpay", account_id)
        if not _is_genuine(account, headers, body):
            inbox.count_rejected(session, account)
            raise RejectedEvent
        is_new = inbox.receive(session, account, event_id, _type_of(body), headers, body)
    return Received(duplicate=not is_new)


def _is_genuine(account: Account, headers: Mapping[str, str], body: bytes) -> bool:
    secrets = (account.secrets.get("webhook_secret", ""), account.secrets.get("webhook_secret_previous", ""))
    return verify_webhook(body, headers.get("x-razorpay-signature"), secrets)


class RejectedEvent(SignatureInvalid):
    """No live secret signed this body; nothing was stored."""

    keeps_effects = True  # the count of such events


def _type_of(body: bytes) -> str:
    try:
        event = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise EventMalformed from error
    if not isinstance(event, dict) or not isinstance(event.get("event"), str):
        raise EventMalformed
    return str(event["event"])
