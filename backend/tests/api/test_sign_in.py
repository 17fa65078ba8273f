"""Sign-in as browsers and apps see it."""

import json
import re
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from app.accounts import people
from app.accounts.models import Customer, LoginSession, OneTimeCode
from app.carts import service as carts
from app.core.actor import SYSTEM
from app.core.clock import machine_now
from app.core.ids import new_id
from app.core.security import sign_jwt
from app.core.work import unit_of_work
from app.notifications.models import Message
from app.stores.models import Store
from app.tasks import notifications
from tests.accounts.steps import OTHER_PHONE, PHONE, count, newest_code, wrong
from tests.conftest import UnitOfWork
from tests.sandbox_control import Sandbox

V1 = "/api/v1"
COOKIES = {"rozana_access", "rozana_refresh", "rozana_csrf"}


def ask(client: TestClient, phone: str = PHONE) -> Any:
    return client.post(f"{V1}/otp", json={"phone": phone})


def code_of(uow: UnitOfWork, phone: str = PHONE) -> str:
    with uow() as session:
        return newest_code(session, phone)


def sign_in(client: TestClient, uow: UnitOfWork, phone: str = PHONE, **more: Any) -> Any:
    assert ask(client, phone).status_code == 202
    answer = client.post(f"{V1}/sessions", json={"phone": phone, "code": code_of(uow, phone), **more})
    assert answer.status_code == 201, answer.text
    return answer


def bearer(answer: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def test_a_customer_signs_in_with_a_code(client: TestClient, uow: UnitOfWork) -> None:
    answer = sign_in(client, uow)
    body = answer.json()
    assert set(body) == {"access_token", "refresh_token", "expires_in_seconds", "customer"}
    assert body["customer"]["phone"] == PHONE
    assert answer.headers["cache-control"] == "no-store"
    assert not answer.cookies
    me = client.get(f"{V1}/me", headers=bearer(answer))
    assert me.json() == body["customer"]


def test_ac43_known_and_unknown_numbers_are_answered_alike(client: TestClient, uow: UnitOfWork) -> None:
    sign_in(client, uow)
    known, unknown = ask(client), ask(client, OTHER_PHONE)
    assert known.status_code == unknown.status_code == 202
    assert known.content == unknown.content
    assert known.json() == {"expires_in_seconds": 300, "resend_in_seconds": 30}
    refusals = [
        client.post(f"{V1}/sessions", json={"phone": phone, "code": wrong(code_of(uow, phone))})
        for phone in (PHONE, OTHER_PHONE)
    ]
    assert [refusal.status_code for refusal in refusals] == [401, 401]
    first, second = ({**refusal.json(), "request_id": ""} for refusal in refusals)
    assert first == second


def test_ac43_known_and_unknown_numbers_cost_the_same_statements(client: TestClient, uow: UnitOfWork) -> None:
    """Time follows from work: the same statements in the same order, whoever has the number."""
    from sqlalchemy import event

    from app.core.db import engine

    sign_in(client, uow)
    statements: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        statements.append(statement)

    event.listen(engine(), "before_cursor_execute", note)
    try:
        ask(client)
        known, statements[:] = list(statements), []
        ask(client, OTHER_PHONE)
    finally:
        event.remove(engine(), "before_cursor_execute", note)
    assert len(known) > 3
    assert statements == known


def test_ac43_the_sixth_code_in_an_hour_is_refused_with_a_time_to_wait(client: TestClient, uow: UnitOfWork) -> None:
    assert [ask(client).status_code for _ in range(6)] == [202] * 5 + [429]
    refusal = ask(client)
    assert refusal.json()["code"] == "too_many_codes"
    assert 3500 < int(refusal.headers["retry-after"]) <= 3600
    with uow() as session:
        assert (count(session, OneTimeCode), count(session, Message)) == (5, 5)


def test_ac43_a_wrong_code_is_counted_though_it_is_refused(client: TestClient, uow: UnitOfWork) -> None:
    ask(client)
    code = code_of(uow)
    for _ in range(5):
        refusal = client.post(f"{V1}/sessions", json={"phone": PHONE, "code": wrong(code)})
        assert (refusal.status_code, refusal.json()["code"]) == (401, "code_wrong")
    assert client.post(f"{V1}/sessions", json={"phone": PHONE, "code": code}).status_code == 401
    with uow() as session:
        assert session.exec(select(OneTimeCode.tries)).all() == [5]
        assert (count(session, Customer), count(session, LoginSession)) == (0, 0)


def test_signing_in_is_never_replayed(client: TestClient, uow: UnitOfWork) -> None:
    """A kept answer would be a kept token."""
    ask(client)
    body = {"phone": PHONE, "code": code_of(uow)}
    key = {"Idempotency-Key": "the-same-key"}
    assert client.post(f"{V1}/sessions", json=body, headers=key).status_code == 201
    again = client.post(f"{V1}/sessions", json=body, headers=key)
    assert again.status_code == 401
    assert "access_token" not in again.text


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"phone": PHONE},
        {"code": "123456"},
        {"phone": PHONE, "code": "123456", "email": "a@example.com", "password": "x"},
        {"phone": PHONE, "password": "correct horse"},
        {"phone": PHONE, "code": "12345"},
        {"phone": PHONE, "code": "12345a"},
        {"phone": PHONE, "code": "١٢٣٤٥٦"},
        {"phone": "9" * 33, "code": "123456"},
        {"phone": "98765\u0000", "code": "123456"},
        {"phone": "12345678", "code": "123456"},
        {"phone": PHONE, "code": 123456},
        {"phone": PHONE, "code": "123456", "transport": "pigeon"},
        {"phone": PHONE, "code": "123456", "cart_id": "01980a2f-11aa-7b22-a3c4-5d6e7f809102"},
        {"phone": PHONE, "code": "123456", "role": "admin"},
        {"email": "a@example.com", "password": "x" * 201},
        {"email": "\ud800@example.com", "password": "correct horse"},
        [],
        None,
    ],
)
def test_a_sign_in_that_makes_no_sense_is_refused(client: TestClient, uow: UnitOfWork, body: Any) -> None:
    ask(client)
    answer = client.post(f"{V1}/sessions", content=json.dumps(body), headers={"Content-Type": "application/json"})
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    with uow() as session:
        assert session.exec(select(OneTimeCode.tries)).all() == [0]
        assert count(session, LoginSession) == 0


