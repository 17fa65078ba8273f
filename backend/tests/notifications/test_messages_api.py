"""What staff see of messages, and nobody else."""

import pytest
from fastapi.testclient import TestClient

from app.accounts import service as accounts
from app.core.actor import SYSTEM
from app.core.ids import new_id
from app.core.security import sign_jwt
from app.stores.models import Store
from tests.conftest import UnitOfWork
from tests.notifications.sending import PHONE, deliver, queue, queue_code
from tests.sandbox_control import Sandbox

MESSAGES = "/api/v1/messages"


def token(store: Store, kind: str, role: str, person_id: object) -> dict[str, str]:
    claims = {"sub": str(person_id), "kind": kind, "role": role, "store": str(store.id), "sid": str(new_id())}
    return {"Authorization": f"Bearer {sign_jwt(claims, seconds=600)}"}


@pytest.fixture
def support(store: Store, uow: UnitOfWork) -> dict[str, str]:
    with uow() as session:
        staff = accounts.add_staff(session, "ravi@example.in", "a long password of his", "support", SYSTEM)
    return token(store, "staff", "support", staff.id)


def test_staff_see_what_was_sent_and_what_became_of_it(
    client: TestClient, store: Store, sandbox: Sandbox, support: dict[str, str]
) -> None:
    sandbox.receipts("hold")
    order_id = new_id()
    sent = queue(store.id, "sms", "event:1", about=("orders", order_id))
    deliver(store.id, sent)
    queue(store.id, "email", "event:2")
    page = client.get(MESSAGES, params={"limit": 1}, headers=support).json()
    assert [item["channel"] for item in page["items"]] == ["email"]
    rest = client.get(MESSAGES, params={"limit": 1, "after": page["next"]}, headers=support).json()
    assert (rest["items"][0]["id"], rest["next"]) == (str(sent), None)
    [found] = client.get(MESSAGES, params={"about": str(order_id)}, headers=support).json()["items"]
    assert (found["status"], found["recipient"], found["attempts"]) == ("sent", PHONE, 1)
    assert found["about"] == {"type": "orders", "id": str(order_id)}
    [waiting] = client.get(MESSAGES, params={"status": "queued"}, headers=support).json()["items"]
    assert waiting["next_attempt_at"] is not None
    whole = client.get(f"{MESSAGES}/{sent}", headers=support).json()
    assert (whole["text"], whole["receipts"]) == ("Hello", [])


def test_a_code_is_masked_even_for_staff(client: TestClient, store: Store, sandbox: Sandbox, support: dict[str, str]) -> None:
    message_id = queue_code(store.id, "482913")
    assert "482913" not in client.get(f"{MESSAGES}/{message_id}", headers=support).text
    deliver(store.id, message_id)
    answer = client.get(f"{MESSAGES}/{message_id}", headers=support)
    assert "482913" not in answer.text
    assert answer.json()["text"].startswith("••••••")


def test_nobody_else_sees_messages(client: TestClient, store: Store, make_store: object) -> None:
    message_id = queue(store.id, "sms")
    for path in (MESSAGES, f"{MESSAGES}/{message_id}"):
        assert client.get(path).status_code == 401
        for kind, role in (("customer", ""), ("staff", "packer")):
            assert client.get(path, headers=token(store, kind, role, new_id())).status_code == 403


def test_a_message_that_is_not_here_is_not_found(client: TestClient, support: dict[str, str]) -> None:
    answer = client.get(f"{MESSAGES}/{new_id()}", headers=support)
    assert (answer.status_code, answer.json()["code"]) == (404, "message_not_found")
    assert client.get(MESSAGES, params={"limit": 0}, headers=support).status_code == 422
    assert client.get(MESSAGES, params={"status": "lost"}, headers=support).status_code == 422
