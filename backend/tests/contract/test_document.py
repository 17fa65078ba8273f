"""What a client made from the OpenAPI document needs to know, and FastAPI alone would not tell it."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.api.doors import KEY_HEADER
from app.main import app

PATHS: dict[str, Any] = app.openapi()["paths"]


@pytest.mark.parametrize(
    ("method", "path", "ways"),
    [
        ("get", "/api/v1/products", [{}]),
        ("post", "/api/v1/carts", [{"token": []}, {"cookie": [], "csrf": []}, {"cart": []}, {}]),
        ("get", "/api/v1/orders", [{"token": []}, {"cookie": []}]),
        ("post", "/api/v1/checkouts", [{"token": []}, {"cookie": [], "csrf": []}]),
    ],
)
def test_the_document_says_who_may_call(method: str, path: str, ways: list[Any]) -> None:
    assert PATHS[path][method]["security"] == ways


def test_every_write_of_somebody_takes_an_idempotency_key() -> None:
    taken = {
        (method, path)
        for path, operations in PATHS.items()
        for method, operation in operations.items()
        if any(parameter["name"] == KEY_HEADER for parameter in operation.get("parameters", ()))
    }
    assert ("post", "/api/v1/checkouts") in taken
    assert not any(method == "get" or "/webhooks/" in path for method, path in taken)


def test_a_wrong_method_is_told_all_that_the_path_has(client: TestClient) -> None:
    answer = client.put("/api/v1/addresses")
    assert (answer.status_code, answer.headers["allow"], answer.json()["code"]) == (405, "GET, POST", "method_not_allowed")
    assert client.post("/api/v1/orders").headers["allow"] == "GET"
