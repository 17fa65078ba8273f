"""Where Razorpay delivers: verified over the raw bytes, stored once, answered at once."""

import hashlib
import hmac
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from app.core.ids import new_id
from app.inbox.models import ProviderEvent
from app.stores import service as stores
from app.stores.models import ProviderAccount, Store

UnitOfWork = Callable[[], AbstractContextManager[Session]]

ODD_BUT_GENUINE = [
    pytest.param(b'{"event":"payment.captured","payload":{"z":1,"a":{"b":[],"notes":[]}}}', id="keys in any order"),
    pytest.param('{"event":"payment.captured","note":"₹ दूध \\u20b9"}'.encode(), id="unicode, escaped and not"),
    pytest.param(b'{"event":"payment.captured","big":123456789012345678901234567890.5e+3}', id="big numbers"),
    pytest.param(b'{ "event" : "payment.captured",\r\n "created_at" : 1 }\r\n', id="white space"),
]


@pytest.fixture
def account(uow: UnitOfWork) -> ProviderAccount:
    with uow() as session:
        return session.exec(select(ProviderAccount).where(ProviderAccount.provider == "razorpay")).one()


def sign(body: bytes, secret: str) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def secret_of(uow: UnitOfWork) -> str:
    with uow() as session:
        return stores.provider_account(session, "razorpay").secrets["webhook_secret"]


def events(uow: UnitOfWork) -> list[ProviderEvent]:
    with uow() as session:
        return list(session.exec(select(ProviderEvent)))


def send(client: TestClient, account: ProviderAccount, body: bytes, signature: str | None, event_id: str = "evt_1") -> int:
    headers = {b"x-razorpay-event-id": event_id.encode()}
    if signature is not None:
        headers[b"X-Razorpay-Signature"] = signature.encode()
    return client.post(f"/api/v1/webhooks/razorpay/{account.id}", content=body, headers=headers).status_code


@pytest.mark.parametrize("body", ODD_BUT_GENUINE)
def test_ac30_what_the_secret_signed_is_taken_byte_for_byte(
    client: TestClient, uow: UnitOfWork, account: ProviderAccount, body: bytes
) -> None:
    assert send(client, account, body, sign(body, secret_of(uow))) == 200
    (event,) = events(uow)
    assert (event.body, event.event_id, event.event_type) == (body, "evt_1", "payment.captured")
    assert event.headers["x-razorpay-event-id"] == "evt_1"


@pytest.mark.parametrize("signature", [None, "", "0" * 64, "x", "ü"])
def test_ac30_a_forged_event_is_counted_and_not_stored_and_does_not_block_the_genuine_one(
    client: TestClient, uow: UnitOfWork, account: ProviderAccount, signature: str | None
) -> None:
    body = b'{"event":"payment.captured"}'
    assert send(client, account, body, signature) == 400
    assert send(client, account, body + b" ", sign(body, secret_of(uow))) == 400, "one byte more than was signed"
    assert events(uow) == []
    with uow() as session:
        assert session.exec(select(ProviderAccount.rejected_events).where(ProviderAccount.id == account.id)).one() == 2
    assert send(client, account, body, sign(body, secret_of(uow))) == 200
    assert len(events(uow)) == 1


def test_ac30_two_secrets_live_while_one_is_rotated(client: TestClient, uow: UnitOfWork, account: ProviderAccount) -> None:
    old, new = secret_of(uow), "the-new-secret"
    with uow() as session:
        secrets = stores.provider_account(session, "razorpay").secrets
        stores.change_account(session, account, {**secrets, "webhook_secret": new, "webhook_secret_previous": old})
    body = b'{"event":"order.paid"}'
    assert [send(client, account, body, sign(body, secret), f"evt_{secret}") for secret in (old, new)] == [200, 200]
    with uow() as session:
        stores.change_account(session, account, {**secrets, "webhook_secret": new})
    assert send(client, account, body, sign(body, old), "evt_late") == 400
    assert len(events(uow)) == 2


def test_ac43_an_account_without_a_webhook_secret_takes_nothing(
    client: TestClient, uow: UnitOfWork, account: ProviderAccount
) -> None:
    with uow() as session:
        secrets = stores.provider_account(session, "razorpay").secrets
        stores.change_account(session, account, {**secrets, "webhook_secret": ""})
    body = b'{"event":"order.paid"}'
    assert send(client, account, body, sign(body, "")) == 400
    assert events(uow) == []


def test_ac31_ten_copies_at_once_are_one_event(client: TestClient, uow: UnitOfWork, account: ProviderAccount) -> None:
    body = b'{"event":"payment.captured"}'
    signature = sign(body, secret_of(uow))
    with ThreadPoolExecutor(10) as pool:
        statuses = list(pool.map(lambda _: send(client, account, body, signature), range(10)))
    assert statuses == [200] * 10
    assert len(events(uow)) == 1


def test_an_event_without_an_id_is_known_by_its_content(client: TestClient, uow: UnitOfWork, account: ProviderAccount) -> None:
    body = b'{"event":"payment.captured"}'
    for _ in range(2):
        assert send(client, account, body, sign(body, secret_of(uow)), event_id="") == 200
    assert [event.event_id for event in events(uow)] == [hashlib.sha256(body).hexdigest()]


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"event":5}', b'{"event"', b"\xff\xfe"])
def test_a_signed_body_that_is_no_event_is_refused(
    client: TestClient, uow: UnitOfWork, account: ProviderAccount, body: bytes
) -> None:
    answer = client.post(
        f"/api/v1/webhooks/razorpay/{account.id}", content=body, headers={"X-Razorpay-Signature": sign(body, secret_of(uow))}
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "event_malformed")
    assert events(uow) == []


def test_an_account_nobody_has_is_not_found(client: TestClient) -> None:
    answer = client.post(f"/api/v1/webhooks/razorpay/{new_id()}", json={"event": "x"})
    assert (answer.status_code, answer.json()["code"]) == (404, "account_not_found")


def test_an_account_of_another_store_signs_only_for_that_store(
    client: TestClient, uow: UnitOfWork, account: ProviderAccount, make_store: Callable[[], Store]
) -> None:
    make_store()
    body = json.dumps({"event": "payment.captured"}).encode()
    assert send(client, account, body, sign(body, "webhook-of-another-store")) == 400
    assert events(uow) == []


def test_the_bare_url_is_the_default_stores_and_is_not_guessed(
    client: TestClient, uow: UnitOfWork, make_store: Callable[[], Store]
) -> None:
    make_store()
    body = b'{"event":"payment.captured"}'
    headers = {"X-Razorpay-Signature": sign(body, secret_of(uow))}
    answer = client.post("/api/v1/webhooks/razorpay", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (421, "store_not_named")
    assert events(uow) == []


def test_ac30_a_secret_that_was_taken_back_signs_nothing_more(
    client: TestClient, uow: UnitOfWork, account: ProviderAccount
) -> None:
    """Though this process has just taken an event by it, and remembers it."""
    body, old = b'{"event":"payment.captured"}', secret_of(uow)
    assert send(client, account, body, sign(body, old), "evt_before") == 200
    with uow() as session:
        secrets = stores.provider_account(session, "razorpay").secrets
        stores.change_account(session, session.merge(account), {**secrets, "webhook_secret": "quite-another"})
    assert send(client, account, body, sign(body, old), "evt_old") == 400
    assert send(client, account, body, sign(body, "quite-another"), "evt_new") == 200
    assert send(client, account, body, sign(body, old), "evt_before") == 400
    assert {event.event_id for event in events(uow)} == {"evt_before", "evt_new"}
