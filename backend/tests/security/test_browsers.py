"""What a page of another site may make a customer's browser do: nothing."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from app import main
from app.api.callers import ACCESS_COOKIE, CSRF_COOKIE, REFRESH_COOKIE
from app.core.config import settings
from app.core.logging import set_up_logging
from app.stores.models import Store
from tests.shopping import make_shopper

EVIL = "https://evil.example"


def client_with_cors(store: Store, monkeypatch: pytest.MonkeyPatch, origins: list[str]) -> TestClient:
    monkeypatch.setattr(main, "settings", settings.model_copy(update={"cors_origins": origins}))
    return TestClient(main.create_app(), base_url=f"http://{store.host}")


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    yield
    set_up_logging(settings.log_level)


@pytest.mark.parametrize("path", ["/api/v1/products", "/api/v1/me", "/nowhere", "/healthz", "/docs", "/shop/"])
def test_no_answer_is_sniffed_or_framed(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "frame-ancestors 'none'"
    assert headers["Referrer-Policy"] == "same-origin"


def test_what_is_somebodys_own_is_kept_in_no_cache(client: TestClient, store: Store) -> None:
    shopper = make_shopper(store)
    for path in ("/api/v1/me", "/api/v1/addresses", "/api/v1/orders", f"/api/v1/carts/{shopper.cart_id}"):
        answer = client.get(path, headers=shopper.headers)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")


def test_a_form_of_another_site_signs_nobody_out(client: TestClient) -> None:
    """Its browser sends no SameSite cookies along, but would obey a Set-Cookie in the answer to a form."""
    answer = client.post("/api/v1/sessions/refresh", headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert (answer.status_code, answer.json()["code"]) == (401, "session_over")
    assert "set-cookie" not in answer.headers


def test_a_browser_whose_refresh_cookie_is_dead_loses_its_cookies(client: TestClient) -> None:
    answer = client.post("/api/v1/sessions/refresh", headers={"Cookie": f"{REFRESH_COOKIE}=over.and-out"})
    assert answer.status_code == 401
    gone = [line.partition("=")[0] for line in answer.headers.get_list("set-cookie")]
    assert sorted(gone) == sorted([ACCESS_COOKIE, REFRESH_COOKIE, CSRF_COOKIE])


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded", "text/plain+json"])
def test_a_page_of_another_site_sends_no_codes(client: TestClient, content_type: str | None) -> None:
    """Its visitors would ring phones from as many addresses as they have: only JSON is read, for which browsers ask first."""
    headers = {"Content-Type": content_type} if content_type else {}
    answer = client.post("/api/v1/otp", content=b'{"phone":"+919876543210"}', headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


def test_an_origin_that_is_not_named_is_not_answered(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    client = client_with_cors(store, monkeypatch, ["https://shop.example"])
    answer = client.get("/api/v1/products", headers={"Origin": EVIL, "Cookie": "a=b"})
    assert "access-control-allow-origin" not in answer.headers
    asked = client.options("/api/v1/me", headers={"Origin": EVIL, "Access-Control-Request-Method": "PATCH"})
    assert (asked.status_code, "access-control-allow-origin" in asked.headers) == (400, False)
    named = client.get("/api/v1/products", headers={"Origin": "https://shop.example"})
    assert named.headers["access-control-allow-credentials"] == "true"


def test_where_every_origin_may_call_none_may_bring_cookies(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    client = client_with_cors(store, monkeypatch, ["*"])
    answer = client.get("/api/v1/products", headers={"Origin": EVIL, "Cookie": f"{ACCESS_COOKIE}=x"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
