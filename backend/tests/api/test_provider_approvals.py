"""A customer has the payment provider bill her subscription: started once, approved at its page, asked for anew."""

import pytest
from fastapi.testclient import TestClient

from app.stores.models import Store
from app.tasks.provider_subscriptions import drain_plans, drain_subscriptions
from tests.api.asking import SUBSCRIPTIONS
from tests.sandbox_control import Sandbox
from tests.subscribing import Subscriber, days, make_subscriber, today
from tests.unchanged import unchanged


@pytest.fixture
def asha(store: Store, sandbox: Sandbox) -> Subscriber:
    sandbox.clock(offset_seconds=0)
    return make_subscriber(store)


def test_it_is_started_once_and_leads_to_the_providers_page(
    client: TestClient, store: Store, sandbox: Sandbox, asha: Subscriber
) -> None:
    wish, headers = asha.wish(today(store) + days(12), payment_method="provider"), asha.headers
    rehearsed = client.post(f"{SUBSCRIPTIONS}?dry_run=true", json=wish, headers=headers)
    assert (rehearsed.status_code, sandbox.subscriptions()) == (201, [])
    first = client.post(SUBSCRIPTIONS, json=wish, headers=headers)
    assert first.status_code == 201, first.text
    told = first.json()["subscription"]
    assert (told["status"], told["provider"]["status"], first.json()["payment"]) == ("awaiting_mandate", "created", None)
    assert client.post(SUBSCRIPTIONS, json=wish, headers=headers).json() == first.json()
    (theirs,) = sandbox.subscriptions()
    assert told["provider"]["approve_url"] == theirs["short_url"]
    path = f"{SUBSCRIPTIONS}/{told['id']}/provider-approval"
    again = client.post(path, headers=asha.headers)
    assert (again.status_code, again.json()["approve_url"]) == (200, theirs["short_url"])
    other = make_subscriber(store)
    with unchanged(store):
        assert client.post(path, headers=other.headers).status_code == 404
    sandbox.approve_subscription(theirs["id"])
    assert client.post(path, headers=asha.headers).status_code == 409, "she has been there meanwhile"
    with unchanged(store):
        refused = client.post(path, headers=asha.headers)
        assert (refused.status_code, refused.json()["code"]) == (409, "still_approved")
    shown = client.get(f"{SUBSCRIPTIONS}/{told['id']}", headers=headers).json()
    assert (shown["status"], shown["provider"]["approve_url"]) == ("active", None)


def test_where_the_provider_is_away_it_stands_and_is_asked_for_later(
    client: TestClient, store: Store, sandbox: Sandbox, asha: Subscriber
) -> None:
    sandbox.fault("subscriptions.create", "bad_gateway_html", after_effect=True)
    wish = asha.wish(today(store) + days(12), payment_method="provider")
    told = client.post(SUBSCRIPTIONS, json=wish, headers=asha.headers).json()["subscription"]
    assert (told["provider"]["status"], told["provider"]["approve_url"]) == ("asked", None)
    path = f"{SUBSCRIPTIONS}/{told['id']}/provider-approval"
    refused = client.post(path, headers=asha.headers)
    assert (refused.status_code, refused.json()["code"]) == (503, "payment_not_started")
    drain_plans(str(store.id))
    drain_subscriptions(str(store.id))
    assert len(sandbox.subscriptions()) == 1, "looked for a minute later, and never made a second time"


def test_what_is_not_billed_there_has_nothing_to_approve(client: TestClient, store: Store, asha: Subscriber) -> None:
    wish = asha.wish(today(store) + days(12))
    told = client.post(SUBSCRIPTIONS, json=wish, headers=asha.headers).json()["subscription"]
    assert told["provider"] is None
    with unchanged(store):
        refused = client.post(f"{SUBSCRIPTIONS}/{told['id']}/provider-approval", headers=asha.headers)
        assert (refused.status_code, refused.json()["code"]) == (409, "not_billed_by_provider")


def test_a_start_that_is_too_soon_names_the_earliest_day(client: TestClient, store: Store, asha: Subscriber) -> None:
    with unchanged(store):
        wish = asha.wish(today(store) + days(2), payment_method="provider")
        refused = client.post(SUBSCRIPTIONS, json=wish, headers=asha.headers)
    assert (refused.status_code, refused.json()["code"]) == (422, "start_too_soon")
    wish = asha.wish(today(store), payment_method="provider") | {"starts_on": refused.json()["earliest"]}
    assert client.post(SUBSCRIPTIONS, json=wish, headers=asha.headers).status_code == 201