def test_a_form_of_another_site_cannot_sign_anybody_in(client: TestClient, uow: UnitOfWork) -> None:
    """A plain form can send JSON, but not call it JSON; the other type makes browsers ask first."""
    ask(client)
    body = json.dumps({"phone": PHONE, "code": code_of(uow), "transport": "cookie"})
    answer = client.post(f"{V1}/sessions", content=body, headers={"Content-Type": "text/plain"})
    assert answer.status_code == 422
    assert not answer.cookies
    with uow() as session:
        assert count(session, LoginSession) == 0


def test_a_refusal_does_not_repeat_the_secret(client: TestClient) -> None:
    answer = client.post(f"{V1}/sessions", json={"email": "a@example.com", "password": "s3cret" * 40})
    assert answer.status_code == 422
    assert "s3cret" not in answer.text


def test_staff_sign_in_by_password(client: TestClient, uow: UnitOfWork) -> None:
    with uow() as session:
        people.add_staff(session, "ravi@example.com", "correct horse", "support", SYSTEM, name="Ravi")
    answer = client.post(f"{V1}/sessions", json={"email": "Ravi@example.com", "password": "correct horse"})
    assert answer.status_code == 201
    assert set(answer.json()) == {"access_token", "refresh_token", "expires_in_seconds", "staff"}
    me = client.get(f"{V1}/me", headers=bearer(answer)).json()
    assert (me["role"], me["email"]) == ("support", "ravi@example.com")
    assert client.patch(f"{V1}/me", json={"name": "R"}, headers=bearer(answer)).status_code == 403
    assert len(client.get(f"{V1}/sessions", headers=bearer(answer)).json()["items"]) == 1


def test_a_guests_cart_is_merged_and_a_strange_one_does_not_stop_the_sign_in(client: TestClient, uow: UnitOfWork) -> None:
    with uow() as session:
        cart, token = carts.open_cart(session, None, machine_now())
    first = sign_in(client, uow, cart_id=str(cart.id), cart_token=token).json()
    assert first["cart_id"] not in (None, str(cart.id))
    assert sign_in(client, uow, cart_id=str(new_id()), cart_token="nonsense").json()["cart_id"] is None


