"""Bytes no polite client sends: every one a refusal in a sentence, none a crash, a foreign file or a foreign address."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from app.accounts.models import Customer
from app.stores.models import Store
from tests.security.raw_http import ask, status_of
from tests.shopping import make_shopper, place_and_start

UnitOfWork = Callable[[], AbstractContextManager[Session]]


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 200_000, b'{"a":' * 100_000, b'{"phone":' + b"9" * 5000 + b"}", b'{"phone":NaN}', b'{"phone":"\xff"}',
        b'{"phone":"\\ud800 12345"}', b'{"\\ud800":1}', b'{"phone":"+91\\u00009876543210"}', '{"phone":"x"}'.encode("utf-16"),
        b'{"phone":["+919876543210"]}', b'{"phone":{"$ne":null}}', b"null", b'"+919876543210"',
    ],
    ids=["deep", "deep object", "huge number", "NaN", "not UTF-8", "half a character", "half a character as a name", "NUL",
         "UTF-16", "a list", "an operator", "null", "text"],
)  # fmt: skip
def test_a_monstrous_body_is_a_problem_document(store: Store, live_api: str, body: bytes) -> None:
    answer = ask(live_api, str(store.host), b"/api/v1/otp", b"Content-Type: application/json", method=b"POST", body=body)
    assert status_of(answer) in (400, 422)
    assert b"application/problem+json" in answer


@pytest.mark.parametrize(
    "query",
    [
        b"search=%00", b"category=%00", b"limit=-1", b"limit=0", b"limit=99999999999999999999", b"limit=1e9", b"after=",
        b"after=1.%D9%A3", b"after='", b"after=1.00000000000000000000000000000000'--", b"search=" + b"a" * 81,
    ],
)  # fmt: skip
def test_an_odd_query_is_refused(store: Store, live_api: str, query: bytes) -> None:
    assert status_of(ask(live_api, str(store.host), b"/api/v1/products?" + query)) == 422


@pytest.mark.parametrize(
    "search", ["'", "';--", "%", "_", "\\", "%' OR '1'='1", "\\' OR 1=1 --", "%_" * 40, "${7*7}", "{{7*7}}"]
)
def test_a_search_finds_what_it_says_and_never_everything(client: TestClient, store: Store, search: str) -> None:
    make_shopper(store)
    assert client.get("/api/v1/products").json()["items"] != []
    answer = client.get("/api/v1/products", params={"search": search})
    assert (answer.status_code, answer.json()["items"]) == (200, [])


@pytest.mark.parametrize(
    "path",
    [
        b"/shop/../pyproject.toml", b"/shop/%2e%2e/pyproject.toml", b"/shop/..%2fpyproject.toml",
        b"/shop/js/%2e%2e/%2e%2e/LICENSE", b"/shop//etc/passwd", b"/shop/%2fetc%2fpasswd", b"/shop/..%5c..%5cetc%5cpasswd",
        b"/shop/%00", b"/shop/index.html%00.txt", b"/shop/" + b"a" * 5000, b"/shop/%ff", b"/shop/.git/config",
    ],
)  # fmt: skip
def test_the_storefront_serves_its_own_files_only(store: Store, live_api: str, path: bytes) -> None:
    assert status_of(ask(live_api, str(store.host), path)) == 404


@pytest.mark.parametrize(
    "host", ["[::1", "[", "a b", "½.test", "x:abc", "x/../y", "@x", "", "a" * 5000, "127.0.0.1", "localhost"]
)
def test_a_host_name_that_is_no_stores_opens_no_store(
    store: Store, make_store: Callable[[], Store], live_api: str, host: str
) -> None:
    make_store()
    answer = ask(live_api, host.encode("latin-1").decode("latin-1"), b"/api/v1/products")
    assert status_of(answer) in (400, 421)


def test_the_payment_page_leads_back_to_the_shop_whatever_host_was_claimed(client: TestClient, store: Store) -> None:
    shopper = make_shopper(store)
    order, _ = place_and_start(shopper)
    lies = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "javascript", "Referer": "https://evil.example/"}
    form = {"razorpay_payment_id": "pay_1", "callback_url": "https://evil.example", "next": "https://evil.example"}
    answer = client.post(f"/api/v1/payment-returns/{order.id}?next=https://evil.example", data=form, headers=lies)
    assert answer.headers["location"] == f"{store.frontend_url}/#/orders/{order.id}?payment=failed"
    payment = client.post(f"/api/v1/orders/{order.id}/payment", headers=shopper.headers | lies).json()
    assert "evil.example" not in str(payment)


@pytest.mark.parametrize(
    "name", ["a\x00b", "a\nBcc: x@example.com", "a\r\nX: y", "a\u2028b", "Rao \u202e5 daoR", "a\u2066b", "a\x85b", "x" * 121]
)
def test_a_name_is_one_line_that_reads_as_it_is_written(client: TestClient, uow: UnitOfWork, store: Store, name: str) -> None:
    shopper = make_shopper(store)
    answer = client.patch("/api/v1/me", json={"name": name}, headers=shopper.headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    with uow() as session:
        assert session.exec(select(Customer.name)).all() == ["Asha"]


@pytest.mark.parametrize("name", ["आशा राव", "श्री\u200dराम", "കാര്\u200dത്തിക", "José O'Brien-Śmith", "李小龙", "<b>Asha</b>"])
def test_a_name_may_be_written_as_its_owner_writes_it(client: TestClient, store: Store, name: str) -> None:
    answer = client.patch("/api/v1/me", json={"name": name}, headers=make_shopper(store).headers)
    assert (answer.status_code, answer.json()["name"]) == (200, name)


def test_a_request_id_that_would_forge_a_log_line_is_replaced(store: Store, live_api: str) -> None:
    for sent in (b'12345678","level":"error', b"12345678 \x1b[31m", b"x" * 65, b"short"):
        answer = ask(live_api, str(store.host), b"/api/v1/products", b"X-Request-Id: " + sent)
        assert sent not in answer
