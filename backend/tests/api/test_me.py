from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.accounts.steps import OTHER_PHONE, PHONE, signed_in
from tests.conftest import UnitOfWork

ME = "/api/v1/me"


@pytest.fixture
def asha(client: TestClient, uow: UnitOfWork) -> TestClient:
    """The client, signed in."""
    with uow() as session:
        client.headers["Authorization"] = f"Bearer {signed_in(session).access_token}"
    return client


def test_somebody_new_has_a_number_and_nothing_else(asha: TestClient) -> None:
    me = asha.get(ME).json()
    assert {key: value for key, value in me.items() if key != "id"} == {
        "kind": "consumer",
        "name": "",
        "phone": PHONE,
        "email": None,
    }


def test_name_and_mail_are_changed_and_cleared(asha: TestClient) -> None:
    changed = asha.patch(ME, json={"name": "  Asha Rao ", "email": "Asha@Example.com"})
    assert changed.status_code == 200
    assert (changed.json()["name"], changed.json()["email"]) == ("Asha Rao", "asha@example.com")
    assert asha.patch(ME, json={}).json() == changed.json()
    cleared = asha.patch(ME, json={"name": None, "email": None}).json()
    assert (cleared["name"], cleared["email"]) == ("", None)
    assert asha.get(ME).json() == cleared


@pytest.mark.parametrize(
    "body",
    [
        {"email": "nobody"},
        {"email": "a@b"},
        {"email": f"{'a' * 300}@example.com"},
        {"name": "x" * 121},
        {"name": "a\u0000b"},
        {"name": "a\nb"},
        {"name": 7},
        {"phone": OTHER_PHONE},
        {"kind": "distributor"},
    ],
)
def test_what_is_no_name_or_mail_changes_nothing(asha: TestClient, body: Any) -> None:
    before = asha.get(ME).json()
    refusal = asha.patch(ME, json=body)
    assert (refusal.status_code, refusal.json()["code"]) == (422, "invalid")
    assert refusal.json()["errors"][0]["field"] == f"/{next(iter(body))}"
    assert asha.get(ME).json() == before


def test_a_mail_address_of_somebody_else_is_refused(asha: TestClient, uow: UnitOfWork) -> None:
    assert asha.patch(ME, json={"email": "asha@example.com"}).status_code == 200
    with uow() as session:
        asha.headers["Authorization"] = f"Bearer {signed_in(session, OTHER_PHONE).access_token}"
    refusal = asha.patch(ME, json={"name": "Eve", "email": "ASHA@example.com"})
    assert (refusal.status_code, refusal.json()["code"], refusal.json()["field"]) == (409, "email_taken", "email")
    assert asha.get(ME).json()["name"] == ""


def test_a_change_is_repeated_under_its_key(asha: TestClient) -> None:
    key = {"Idempotency-Key": "change-1"}
    first = asha.patch(ME, json={"name": "Asha"}, headers=key)
    asha.patch(ME, json={"name": "Asha Rao"})
    repeat = asha.patch(ME, json={"name": "Asha"}, headers=key)
    assert repeat.json() == first.json()
    assert repeat.headers["idempotent-replay"] == "true"
    assert asha.get(ME).json()["name"] == "Asha Rao"


def test_a_guest_is_nobody(client: TestClient) -> None:
    for answer in (client.get(ME), client.patch(ME, json={"name": "Eve"})):
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorised")
