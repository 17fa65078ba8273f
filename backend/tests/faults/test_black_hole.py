"""The broker goes silent: connections stay open, nothing answers. Checkouts do not notice; the worker comes back by itself."""

import time

import pytest
from fastapi.testclient import TestClient

from app.core.work import unit_of_work
from app.notifications import service as notifications
from app.notifications.models import Message
from app.stores.models import Store
from tests.conftest import Servers
from tests.shopping import make_shopper, rows
from tests.workers import Worker, eventually

HEALS_WITHIN_SECONDS = 60


@pytest.mark.parametrize(
    "silent_seconds", [3, pytest.param(60, marks=[pytest.mark.proof, pytest.mark.timeout(300)])], ids=lambda s: f"{s} s"
)
def test_ac23_a_black_hole_heals_without_a_restart(
    servers: Servers, store: Store, client: TestClient, worker: Worker, silent_seconds: int
) -> None:
    deliver_one(store, "before")
    process = worker.process
    servers.valkey.pause()
    try:
        end = time.monotonic() + silent_seconds
        slowest, tried = 0.0, 0
        while time.monotonic() < end:
            shopper, started = make_shopper(store), time.monotonic()
            assert client.post("/api/v1/checkouts", json=shopper.checkout, headers=shopper.headers).status_code == 201
            slowest, tried = max(slowest, time.monotonic() - started), tried + 1
            if tried == 20 and silent_seconds > 3:
                eventually(lambda: time.monotonic() >= end, silent_seconds + 5)
        assert slowest < 2, "a request waited for the broker; its socket timeout alone is longer"
    finally:
        servers.valkey.resume()
    deliver_one(store, "after")
    assert process is worker.process
    assert process is not None
    assert process.poll() is None, "the worker was restarted"


def deliver_one(store: Store, key: str) -> None:
    """A message is nudged (again and again: nudges may be dropped) until the worker has sent it."""
    with unit_of_work(store.id) as session:
        message = notifications.queue(session, "notice", "+919876543210", "sms", f"test:{key}", {"body": key})

    def is_sent() -> bool:
        from app.core.nudge import nudger

        nudger.send("deliver_message", str(store.id), str(message.id))
        nudger.flush(0.5)
        return any(row.id == message.id and row.status in ("sent", "delivered") for row in rows(store, Message))

    eventually(is_sent, HEALS_WITHIN_SECONDS, f"the message {key} the silence is sent")
