from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.accounts.steps import OTHER_PHONE, PHONE, signed_in
from tests.conftest import UnitOfWork

ADDRESSES = "/api/v1/addresses"
HOME = {
    "name": "Asha Rao",
    "phone": "98765 43210",
    "line1": "12, 4th Cross, Malleshwaram",
    "line2": "Opposite the park",
    "city": "Bengaluru",
    "state_code": "29",
    "pin": "560003",
}


@pytest.fixture
def asha(client: TestClient, uow: UnitOfWork) -> TestClient:
    """The client, signed in."""
    with uow() as session:
        client.headers["Authorization"] = f"Bearer {signed_in(session).access_token}"
    return client


@pytest.fixture
def stranger(client: TestClient, uow: UnitOfWork) -> Iterator[TestClient]:
    with uow() as session:
        headers = {"Authorization": f"Bearer {signed_in(session, OTHER_PHONE).access_token}"}
    with TestClient(client.app, base_url=str(client.base_url), headers=headers) as other:
        yield other


def test_an_address_lives(asha: TestClient) -> None:
    added = asha.post(ADDRESSES, json=HOME)
    assert added.status_code == 201
    home = added.json()
    assert home == {**HOME, "phone": PHONE, "id": home["id"]}
    assert asha.get(ADDRESSES).json() == {"items": [home]}
    one = f"{ADDRESSES}/{home['id']}"
    changed = asha.patch(one, json={"line2": None, "pin": "560055"})
    assert (changed.status_code, changed.json()) == (200, {**home, "line2": "", "pin": "560055"})
    assert asha.get(one).json() == changed.json()
    for _ in range(2):
        assert asha.delete(one).status_code == 204
    assert asha.get(one).status_code == 404
    assert asha.get(ADDRESSES).json() == {"items": []}


def test_an_address_is_added_once_under_its_key(asha: TestClient) -> None:
    key = {"Idempotency-Key": "add-home"}
    first, repeat = asha.post(ADDRESSES, json=HOME, headers=key), asha.post(ADDRESSES, json=HOME, headers=key)
    assert (repeat.status_code, repeat.json()) == (201, first.json())
    assert len(asha.get(ADDRESSES).json()["items"]) == 1
    other = asha.post(ADDRESSES, json={**HOME, "pin": "560004"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert len(asha.get(ADDRESSES).json()["items"]) == 1


BAD: list[dict[str, Any]] = [
    {"pin": "060003"},
    {"pin": "5600"},
    {"pin": "56000a"},
    {"state_code": "KA"},
    {"state_code": "00"},
    {"state_code": "39"},
    {"state_code": 29},
    {"name": ""},
    {"name": "   "},
    {"name": None},
    {"line1": "x" * 201},
    {"city": "a\u0000"},
    {"phone": "12345678"},
    {"phone": "+912223456789"},
    {"customer_id": "01980a2f-11aa-7b22-a3c4-5d6e7f809102"},
]


@pytest.mark.parametrize("bad", BAD)
def test_what_is_no_address_is_refused_and_changes_nothing(asha: TestClient, bad: dict[str, Any]) -> None:
    home = asha.post(ADDRESSES, json=HOME).json()
    for answer in (asha.post(ADDRESSES, json=HOME | bad), asha.patch(f"{ADDRESSES}/{home['id']}", json=bad)):
        assert answer.status_code == 422, answer.text
        assert answer.json()["code"] in ("invalid", "phone_invalid")
    assert asha.get(ADDRESSES).json() == {"items": [home]}


def test_an_address_needs_its_parts(asha: TestClient) -> None:
    for part in set(HOME) - {"line2"}:
        answer = asha.post(ADDRESSES, json={key: value for key, value in HOME.items() if key != part})
        assert [error["field"] for error in answer.json()["errors"]] == [f"/{part}"]
    assert asha.get(ADDRESSES).json() == {"items": []}


def test_somebody_elses_address_does_not_exist(asha: TestClient, stranger: TestClient) -> None:
    home = asha.post(ADDRESSES, json=HOME).json()
    one = f"{ADDRESSES}/{home['id']}"
    for answer in (stranger.get(one), stranger.patch(one, json={"city": "Pune"}), stranger.delete(one)):
        assert (answer.status_code, answer.json()["code"]) == (404, "address_not_found")
    assert stranger.get(ADDRESSES).json() == {"items": []}
    assert asha.get(one).json() == home


def test_a_guest_has_no_addresses(client: TestClient) -> None:
    for answer in (client.get(ADDRESSES), client.post(ADDRESSES, json=HOME)):
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorised")
