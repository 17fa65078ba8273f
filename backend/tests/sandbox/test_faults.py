"""Each fault as the real client libraries feel it, and what is left behind."""

import json
import socket
from base64 import b64encode
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from python_http_client.exceptions import (
    BadRequestsError,
    HTTPError,
    InternalServerError,
    TooManyRequestsError,
    UnauthorizedError,
)
from razorpay.errors import BadRequestError, ServerError
from twilio.base.exceptions import TwilioRestException

from tests.sandbox.polling import eventually
from tests.sandbox.world import World

ORDER = {"amount": 500, "currency": "INR", "receipt": "R1"}


def orders(world: World) -> int:
    return int(world.razorpay.order.all({"receipt": "R1", "count": 100})["count"])


def test_timeout_after_effect_leaves_the_order(world: World) -> None:
    world.fault("orders.create", "timeout_after_effect")
    with pytest.raises(requests.exceptions.ReadTimeout):
        world.razorpay.order.create(ORDER, timeout=(3, 0.3))
    assert orders(world) == 1
    [call] = world.get("/control/calls", account=world.key_id, operation="orders.create")
    assert (call["fault"], call["status"], call["body"]) == ("timeout_after_effect", None, ORDER)


def test_timeout_before_effect_leaves_nothing(world: World) -> None:
    world.fault("orders.create", "timeout_before_effect")
    with pytest.raises(requests.exceptions.ReadTimeout):
        world.razorpay.order.create(ORDER, timeout=(3, 0.3))
    assert orders(world) == 0


def test_a_patient_caller_gets_the_answer_after_all(world: World) -> None:
    world.fault("orders.create", "timeout_after_effect", seconds=0.2)
    assert world.razorpay.order.create(ORDER, timeout=(3, 10))["receipt"] == "R1"
    world.fault("orders.create", "timeout_before_effect", seconds=0.2)
    with pytest.raises(requests.exceptions.JSONDecodeError):
        world.razorpay.order.create(ORDER, timeout=(3, 10))


