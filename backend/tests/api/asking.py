"""What a subscriber asks of the API, step by step, for tests that begin where she has."""

from datetime import date
from typing import Any

from fastapi.testclient import TestClient
from httpx2 import Response

from app.stores.models import Store
from tests.subscribing import Subscriber, days, today

SUBSCRIPTIONS = "/api/v1/subscriptions"
Body = dict[str, Any]


def start(client: TestClient, who: Subscriber, starts_on: date | None = None, **more: Any) -> Body:
    """A new subscription, as it is answered."""
    answer = client.post(SUBSCRIPTIONS, json=who.wish(starts_on or today(who.store) + days(7), **more), headers=who.headers)
    assert answer.status_code == 201, answer.text
    found: Body = answer.json()
    return found


def change(
    client: TestClient, who: Subscriber, subscription_id: str, verb: str, body: Body | None = None, **query: Any
) -> Body:
    answer = ask(client, who, subscription_id, verb, body, **query)
    assert answer.status_code == 200, answer.text
    found: Body = answer.json()
    return found


def ask(
    client: TestClient, who: Subscriber, subscription_id: str, verb: str, body: Body | None = None, **query: Any
) -> Response:
    url = f"{SUBSCRIPTIONS}/{subscription_id}/{verb}"
    return client.post(url, json=body or {}, params=query, headers=who.headers)


def calendar(client: TestClient, who: Subscriber, subscription_id: str, length: int = 60) -> list[Body]:
    """Of so many days."""
    answer = client.get(f"{SUBSCRIPTIONS}/{subscription_id}/calendar", params={"days": length}, headers=who.headers)
    assert answer.status_code == 200, answer.text
    found: list[Body] = answer.json()["items"]
    return found


def look(client: TestClient, who: Subscriber, subscription_id: str) -> Body:
    answer = client.get(f"{SUBSCRIPTIONS}/{subscription_id}", headers=who.headers)
    assert answer.status_code == 200, answer.text
    found: Body = answer.json()
    return found


def on(deliveries: list[Body]) -> list[str]:
    return [one["delivers_on"] for one in deliveries]


def without(body: Any, names: set[str]) -> Any:
    """The body without these members, at whatever depth."""
    if isinstance(body, dict):
        return {name: without(value, names) for name, value in body.items() if name not in names}
    return [without(item, names) for item in body] if isinstance(body, list) else body


def iso(day: date) -> str:
    return day.isoformat()


def body_of(body: Body, store: Store) -> Body:
    """Days from today are dates."""
    return {name: iso(today(store) + days(value)) if isinstance(value, int) else value for name, value in body.items()}
