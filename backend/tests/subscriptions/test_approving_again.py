"""A customer whose bank declines tries again on the same payment page: the mandate is the one that her bank confirmed."""

from typing import Any
from uuid import UUID

import pytest

from app.core.work import unit_of_work
from app.payments import mandate_queries
from app.payments.mandate_models import Mandate
from app.stores.models import Store
from app.subscriptions.models import Subscription
from app.tasks import debiting, payments
from tests.sandbox_control import Sandbox
from tests.subscribing import days, make_subscriber, reload, rows, settle_events, subscribe, today
from tests.workers import eventually


@pytest.fixture
def subscription(store: Store, live_api: str) -> Subscription:
    """It awaits its mandate, and the payment page is open."""
    awaiting = subscribe(make_subscriber(store), today(store) + days(7), method="upi")
    with unit_of_work(store.id) as session:
        found = mandate_queries.approval_of(session, mandate_id(awaiting))
        assert found is not None
    assert payments.start(store.id, found[1].id) == "done"
    return awaiting


@pytest.mark.parametrize("registration", ["payment", "dummy"])
def test_a_second_try_that_the_bank_confirms_takes_the_place_of_the_first(
    store: Store, sandbox: Sandbox, subscription: Subscription, registration: str
) -> None:
    answer(store, sandbox, subscription, outcome="failed")
    eventually(lambda: seen(store, subscription) == "rejected")
    sandbox.mandates(**({"registration": "dummy"} if registration == "dummy" else {}))
    approved = answer(store, sandbox, subscription)
    eventually(lambda: seen(store, subscription) == "confirmed")
    (mandate,) = rows(store, Mandate)
    assert mandate.provider_token_id == approved["token_id"]
    assert mandate.failure_reason is None
    assert reload(store, subscription).status == "active"


def test_news_of_the_declined_try_that_come_late_change_nothing(
    store: Store, sandbox: Sandbox, subscription: Subscription
) -> None:
    sandbox.webhooks("hold")
    answer(store, sandbox, subscription, outcome="failed")
    sandbox.webhooks("send")
    approved = answer(store, sandbox, subscription)
    eventually(lambda: seen(store, subscription) == "confirmed")
    sandbox.release_webhooks()
    eventually(sandbox.quiet)
    assert seen(store, subscription) == "confirmed"
    (mandate,) = rows(store, Mandate)
    assert mandate.provider_token_id == approved["token_id"]
    assert reload(store, subscription).status == "active"


def answer(store: Store, sandbox: Sandbox, subscription: Subscription, **how: Any) -> dict[str, str]:
    """What she does on the payment page."""
    with unit_of_work(store.id) as session:
        found = mandate_queries.approval_of(session, mandate_id(subscription))
        assert found is not None
    return sandbox.approve(str(found[1].provider_order_id), **how)


def seen(store: Store, subscription: Subscription) -> str:
    """What is known of the mandate, once what was told of it is applied."""
    settle_events(store)
    return debiting.look_at_mandate(store.id, mandate_id(subscription))


def mandate_id(subscription: Subscription) -> UUID:
    assert subscription.mandate_id is not None
    return subscription.mandate_id
