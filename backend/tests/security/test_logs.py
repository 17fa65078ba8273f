"""The log of a whole purchase, at its most talkative, holds nobody's name, number or address, and no secret."""

import logging
import re
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from app.core.clock import machine_now
from app.stores.models import Store
from tests.accounts.steps import newest_code
from tests.builders import make_variant
from tests.sandbox_control import Sandbox
from tests.shopping import ADDRESS, work_off

UnitOfWork = Callable[[], AbstractContextManager[Session]]
PHONE, EMAIL, NAME = "+919812345678", "unmistakable@example.in", "Asha Unmistakable Rao"
FORM = ("razorpay_order_id", "razorpay_payment_id", "razorpay_signature")


def test_a_purchase_leaves_nothing_personal_and_no_secret_in_the_log(
    client: TestClient, uow: UnitOfWork, store: Store, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    with uow() as session:
        variant_id = make_variant(session, stock_quantity=10).id
    caplog.set_level(logging.DEBUG)
    client.post("/api/v1/otp", json={"phone": PHONE})
    with uow() as session:
        code = newest_code(session, PHONE)
    work_off(store)
    signed_in = client.post("/api/v1/sessions", json={"phone": PHONE, "code": code}).json()
    headers = {"Authorization": f"Bearer {signed_in['access_token']}"}
    client.post("/api/v1/sessions", json={"email": EMAIL, "password": "not the right one"})
    client.patch("/api/v1/me", json={"name": NAME, "email": EMAIL}, headers=headers)
    address = client.post("/api/v1/addresses", json={**ADDRESS, "line1": "7 Unmistakable Road"}, headers=headers).json()
    cart = client.post("/api/v1/carts", headers=headers).json()
    client.put(f"/api/v1/carts/{cart['id']}/lines/{variant_id}", json={"quantity": 1}, headers=headers)
    placed = client.post(
        "/api/v1/checkouts",
        json={"cart_id": cart["id"], "address_id": address["id"]},
        headers=headers | {"Idempotency-Key": str(machine_now())},
    ).json()
    sandbox.webhooks("drop")
    paid = sandbox.pay(placed["payment"]["provider_order_id"])
    back = f"/api/v1/payment-returns/{placed['order']['id']}"
    client.post(back, data={name: paid[name] for name in FORM} | {"razorpay_signature": "0" * 64})
    client.post(back, data={name: paid[name] for name in FORM})
    work_off(store)
    refreshed = client.post("/api/v1/sessions/refresh", json={"refresh_token": signed_in["refresh_token"]}).json()
    assert {message["channel"] for message in sandbox.inbox()} == {"email", "sms"}, "the purchase did not get this far"

    ours = [record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    told = "\n".join(ours)
    assert "provider_call" in told
    tokens = [answer[name] for answer in (signed_in, refreshed) for name in ("access_token", "refresh_token")]
    secrets = [
        *sandbox.razorpay.values(),
        sandbox.twilio["auth_token"],
        sandbox.api_key,
        paid["razorpay_signature"],
        *tokens,
    ]
    secrets.remove(sandbox.key_id)  # public: every browser that pays has it
    for value in (PHONE, PHONE[3:], EMAIL, "Unmistakable", "not the right one", *secrets):
        assert value not in told
    assert not re.search(rf"(?<![\w.:-]){code}(?![\w-])", told), "six digits of their own, not of a time or an id"
