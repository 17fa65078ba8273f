"""Receipts through the front door: signed by the real parties, stored once, applied, and nothing kept of forgeries."""

import base64
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastapi.testclient import TestClient
from sqlmodel import select
from twilio.request_validator import RequestValidator

from app.core.config import settings
from app.core.ids import new_id
from app.core.work import unit_of_work
from app.inbox.models import ProviderEvent
from app.stores import service as stores
from app.stores.models import ProviderAccount, Store
from tests.conftest import UnitOfWork
from tests.notifications.sending import deliver, queue, read
from tests.sandbox_control import Sandbox
from tests.shopping import rows, work_off
from tests.workers import eventually

WEBHOOKS = "/api/v1/webhooks"


def account_of(store: Store, provider: str) -> ProviderAccount:
    with unit_of_work(store.id) as session:
        return session.exec(select(ProviderAccount).where(ProviderAccount.provider == provider)).one()


def post_status(client: TestClient, store: Store, form: dict[str, str], token: str, query: str = "") -> Any:
    """As Twilio posts: signed over the public address, sent to wherever a proxy passes it on."""
    path = f"{WEBHOOKS}/twilio/{account_of(store, 'twilio').id}{query}"
    signature = RequestValidator(token).compute_signature(f"{settings.backend_url}{path}", form)
    headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
    return client.post(path, content=urlencode(form), headers=headers)


@pytest.mark.parametrize("channel", ["email", "sms"])
def test_what_the_sandbox_reports_arrives_and_is_applied(store: Store, sandbox: Sandbox, live_api: str, channel: str) -> None:
    sandbox.receipts("auto")
    message_id = queue(store.id, channel)
    deliver(store.id, message_id)

    def is_delivered() -> bool:
        work_off(store)
        return read(store.id, message_id).status == "delivered"

    eventually(is_delivered, why="the receipt came and was applied")


def test_a_lost_answer_is_settled_by_the_receipt(store: Store, sandbox: Sandbox, live_api: str) -> None:
    sandbox.receipts("hold")
    sandbox.fault("messages.create", "connection_reset", after_effect=True)
    message_id = queue(store.id, "sms")
    assert deliver(store.id, message_id).status == "unknown"
    sandbox.receipt(sandbox.inbox()[0]["id"], "delivered")

    def is_delivered() -> bool:
        work_off(store)
        return read(store.id, message_id).status == "delivered"

    eventually(is_delivered, why="the callback named our message")
    assert len(sandbox.calls("messages.create")) == 1


def test_a_status_is_stored_once(client: TestClient, store: Store, sandbox: Sandbox) -> None:
    sandbox.receipts("hold")
    message_id = queue(store.id, "sms")
    deliver(store.id, message_id)
    form = {"MessageSid": str(read(store.id, message_id).provider_id), "MessageStatus": "delivered", "To": "+91 98"}
    answers = [post_status(client, store, form, sandbox.twilio["auth_token"], f"?message_id={message_id}") for _ in range(2)]
    assert [(answer.status_code, answer.json()) for answer in answers] == [
        (200, {"duplicate": False}),
        (200, {"duplicate": True}),
    ]
    [event] = rows(store, ProviderEvent)
    assert (event.provider, event.event_type, event.body) == ("twilio", "status", urlencode(form).encode())
    work_off(store)
    assert read(store.id, message_id).status == "delivered"
    [event] = rows(store, ProviderEvent)
    assert (event.work_status, event.outcome) == ("done", "delivered: changed the message")


def test_a_forged_status_is_counted_and_not_kept(client: TestClient, store: Store, sandbox: Sandbox) -> None:
    form = {"MessageSid": "SM1", "MessageStatus": "delivered"}
    genuine = post_status(client, store, form, sandbox.twilio["auth_token"])
    for forged in (
        post_status(client, store, form, "another token"),
        client.post(genuine.request.url.path, content=urlencode(form)),
        client.post(genuine.request.url.path, content=b"\xff\x00", headers={b"X-Twilio-Signature": b"\xfc"}),
    ):
        assert forged.status_code == 400
        assert forged.headers["content-type"] == "application/problem+json"
    assert len(rows(store, ProviderEvent)) == 1
    assert account_of(store, "twilio").rejected_events == 3


@pytest.fixture
def mail_key(store: Store, sandbox: Sandbox, uow: UnitOfWork) -> ec.EllipticCurvePrivateKey:
    """SendGrid's signing key, in our hands."""
    key = ec.generate_private_key(ec.SECP256R1())
    public = base64.b64encode(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
    with uow() as session:
        row = session.exec(select(ProviderAccount).where(ProviderAccount.provider == "sendgrid")).one()
        stores.change_account(session, row, {**sandbox.sendgrid, "webhook_public_key": public})
    return key


def test_mail_events_are_verified_over_the_raw_bytes(
    client: TestClient, store: Store, sandbox: Sandbox, mail_key: ec.EllipticCurvePrivateKey
) -> None:
    sandbox.receipts("hold")
    message_id = queue(store.id, "email")
    deliver(store.id, message_id)
    events = [{"event": name, "sg_event_id": name, "message_id": str(message_id)} for name in ("delivered", "processed")]
    body, timestamp = json.dumps(events, indent=1).encode() + b"\r\n", "1513299569"
    signature = base64.b64encode(mail_key.sign(timestamp.encode() + body, ec.ECDSA(SHA256()))).decode()
    headers = {
        "X-Twilio-Email-Event-Webhook-Signature": signature,
        "X-Twilio-Email-Event-Webhook-Timestamp": timestamp,
        "Content-Type": "application/json",
    }
    path = f"{WEBHOOKS}/sendgrid/{account_of(store, 'sendgrid').id}"
    assert client.post(path, content=body.strip(), headers=headers).status_code == 400
    assert client.post(path, content=body).status_code == 400
    assert rows(store, ProviderEvent) == []
    assert [client.post(path, content=body, headers=headers).json() for _ in range(2)] == [
        {"duplicate": False},
        {"duplicate": True},
    ]
    work_off(store)
    assert read(store.id, message_id).status == "delivered"


def test_an_account_that_is_none_takes_nothing(client: TestClient, store: Store) -> None:
    for provider in ("sendgrid", "twilio"):
        assert client.post(f"{WEBHOOKS}/{provider}/{new_id()}", content=b"x").status_code == 404
        razorpay = account_of(store, "razorpay").id
        assert client.post(f"{WEBHOOKS}/{provider}/{razorpay}", content=b"x").status_code == 404
