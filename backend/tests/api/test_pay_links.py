"""A pay link: who has it pays, without a password; a forged, an old or another shop's one does nothing."""

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from app.checkout import cancelling, pay_links
from app.checkout.cancelling import Why
from app.core import clock
from app.core.actor import SYSTEM
from app.core.ids import new_id
from app.core.work import unit_of_work
from app.orders.models import Order
from app.stores import service as stores
from app.stores.models import Store
from tests.sandbox_control import Sandbox
from tests.shopping import make_shopper, place_and_start
from tests.subscribing import orders, set_now
from tests.unchanged import unchanged

SIGNED = ("razorpay_order_id", "razorpay_payment_id", "razorpay_signature")


@pytest.fixture
def waiting(store: Store, sandbox: Sandbox) -> tuple[Order, str]:
    """An order that waits for its payment, and the provider's."""
    return place_and_start(make_shopper(store))


@pytest.fixture
def token(waiting: tuple[Order, str]) -> str:
    """Its link, as a message says it."""
    order, _ = waiting
    return pay_links.make(order.store_id, order.id, order.expires_at)


def forms_go_to(page: Response) -> list[str]:
    """By the page's policy, of which a browser takes the first word on anything and no other."""
    said = [directive.split() for directive in page.headers["content-security-policy"].split(";")]
    targets = [words[1:] for words in said if words[0] == "form-action"]
    assert len(targets) == 1
    return targets[0]


def test_a_link_shows_what_is_owed_and_leads_to_the_payment_and_back(
    store: Store, sandbox: Sandbox, client: TestClient, waiting: tuple[Order, str], token: str
) -> None:
    with unchanged(store, "looking at it begins nothing"):
        page = client.get(f"/pay/{token}")
    assert (page.status_code, page.headers["referrer-policy"]) == (200, "no-referrer")
    assert orders(store)[0].number in page.text
    assert forms_go_to(page) == ["'self'"]
    leave = client.post(f"/pay/{token}")
    assert leave.status_code == 200
    assert f"?link={token}" in leave.text
    assert waiting[1] in leave.text
    assert forms_go_to(leave) == ["'self'", sandbox.url]
    paid = sandbox.pay(waiting[1])
    back = client.post(
        f"/api/v1/payment-returns/{orders(store)[0].id}?link={token}", data={name: paid[name] for name in SIGNED}
    )
    assert back.headers["location"].endswith(f"/pay/{token}")
    assert orders(store)[0].payment_status == "paid"
    with unchanged(store, "a paid order is not paid again"):
        assert "It is paid" in client.post(f"/pay/{token}").text


def test_a_forged_an_old_and_another_shops_link_do_nothing(
    store: Store, sandbox: Sandbox, client: TestClient, token: str
) -> None:
    (order,) = orders(store)
    other = pay_links.make(new_id(), order.id, order.expires_at)
    forged = token[:10] + ("A" if token[10] != "A" else "B") + token[11:]
    with unchanged(store):
        for wrong in (other, forged, token[:-1], "x", token + "AAAA"):
            for answer in (client.get(f"/pay/{wrong}"), client.post(f"/pay/{wrong}")):
                assert answer.status_code == 404, wrong
                assert "We do not know this link" in answer.text
    set_now(store, order.expires_at)
    with unchanged(store):
        assert client.get(f"/pay/{token}").status_code == client.post(f"/pay/{token}").status_code == 410


def test_a_cancelled_order_is_not_paid_by_its_link(store: Store, sandbox: Sandbox, client: TestClient, token: str) -> None:
    with unit_of_work(store.id) as session:
        cancelling.cancel(session, orders(store)[0].id, None, Why("staff"), actor=SYSTEM, now=clock.now(stores.get(session)))
    with unchanged(store):
        for answer in (client.get(f"/pay/{token}"), client.post(f"/pay/{token}")):
            assert (answer.status_code, "Nothing to pay" in answer.text) == (200, True)