def test_many_slow_calls_do_not_hold_up_the_sandbox(world: World) -> None:
    world.fault("orders.create", "timeout_after_effect", times=60)
    body = json.dumps(ORDER)
    credentials = b64encode(f"{world.key_id}:{world.key_secret}".encode()).decode()
    request = (
        f"POST /v1/orders HTTP/1.1\r\nHost: sandbox\r\nAuthorization: Basic {credentials}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    )
    address = urlsplit(world.url)
    with ExitStack() as connections:
        for _ in range(60):
            connection = connections.enter_context(socket.create_connection((address.hostname, address.port or 0)))
            connection.sendall(request.encode())
        assert eventually(lambda: orders(world) == 60)  # it answers while all sixty wait


def test_connection_reset_is_felt_as_one(world: World) -> None:
    world.fault("orders.create", "connection_reset")
    with pytest.raises(requests.exceptions.ConnectionError, match="reset by peer"):
        world.razorpay.order.create(ORDER)
    assert orders(world) == 0
    world.fault("orders.create", "connection_reset", after_effect=True)
    with pytest.raises(requests.exceptions.ConnectionError):
        world.razorpay.order.create(ORDER)
    assert orders(world) == 1


@pytest.mark.parametrize(("after_effect", "left"), [(False, 0), (True, 1)])
def test_bad_gateway_is_a_page_not_json(world: World, after_effect: bool, left: int) -> None:
    world.fault("orders.create", "bad_gateway_html", after_effect=after_effect)
    with pytest.raises(requests.exceptions.JSONDecodeError):
        world.razorpay.order.create(ORDER)
    assert orders(world) == left
    world.fault("orders.fetch", "bad_gateway_html")
    answer = world.http.get("/v1/orders/x", auth=(world.key_id, world.key_secret))
    assert (answer.status_code, answer.headers["content-type"]) == (502, "text/html; charset=utf-8")
    assert "<center>nginx</center>" in answer.text


@pytest.mark.parametrize(
    ("fault", "status", "error", "code"),
    [
        ("rate_limited", 429, BadRequestError, "BAD_REQUEST_ERROR"),
        ("conflict", 409, BadRequestError, "BAD_REQUEST_ERROR"),
        ("unauthorised", 401, BadRequestError, "BAD_REQUEST_ERROR"),
        ("rejected", 400, BadRequestError, "BAD_REQUEST_ERROR"),
        ("error_without_code", 500, ServerError, None),
    ],
)
def test_razorpay_refusals(world: World, fault: str, status: int, error: type[Exception], code: str | None) -> None:
    world.fault("orders.create", fault, times=2)
    with pytest.raises(error):
        world.razorpay.order.create(ORDER)
    answer = world.http.post("/v1/orders", json=ORDER, auth=(world.key_id, world.key_secret))
    assert (answer.status_code, answer.json()["error"].get("code")) == (status, code)
    assert orders(world) == 0
    assert world.razorpay.order.create(ORDER)["status"] == "created"  # counted down: the third one lives
    calls = world.get("/control/calls", account=world.key_id, operation="orders.create")
    assert [(call["status"], call["fault"]) for call in calls] == [(status, fault), (status, fault), (200, None)]


@pytest.mark.parametrize(
    ("fault", "status", "code"),  # without a code the library takes the status
    [("rate_limited", 429, 20429), ("conflict", 409, 20409), ("unauthorised", 401, 20003), ("rejected", 400, 21211),
     ("error_without_code", 500, 500), ("bad_gateway_html", 502, 502)],
)  # fmt: skip
def test_twilio_refusals(world: World, fault: str, status: int, code: int) -> None:
    world.fault("messages.create", fault)
    with pytest.raises(TwilioRestException) as refusal:
        world.text()
    assert (refusal.value.status, refusal.value.code) == (status, code)
    assert world.get("/control/inbox", account=world.account_sid) == []


def test_a_rejection_may_name_its_code(world: World) -> None:
    world.fault("messages.create", "rejected", code="21610")
    with pytest.raises(TwilioRestException) as refusal:
        world.text()
    assert (refusal.value.status, refusal.value.code) == (400, 21610)
    world.fault("orders.create", "rejected", code="order_limit_exceeded")
    answer = world.http.post("/v1/orders", json=ORDER, auth=(world.key_id, world.key_secret))
    assert answer.json()["error"]["reason"] == "order_limit_exceeded"


def test_twilio_timeout_after_effect_sends_the_text(world: World) -> None:
    world.fault("messages.create", "timeout_after_effect")
    world.twilio.http_client.timeout = 0.3
    with pytest.raises(requests.exceptions.ReadTimeout):
        world.text(status_callback=f"{world.receiver.url}/sms?message=m-1")
    [message] = world.get("/control/inbox", account=world.account_sid)
    assert message["callback_url"].endswith("message=m-1")
    world.receiver.wait(2)


@pytest.mark.parametrize(
    ("fault", "error"),
    [("rate_limited", TooManyRequestsError), ("unauthorised", UnauthorizedError), ("rejected", BadRequestsError),
     ("error_without_code", InternalServerError), ("bad_gateway_html", HTTPError), ("conflict", HTTPError)],
)  # fmt: skip
def test_sendgrid_refusals(world: World, fault: str, error: type[HTTPError]) -> None:
    world.fault("mail.send", fault)
    with pytest.raises(error) as refusal:
        world.mail()
    if fault == "rate_limited":
        assert refusal.value.headers["X-RateLimit-Remaining"] == "0"
    if fault != "bad_gateway_html":
        assert "errors" in json.loads(refusal.value.body)
    assert world.get("/control/inbox", account=world.api_key) == []


def test_sendgrid_timeout_after_effect_sends_the_mail(world: World) -> None:
    world.fault("mail.send", "timeout_after_effect")
    world.sendgrid.client.timeout = 0.3
    with pytest.raises(TimeoutError):
        world.mail(message_id="m-1")
    [message] = world.get("/control/inbox", account=world.api_key)
    assert message["custom_args"] == {"message_id": "m-1"}


def test_any_operation_and_listing_and_clearing(world: World) -> None:
    world.fault("*", "rate_limited", times=5)
    [waiting] = world.get("/control/faults", account=world.key_id)
    assert {name: waiting[name] for name in ("operation", "fault", "times_left")} == {
        "operation": "*", "fault": "rate_limited", "times_left": 5,
    }  # fmt: skip
    with pytest.raises(BadRequestError):
        world.razorpay.payment.all()
    assert world.get("/control/faults", account=world.key_id)[0]["times_left"] == 4
    assert world.http.delete("/control/faults", params={"account": world.key_id}).json() == {"cleared": 1}
    assert world.razorpay.payment.all()["count"] == 0


def test_faults_stay_with_their_account(world: World) -> None:
    world.fault("*", "rate_limited", account="somebody-else")
    assert world.order()["status"] == "created"


@pytest.mark.parametrize(
    "body", [{"fault": "flood"}, {"operation": "order.create"}, {"times": 0}, {"seconds": -1}, {"colour": "red"}]
)
def test_a_malformed_fault_is_refused(world: World, body: dict[str, Any]) -> None:
    whole = {"account": world.key_id, "operation": "*", "fault": "conflict", **body}
    assert world.http.post("/control/faults", json=whole).status_code == 422
    assert world.get("/control/faults", account=world.key_id) == []
