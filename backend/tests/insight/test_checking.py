"""What does not add up is looked for by itself, and whoever runs the shop is told."""

from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlmodel import select

from app.core import clock
from app.core.work import unit_of_work
from app.insight.checks.registry import CHECKS
from app.jobs.models import Slot
from app.notifications.models import Message
from app.stores import service as stores
from app.stores.models import Store
from app.tasks.checking import check_invariants, checks_of
from tests.insight.busy import paid
from tests.moving import staff
from tests.shopping import make_shopper
from tests.subscribing import set_now

MAIL = "shop@example.in"


@pytest.fixture
def lost(store: Store) -> Store:
    """Money came for an order half an hour ago, and nobody made anything of it."""
    paid(store)
    with unit_of_work(store.id) as session:
        row = stores.get(session)
        row.contact_email = MAIL
        session.add(row)
        session.execute(text("UPDATE orders SET payment_status = 'unpaid', status = 'pending_payment', confirmed_at = NULL"))
        session.execute(text("UPDATE captures SET captured_at = captured_at - interval '31 minutes'"))
    return store


def told(store: Store) -> list[Message]:
    with unit_of_work(store.id) as session:
        return list(session.exec(select(Message).where(Message.template == "checks_failed")))


def test_ac07_the_shop_is_told_of_money_without_an_order_once_a_day(lost: Store) -> None:
    for _ in range(2):
        result = check_invariants(store_id=str(lost.id))
        assert result == {"status": "success", "looked": len(CHECKS), "severe": 1, "notices": 0}
    (message,) = told(lost)
    assert message.recipient == MAIL
    assert message.context["findings"][0]["repair"] == "rozana check --only captured_without_order --repair"
    set_now(lost, clock.machine_now() + timedelta(days=1))
    check_invariants(store_id=str(lost.id))
    assert len(told(lost)) >= 2, "it still stands: again on another day, with what else a day without work has brought"


def test_a_shop_without_an_address_has_it_in_the_log_and_the_counts(lost: Store) -> None:
    with unit_of_work(lost.id) as session:
        row = stores.get(session)
        row.contact_email = ""
        session.add(row)
    assert check_invariants(store_id=str(lost.id))["severe"] == 1
    assert told(lost) == []


def test_by_day_only_what_is_cheap_is_looked_at(store: Store) -> None:
    noon = datetime(2026, 12, 1, 12, 30, tzinfo=UTC)

    def slot(hour: int, key: str) -> Slot:
        return Slot(store_id=store.id, schedule="check-invariants", task="t", key=key, due_at=noon.replace(hour=hour))

    hourly = checks_of(slot(12, "2026-12-01T12:30"))
    assert "captured_without_order" in {check.name for check in hourly}
    assert len(hourly) < len(CHECKS) / 2
    assert checks_of(slot(21, "2026-12-01T21:30")) == list(CHECKS)
    assert checks_of(slot(12, "run:2026-12-01T12:31:00Z")) == list(CHECKS)


def test_staff_who_answer_for_money_run_the_checks(lost: Store, client: TestClient) -> None:
    finance = staff(lost, "finance")
    answer = client.get("/api/v1/checks", headers=finance).json()
    assert (answer["ok"], answer["checks"]) == (False, len(CHECKS))
    (finding,) = answer["findings"]
    assert (finding["check"], finding["object_type"]) == ("captured_without_order", "orders")
    assert finding["amount"]["currency"] == "INR"
    one = client.get("/api/v1/checks", params={"only": ["over_paid", "on_hand"]}, headers=finance).json()
    assert one == {"ok": True, "checks": 2, "findings": []}
    unknown = client.get("/api/v1/checks", params={"only": "all_well"}, headers=finance)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "check_not_found")
    for headers in (staff(lost, "packer"), make_shopper(lost).headers):
        assert client.get("/api/v1/checks", headers=headers).status_code == 403