def test_a_refresh_token_works_once(client: TestClient, uow: UnitOfWork) -> None:
    first = sign_in(client, uow).json()
    second = client.post(f"{V1}/sessions/refresh", json={"refresh_token": first["refresh_token"]})
    assert second.status_code == 200
    assert set(second.json()) == {"access_token", "refresh_token", "expires_in_seconds", "customer"}
    third = client.post(f"{V1}/sessions/refresh", json={"refresh_token": second.json()["refresh_token"]}).json()
    reused = client.post(f"{V1}/sessions/refresh", json={"refresh_token": first["refresh_token"]})
    assert (reused.status_code, reused.json()["code"]) == (401, "session_reused")
    over = client.post(f"{V1}/sessions/refresh", json={"refresh_token": third["refresh_token"]})
    assert (over.status_code, over.json()["code"]) == (401, "session_over")


def test_a_refresh_without_a_token_is_refused(client: TestClient) -> None:
    for content in (None, "{}"):
        answer = client.post(f"{V1}/sessions/refresh", content=content, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (401, "session_over")


def test_cookies_keep_the_tokens_from_scripts(client: TestClient, uow: UnitOfWork) -> None:
    answer = sign_in(client, uow, transport="cookie")
    assert set(answer.json()) == {"expires_in_seconds", "csrf_token", "customer"}
    lines = answer.headers.get_list("set-cookie")
    assert {line.split("=")[0] for line in lines} == COOKIES
    assert all("Path=/" in line and "SameSite=lax" in line and "Max-Age=2592000" in line for line in lines)
    assert {line.split("=")[0] for line in lines if "HttpOnly" in line} == COOKIES - {"rozana_csrf"}
    assert client.cookies["rozana_csrf"] == answer.json()["csrf_token"]
    assert client.get(f"{V1}/me").json() == answer.json()["customer"]


def test_a_write_with_cookies_needs_the_csrf_header(client: TestClient, uow: UnitOfWork) -> None:
    csrf = sign_in(client, uow, transport="cookie").json()["csrf_token"]
    tries: list[dict[bytes, bytes]] = [{}, {b"X-CSRF-Token": b"guess"}, {b"X-CSRF-Token": "é".encode()}]
    for headers in tries:
        refusal = client.patch(f"{V1}/me", json={"name": "Eve"}, headers=headers)
        assert (refusal.status_code, refusal.json()["code"]) == (403, "csrf_token_missing")
    assert client.get(f"{V1}/me").json()["name"] == ""
    assert client.patch(f"{V1}/me", json={"name": "Asha"}, headers={"X-CSRF-Token": csrf}).json()["name"] == "Asha"


def test_a_csrf_cookie_planted_by_a_neighbour_is_worth_nothing(client: TestClient, uow: UnitOfWork) -> None:
    sign_in(client, uow, transport="cookie")
    client.cookies.delete("rozana_csrf")
    client.cookies.set("rozana_csrf", "planted")
    assert client.patch(f"{V1}/me", json={"name": "Eve"}, headers={"X-CSRF-Token": "planted"}).status_code == 403
    assert client.get(f"{V1}/me").json()["name"] == ""


def test_cookies_are_refreshed_with_the_csrf_header_only(client: TestClient, uow: UnitOfWork) -> None:
    csrf = sign_in(client, uow, transport="cookie").json()["csrf_token"]
    before = client.cookies["rozana_refresh"]
    assert client.post(f"{V1}/sessions/refresh").status_code == 403
    assert client.cookies["rozana_refresh"] == before
    answer = client.post(f"{V1}/sessions/refresh", json={}, headers={"X-CSRF-Token": csrf})
    assert answer.status_code == 200
    assert set(answer.json()) == {"expires_in_seconds", "csrf_token", "customer"}
    assert client.cookies["rozana_refresh"] != before
    assert client.get(f"{V1}/me").status_code == 200


def test_an_expired_access_cookie_is_refused_and_does_not_stop_the_refresh(client: TestClient, uow: UnitOfWork) -> None:
    csrf = sign_in(client, uow, transport="cookie").json()["csrf_token"]
    client.cookies.delete("rozana_access")
    client.cookies.set("rozana_access", sign_jwt({"sub": "x"}, seconds=-1))
    refusal = client.get(f"{V1}/me")
    assert (refusal.status_code, refusal.json()["code"]) == (401, "token_invalid")
    assert ask(client, OTHER_PHONE).status_code == 202  # public routes ask nobody who they are
    assert client.post(f"{V1}/sessions/refresh", headers={"X-CSRF-Token": csrf}).status_code == 200


def test_signing_out_ends_the_session_and_takes_the_cookies_back(client: TestClient, uow: UnitOfWork) -> None:
    csrf = {"X-CSRF-Token": sign_in(client, uow, transport="cookie").json()["csrf_token"]}
    kept = client.cookies["rozana_refresh"]
    answer = client.delete(f"{V1}/sessions/current", headers=csrf)
    assert (answer.status_code, answer.content) == (204, b"")
    assert not COOKIES & set(client.cookies.keys())
    assert client.post(f"{V1}/sessions/refresh", json={"refresh_token": kept}).status_code == 401
    assert client.get(f"{V1}/me").status_code == 401


def test_devices_are_listed_and_signed_out(client: TestClient, uow: UnitOfWork) -> None:
    phone, laptop = sign_in(client, uow), sign_in(client, uow)
    listed = client.get(f"{V1}/sessions", headers=bearer(laptop)).json()["items"]
    assert [item["is_current"] for item in listed] == [True, False]
    for _ in range(2):
        assert client.delete(f"{V1}/sessions/{listed[1]['id']}", headers=bearer(laptop)).status_code == 204
    refreshed = client.post(f"{V1}/sessions/refresh", json={"refresh_token": phone.json()["refresh_token"]})
    assert refreshed.status_code == 401
    stranger = sign_in(client, uow, OTHER_PHONE)
    answer = client.delete(f"{V1}/sessions/{listed[0]['id']}", headers=bearer(stranger))
    assert (answer.status_code, answer.json()["code"]) == (404, "session_not_found")
    assert len(client.get(f"{V1}/sessions", headers=bearer(laptop)).json()["items"]) == 1


def test_a_token_of_another_store_is_refused(client: TestClient, uow: UnitOfWork, make_store: Any) -> None:
    other = make_store()
    with TestClient(client.app, base_url=f"http://{other.host}") as elsewhere:
        answer = sign_in(elsewhere, lambda: unit_of_work(other.id))
    refusal = client.get(f"{V1}/me", headers=bearer(answer))
    assert (refusal.status_code, refusal.json()["code"]) == (401, "token_invalid")
    foreign = client.post(f"{V1}/sessions/refresh", json={"refresh_token": answer.json()["refresh_token"]})
    assert foreign.status_code == 401


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c", "\u00e9"])
def test_a_forged_token_is_refused(client: TestClient, token: str) -> None:
    answer = client.get(f"{V1}/me", headers={b"Authorization": f"Bearer {token}".encode("latin-1")})
    assert answer.status_code == 401


def test_sign_in_is_documented(client: TestClient) -> None:
    spec = client.get("/openapi.json").json()
    for path in ("otp", "sessions", "sessions/refresh", "sessions/current", "sessions/{session_id}", "me", "addresses"):
        for operation in spec["paths"][f"{V1}/{path}"].values():
            assert operation["description"]
    assert spec["components"]["schemas"]["SignIn"]["examples"]


def test_the_code_arrives_by_sms_and_is_kept_nowhere(
    client: TestClient, uow: UnitOfWork, store: Store, sandbox: Sandbox
) -> None:
    ask(client)
    notifications.drain(str(store.id))  # as the worker does
    found = re.search(r"\b[0-9]{6}\b", sandbox.inbox(to=PHONE)[0]["text"])
    assert found
    answer = client.post(f"{V1}/sessions", json={"phone": PHONE, "code": found[0]})
    assert answer.status_code == 201
    with uow() as session:
        message = session.exec(select(Message)).one()
        assert message.secret_context is None
        assert found[0] not in message.text


def test_a_browser_whose_session_is_over_is_a_guest_again(client: TestClient) -> None:
    """Cookies that are worth nothing would keep it from filling a cart."""
    for name in ("rozana_access", "rozana_refresh", "rozana_csrf"):
        client.cookies.set(name, "over")
    answer = client.post("/api/v1/sessions/refresh", headers={"X-CSRF-Token": "over"})
    assert (answer.status_code, answer.json()["code"]) == (401, "session_over")
    taken_back = [cookie for cookie in answer.headers.get_list("set-cookie") if "Max-Age=0" in cookie]
    assert sorted(cookie.split("=")[0] for cookie in taken_back) == ["rozana_access", "rozana_csrf", "rozana_refresh"]
