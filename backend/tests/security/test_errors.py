"""What an error tells: its place in the log to the caller, and nobody's name or number to the log."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import Session
from starlette.requests import Request

from app.accounts.models import Customer
from app.api.edge import SAFETY_HEADERS, Edge
from app.api.problems import MAX_ERRORS, MAX_FIELD_LENGTH, add_problem_handlers
from app.core.work import store_of
from tests.builders import make_customer

UnitOfWork = Callable[[], AbstractContextManager[Session]]
NAME, PHONE = "Asha Unmistakable Rao", "+919812345678"


def test_a_broken_constraint_is_named_without_the_row_that_broke_it(uow: UnitOfWork) -> None:
    with uow() as session:
        make_customer(session, phone=PHONE)
    with pytest.raises(IntegrityError) as broken, uow() as session:
        session.add(Customer(store_id=store_of(session), phone=PHONE, name=NAME))
        session.flush()
    for told in (str(broken.value), str(broken.value.orig), repr(broken.value)):
        assert PHONE not in told
        assert NAME not in told
    assert "uq_customers_store_id" in str(broken.value)


def test_a_row_that_fails_a_check_is_not_quoted(uow: UnitOfWork) -> None:
    with pytest.raises(IntegrityError) as broken, uow() as session:
        session.add(Customer(store_id=store_of(session), phone=PHONE, name=NAME, kind="thief"))
        session.flush()
    assert "ck_customers_kind_known" in str(broken.value)
    assert PHONE not in str(broken.value)
    assert NAME not in str(broken.value)


def test_the_parameters_of_a_statement_are_not_in_its_error(uow: UnitOfWork) -> None:
    with pytest.raises(DBAPIError) as failed, uow() as session:
        session.execute(text("SELECT 1 / 0 WHERE 'x' <> :phone"), {"phone": PHONE})
    assert PHONE not in str(failed.value)


def test_a_crash_says_where_to_look_and_nothing_of_what_broke() -> None:
    app = FastAPI()
    add_problem_handlers(app)
    app.add_middleware(Edge, max_body_bytes=1000)

    @app.get("/crash")
    def crash(request: Request) -> None:
        raise RuntimeError("secret inside")

    answer = TestClient(app, raise_server_exceptions=False).get("/crash", headers={"X-Request-Id": "my-own-id-1"})
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert answer.headers["X-Request-Id"] == answer.json()["request_id"] == "my-own-id-1"
    assert answer.headers.items() >= {name.lower(): value for name, value in SAFETY_HEADERS.items()}.items()
    assert "secret" not in answer.text


def test_a_body_wrong_in_fifty_thousand_places_is_not_answered_with_more_than_it_said(client: TestClient) -> None:
    body = json.dumps({f"{number:05}": 1 for number in range(50_000)}).encode()
    answer = client.post("/api/v1/otp", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, len(answer.json()["errors"])) == (422, MAX_ERRORS)


def test_a_name_the_caller_made_up_is_not_repeated_at_any_length(client: TestClient) -> None:
    answer = client.post("/api/v1/otp", json={"x" * 500_000: 1})
    assert answer.status_code == 422
    assert max(len(error["field"]) for error in answer.json()["errors"]) == MAX_FIELD_LENGTH
    assert len(answer.content) < 2000
