"""Callbacks and webhooks that are genuine, but of somebody or something else."""

import hashlib
import hmac
from collections.abc import Callable
from contextlib import AbstractContextManager

from fastapi.testclient import TestClient
from sqlmodel import Session, select
from twilio.request_validator import RequestValidator

from app.core.config import settings
from app.core.ids import new_id
from app.core.work import unit_of_work
from app.inbox.models import ProviderEvent
from app.orders.models import Order
from app.payments.models import Capture
from app.stores.models import ProviderAccount, Store
from tests.sandbox_control import Sandbox
from tests.shopping import make_shopper, place_and_start, work_off

UnitOfWork = Callable[[], AbstractContextManager[Session]]
FORM = ("razorpay_order_id", "razorpay_payment_id", "razorpay_signature")


def account_of(store: Store, provider: str) -> ProviderAccount:
    with unit_of_work(store.id) as session:
        return session.exec(select(ProviderAccount).where(ProviderAccount.provider == provider)).one()


def signed(sandbox: Sandbox, body: bytes) -> dict[str, str]:
    secret = sandbox.razorpay["webhook_secret"]
    return {"X-Razorpay-Signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


def test_ac30_another_accounts_genuine_signature_is_a_forgery_here(
    client: TestClient, store: Store, sandbox: Sandbox, make_store: Callable[[], Store], uow: UnitOfWork
) -> None:
    other = make_store()
    body = b'{"event":"payment.captured","payload":{"payment":{"entity":{"id":"pay_1"}}}}'
    headers = signed(sandbox, body)  # of `store`
    url = "/api/v1/webhooks/razorpay"
    assert client.post(f"{url}/{account_of(other, 'razorpay').id}", content=body, headers=headers).status_code == 400
    for provider in ("sendgrid", "twilio"):  # nor does an account of another provider stand in
        answer = client.post(f"{url}/{account_of(store, provider).id}", content=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "account_not_found")
    with uow() as session, unit_of_work(other.id) as others:
        assert session.exec(select(ProviderEvent)).all() == []
        assert others.exec(select(ProviderEvent)).all() == []


def test_ac43_a_stores_own_event_about_another_stores_payment_pays_nothing(
    client: TestClient, store: Store, sandbox: Sandbox, make_store: Callable[[], Store]
) -> None:
    """The thief keeps a shop of his own here and signs, with its secret, that the victim's order was paid."""
    victim_store = make_store()
    victim = make_shopper(victim_store)
    order, provider_order = place_and_start(victim)
    thief = make_shopper(store)
    place_and_start(thief)
    body = (
        '{"event":"order.paid","payload":{"payment":{"entity":'
        f'{{"id":"pay_1","order_id":"{provider_order}","amount":12000,"currency":"INR","status":"captured","captured":true}}'
        "}}}"
    ).encode()
    url = f"/api/v1/webhooks/razorpay/{account_of(store, 'razorpay').id}"
    assert client.post(url, content=body, headers=signed(sandbox, body)).status_code == 200
    work_off(store)
    work_off(victim_store)
    for each in (store, victim_store):
        with unit_of_work(each.id) as session:
            assert set(session.exec(select(Order.status))) == {"pending_payment"}
            assert session.exec(select(Capture)).all() == []
    assert order.status == "pending_payment"


def test_ac43_a_paid_orders_form_posted_at_another_order_pays_nothing(
    client: TestClient, store: Store, sandbox: Sandbox, uow: UnitOfWork
) -> None:
    """One payment, two orders: the cheap one is really paid, its form is posted at the dear one's address."""
    cheap, dear = make_shopper(store, quantity=1, amount=100), make_shopper(store, quantity=9)
    (_, provider_order), (dear_order, dear_provider_order) = place_and_start(cheap), place_and_start(dear)
    sandbox.webhooks("drop")
    paid = sandbox.pay(provider_order)
    form = {name: paid[name] for name in FORM}
    for lie in (form, form | {"razorpay_order_id": dear_provider_order}):
        back = client.post(f"/api/v1/payment-returns/{dear_order.id}", data=lie)
        assert back.headers["location"].endswith("?payment=failed")
        told = client.post(f"/api/v1/orders/{dear_order.id}/payment-confirmation", json=lie, headers=dear.headers)
        assert told.json()["code"] in ("payment_mismatch", "signature_invalid")
    with uow() as session:
        assert set(session.exec(select(Order.status))) == {"pending_payment"}
        assert session.exec(select(Capture)).all() == []


def test_a_genuine_status_callback_does_not_speak_for_another_message_or_status(
    client: TestClient, store: Store, sandbox: Sandbox, uow: UnitOfWork
) -> None:
    path = f"/api/v1/webhooks/twilio/{account_of(store, 'twilio').id}"
    mine, theirs = f"{path}?message_id={new_id()}", f"{path}?message_id={new_id()}"
    form = {"MessageSid": "SM1", "MessageStatus": "sent"}
    signature = RequestValidator(sandbox.twilio["auth_token"]).compute_signature(f"{settings.backend_url}{mine}", form)
    headers = {"X-Twilio-Signature": signature}
    for url, content in (
        (theirs, form), (path, form), (f"{mine}&x=1", form),
        (mine, form | {"MessageStatus": "delivered"}), (mine, form | {"x": "y"}),
    ):  # fmt: skip
        assert client.post(url, data=content, headers=headers).status_code == 400
    lying = headers | {"X-Forwarded-Host": "evil.example", "url": f"{settings.backend_url}{theirs}"}
    assert client.post(mine, data=form, headers=lying).status_code == 200
    with uow() as session:
        (event,) = session.exec(select(ProviderEvent)).all()
    assert event.headers["url"] == f"{settings.backend_url}{mine}"
