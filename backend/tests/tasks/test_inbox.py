"""Applying an event: what goes wrong stays in sight with its cause, and nothing is half done."""

from typing import Any
from uuid import UUID

import orjson
import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from app.core.errors import Conflict
from app.core.work import unit_of_work
from app.inbox import service as inbox
from app.inbox.models import ProviderEvent
from app.stores import service as stores
from app.stores.models import NumberSeries, Store
from app.tasks import inbox as tasks
from app.tasks.inbox import Applier, apply_event, drain
from tests.conftest import UnitOfWork
from tests.sandbox_control import Sandbox
from tests.shopping import make_shopper, place_and_start


class TooLate(Conflict):
    """Half of it was written before this came to light."""


def receive(store: Store, event_type: str, body: Any, event_id: str = "evt_1", provider: str = "razorpay") -> UUID:
    with unit_of_work(store.id) as session:
        account = stores.provider_account(session, provider)
        raw = body if isinstance(body, bytes) else orjson.dumps(body)
        inbox.receive(session, account, event_id, event_type, {}, raw)
        return session.exec(select(ProviderEvent.id).where(ProviderEvent.event_id == event_id)).one()


def read(uow: UnitOfWork, event_id: UUID) -> ProviderEvent:
    with uow() as session:
        return session.exec(select(ProviderEvent).where(ProviderEvent.id == event_id)).one()


def apply_until_settled(uow: UnitOfWork, store: Store, event_id: UUID) -> ProviderEvent:
    for _ in range(4):
        with uow() as session:
            session.execute(text("UPDATE provider_events SET next_attempt_at = now() WHERE work_status = 'queued'"))
        apply_event(store.id, event_id)
    return read(uow, event_id)


def writes_then(error: Exception) -> Applier:
    def settle(session: Session, _event: ProviderEvent, _: None) -> str:
        stores.take_number(session, "written")
        raise error

    return Applier(lambda _account, _event: None, settle)


@pytest.mark.parametrize("error", [TooLate("no"), KeyError("amount"), ValueError("unknown payment status")])
def test_what_cannot_be_applied_is_dead_with_its_cause_and_nothing_of_it_stays(
    store: Store, uow: UnitOfWork, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setitem(tasks.APPLIERS, ("razorpay", "payment.captured"), writes_then(error))
    event = apply_until_settled(uow, store, receive(store, "payment.captured", {}))
    assert event.work_status == "dead"
    assert (event.last_error or "").startswith("no" if isinstance(error, TooLate) else type(error).__name__)
    with uow() as session:
        assert session.exec(select(NumberSeries)).all() == []


@pytest.mark.parametrize(("event_type", "kind"), [("payment.captured", "payment"), ("token.confirmed", "token"),
                                                  ("order.notification.delivered", "notification")])  # fmt: skip
@pytest.mark.parametrize("body", [{}, {"payload": []}, b"not json", b"[]"])
def test_an_event_that_names_nothing_is_dead_with_its_cause(
    store: Store, uow: UnitOfWork, event_type: str, kind: str, body: Any
) -> None:
    event = apply_until_settled(uow, store, receive(store, event_type, body))
    assert (event.work_status, event.attempts) == ("dead", 4)
    assert event.last_error == f"the event names no {kind}"


def test_an_event_whose_payment_has_no_id_is_dead_with_its_cause(store: Store, uow: UnitOfWork) -> None:
    body = {"payload": {"payment": {"entity": {"id": None}}}}
    event = apply_until_settled(uow, store, receive(store, "payment.captured", body))
    assert (event.work_status, event.attempts) == ("dead", 4)
    assert event.last_error == "the event's payment has no id"


@pytest.mark.parametrize("raw", [b"not json", b'[{"event": "bounce", "timestamp": 99999999999999}]'])
def test_receipts_that_cannot_be_read_are_dead_with_their_cause(store: Store, uow: UnitOfWork, raw: bytes) -> None:
    event = apply_until_settled(uow, store, receive(store, "events", raw, provider="sendgrid"))
    assert event.work_status == "dead"
    assert "Error" in (event.last_error or "")


def test_a_payment_the_provider_does_not_know_is_asked_for_four_times_and_then_in_sight(
    store: Store, uow: UnitOfWork, sandbox: Sandbox
) -> None:
    body = {"payload": {"payment": {"entity": {"id": "pay_unknown000000"}}}}
    event = apply_until_settled(uow, store, receive(store, "payment.captured", body))
    assert (event.work_status, event.attempts) == ("dead", 4)
    assert "razorpay answered 4" in (event.last_error or "")
    assert len(sandbox.calls("payments.fetch")) == 4


def test_a_token_nobody_of_ours_gave_is_waited_for_and_then_no_concern_of_ours(store: Store, uow: UnitOfWork) -> None:
    """It may have overtaken the payment that names it; another shop on the same account has tokens too."""
    body = {"payload": {"token": {"entity": {"id": "token_unknown000000"}}}}
    event_id = receive(store, "token.confirmed", body)
    apply_event(store.id, event_id)
    assert read(uow, event_id).work_status == "queued"
    event = apply_until_settled(uow, store, event_id)
    assert event.work_status == "done"
    assert event.outcome == "ignored: no mandate of ours has the token token_unknown000000"


def test_one_event_that_breaks_does_not_keep_its_neighbours_waiting(
    store: Store, uow: UnitOfWork, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.webhooks("drop")
    _, provider_order = place_and_start(make_shopper(store))
    paid = sandbox.pay(provider_order)

    def broken(*_: object) -> None:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setitem(tasks.APPLIERS, ("razorpay", "order.paid"), Applier(broken, broken))  # type: ignore[arg-type]
    receive(store, "order.paid", {}, "evt_1")
    body = {"payload": {"payment": {"entity": {"id": paid["razorpay_payment_id"]}}}}
    neighbour = receive(store, "payment.captured", body, "evt_2")
    drain(str(store.id))
    assert read(uow, neighbour).work_status == "done"
