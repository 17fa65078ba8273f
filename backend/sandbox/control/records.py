"""What happened so far: calls, money, webhooks, messages."""

from typing import Any

from fastapi import APIRouter, HTTPException, Query

from sandbox import calls, ledger, messages
from sandbox.accounts import AccountId
from sandbox.box import TheBox
from sandbox.messages import Channel, Message
from sandbox.webhooks import events

router = APIRouter(tags=["records"])


@router.get("/calls")
def list_calls(
    box: TheBox, account: AccountId | None = None, operation: str | None = None, limit: int = Query(1000, ge=1, le=100_000)
) -> list[dict[str, Any]]:
    """Every provider call received, oldest first; status is null where the answer was kept back."""
    with box.store.transaction() as db:
        return calls.listing(db, account, operation, limit)


@router.get("/ledger")
def show_ledger(box: TheBox, account: AccountId | None = None) -> dict[str, list[dict[str, Any]]]:
    """Every capture and refund, oldest first, as the sandbox booked it."""
    with box.store.transaction() as db:
        return ledger.listing(db, account)


@router.get("/events")
def list_events(box: TheBox, account: AccountId | None = None) -> list[dict[str, Any]]:
    """Webhooks and callbacks generated, oldest first, with what became of each delivery."""
    with box.store.transaction() as db:
        return events.listing(db, account)


@router.get("/inbox")
def list_inbox(
    box: TheBox,
    to: str | None = None,
    channel: Channel | None = None,
    account: AccountId | None = None,
    limit: int = Query(100, ge=1, le=10_000),
) -> list[dict[str, Any]]:
    """Messages accepted, newest first."""
    with box.store.transaction() as db:
        return [render(message) for message in messages.listing(db, to=to, channel=channel, account=account, limit=limit)]


@router.get("/inbox/{message_id}")
def show_message(message_id: str, box: TheBox) -> dict[str, Any]:
    """By the sandbox's id or the provider's."""
    with box.store.transaction() as db:
        message = messages.find(db, message_id)
    if message is None:
        raise HTTPException(404, "no such message")
    return render(message)


def render(message: Message) -> dict[str, Any]:
    return {
        "id": message.id,
        "channel": message.channel,
        "account": message.account,
        "provider_id": message.provider_id,
        "to": message.recipient,
        "from": message.sender,
        "subject": message.subject,
        "text": message.text,
        "html": message.html,
        "at": message.at,
        "status": message.status,
        "error_code": message.error_code,
        "custom_args": message.facts["custom_args"],
        "callback_url": message.facts.get("callback_url"),
    }
