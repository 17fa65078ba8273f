"""What providers report: forward only, each report once, in any order, and an unknown message is settled by it."""

import json
from concurrent.futures import ThreadPoolExecutor
from itertools import permutations
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from sqlmodel import Session

from app.core.errors import Unknown
from app.core.ids import new_id
from app.core.work import unit_of_work
from app.notifications import delivering, queries, receipts
from app.notifications.delivering import Delivery
from app.notifications.models import Message
from app.providers.messages import Sent
from app.stores.models import Store
from tests.conftest import UnitOfWork
from tests.notifications.sending import deliver, queue, read
from tests.sandbox_control import Sandbox

URL = "https://shop.example/api/v1/webhooks/twilio/1"


@pytest.fixture(autouse=True)
def hold_receipts(sandbox: Sandbox) -> None:
    sandbox.receipts("hold")


def event(message_id: UUID | None, name: str, number: object = 1, **more: Any) -> dict[str, Any]:
    ours = {"message_id": str(message_id)} if message_id else {}
    return {"event": name, "sg_event_id": f"evt-{number}", "timestamp": 1513299569, "email": "asha@example.in", **ours, **more}


def apply_events(session: Session, *events: dict[str, Any]) -> str:
    return receipts.apply_sendgrid(session, json.dumps(events).encode() + b"\r\n")


def apply_form(session: Session, message_id: UUID | None, status: str, sid: str = "SM1", code: str = "") -> str:
    form = {"MessageSid": sid, "MessageStatus": status, "To": "+919876543210"} | ({"ErrorCode": code} if code else {})
    url = f"{URL}?message_id={message_id}" if message_id else URL
    return receipts.apply_twilio(session, urlencode(form).encode(), url)


def sent(store: Store, channel: str = "email") -> UUID:
    message_id = queue(store.id, channel)
    deliver(store.id, message_id)
    return message_id


def test_sendgrid_events_in_any_order_and_number_end_delivered(store: Store, uow: UnitOfWork) -> None:
    for number, order in enumerate(permutations(("processed", "deferred", "delivered"))):
        message_id = queue(store.id, "email", f"event:{number}")
        deliver(store.id, message_id)
        events = [event(message_id, name, f"{number}-{name}") for name in order]
        with uow() as session:
            apply_events(session, *events, *events)
        message = read(store.id, message_id)
        assert (message.status, message.work_status) == ("delivered", "done")
        assert message.delivered_at is not None


def test_each_report_is_applied_once_and_kept(store: Store, uow: UnitOfWork) -> None:
    message_id = sent(store)
    delivered = event(message_id, "delivered")
    with uow() as session:
        assert apply_events(session, delivered, delivered) == "1 of 2 reports changed a message"
    with uow() as session:
        assert apply_events(session, delivered) == "0 of 1 reports changed a message"
        assert [receipt.event for receipt in queries.receipts(session, message_id)] == ["delivered"]


def test_a_bounce_says_why_without_the_address(store: Store, uow: UnitOfWork) -> None:
    message_id = sent(store)
    with uow() as session:
        apply_events(session, event(message_id, "bounce", status="5.1.1", type="bounce", reason="550 asha@example.in unknown"))
    message = read(store.id, message_id)
    assert (message.status, message.error_code) == ("bounced", "5.1.1")
    assert "asha" not in (message.error or "")


def test_an_event_without_our_id_is_matched_by_theirs(store: Store, uow: UnitOfWork) -> None:
    message_id = sent(store)
    theirs = f"{read(store.id, message_id).provider_id}.filter0001.16648"
    with uow() as session:
        apply_events(session, event(None, "delivered", sg_message_id=theirs))
    assert read(store.id, message_id).status == "delivered"


@pytest.mark.parametrize("raw", [b"[]", b"{}", b'["x", 1, null]', b'[{"event": "delivered"}]', b'[{"message_id": "x"}]'])
def test_odd_events_change_nothing(store: Store, uow: UnitOfWork, raw: bytes) -> None:
    message_id = sent(store)
    with uow() as session:
        assert receipts.apply_sendgrid(session, raw).startswith("0 of")
    assert read(store.id, message_id).status == "sent"


def test_another_stores_message_is_nobodys(store: Store, uow: UnitOfWork, make_store: Any) -> None:
    message_id, other = sent(store), make_store()
    with unit_of_work(other.id) as session:
        assert apply_events(session, event(message_id, "bounce")) == "0 of 1 reports changed a message"
    assert read(store.id, message_id).status == "sent"


@pytest.mark.parametrize("took_effect", [True, False])
@pytest.mark.parametrize("channel", ["email", "sms"])
def test_ac35_a_receipt_settles_an_unknown_message(
    store: Store, sandbox: Sandbox, uow: UnitOfWork, channel: str, took_effect: bool
) -> None:
    sandbox.fault("mail.send" if channel == "email" else "messages.create", "connection_reset", after_effect=took_effect)
    message_id = sent(store, channel)
    assert read(store.id, message_id).status == "unknown"
    if took_effect:
        with uow() as session:
            if channel == "email":
                apply_events(session, event(message_id, "delivered", sg_message_id="14c5.filter"))
            else:
                apply_form(session, message_id, "delivered")
        message = read(store.id, message_id)
        assert (message.status, message.work_status, message.error_code) == ("delivered", "done", None)
        assert message.provider_id == ("14c5" if channel == "email" else "SM1")
    assert len(sandbox.inbox()) == took_effect


def test_twilio_callbacks_in_any_order_end_delivered(store: Store, uow: UnitOfWork) -> None:
    for number, order in enumerate(permutations(("queued", "sent", "delivered"))):
        message_id = queue(store.id, "sms", f"event:{number}")
        deliver(store.id, message_id)
        for status in (*order, *order):
            with uow() as session:
                apply_form(session, message_id, status, sid=str(read(store.id, message_id).provider_id))
        assert read(store.id, message_id).status == "delivered"


def test_an_undelivered_sms_keeps_twilios_code(store: Store, uow: UnitOfWork) -> None:
    message_id = sent(store, "sms")
    with uow() as session:
        apply_form(session, message_id, "undelivered", code="30005")
    message = read(store.id, message_id)
    assert (message.status, message.error_code) == ("failed", "30005")
    with uow() as session:
        assert apply_form(session, message_id, "sent") == "sent: changed nothing"


def test_a_callback_is_matched_by_the_sid_alone(store: Store, uow: UnitOfWork) -> None:
    message_id = sent(store, "sms")
    with uow() as session:
        apply_form(session, None, "delivered", sid=str(read(store.id, message_id).provider_id))
        assert apply_form(session, new_id(), "delivered", sid="SMunknown") == "delivered: changed nothing"
    assert read(store.id, message_id).status == "delivered"


def claim(store: Store, message_id: UUID) -> Delivery:
    with unit_of_work(store.id) as session:
        claimed = delivering.claim(session, message_id)
    assert isinstance(claimed, Delivery)
    return claimed


def test_a_receipt_that_overtakes_the_answer_stays(store: Store, uow: UnitOfWork) -> None:
    message_id = queue(store.id, "sms")
    delivery = claim(store, message_id)
    with uow() as session:
        apply_form(session, message_id, "delivered")
    assert read(store.id, message_id).work_status == "working", "its holder settles it"
    with uow() as session:
        delivering.settle(session, delivery, Sent("twilio", "SM1"))
    message = read(store.id, message_id)
    assert (message.status, message.work_status) == ("delivered", "done")


def test_a_receipt_wins_over_the_error_of_the_call(store: Store, sandbox: Sandbox, uow: UnitOfWork) -> None:
    message_id = queue(store.id, "sms")
    delivery = claim(store, message_id)
    with uow() as session:
        apply_form(session, message_id, "sent")
    with uow() as session:
        delivering.settle(session, delivery, Unknown("timeout", reason="timeout"))
    message = read(store.id, message_id)
    assert (message.status, message.work_status) == ("sent", "done")


def test_a_receipt_for_a_message_that_waits_stops_it(store: Store, sandbox: Sandbox, uow: UnitOfWork) -> None:
    sandbox.fault("messages.create", "rate_limited")
    message_id = sent(store, "sms")
    with uow() as session:
        apply_form(session, message_id, "delivered")
    assert deliver(store.id, message_id).status == "delivered"
    assert len(sandbox.calls("messages.create")) == 1


def test_deliveries_that_share_messages_never_wait_for_each_other(store: Store) -> None:
    ids = [queue(store.id, "email", f"event:{number}") for number in range(20)]
    batches = [[event(message_id, "delivered", f"{n}-{message_id}") for message_id in ids] for n in range(6)]

    def apply(number: int) -> str:
        batch = batches[number] if number % 2 else batches[number][::-1]
        with unit_of_work(store.id) as session:
            return apply_events(session, *batch)

    with ThreadPoolExecutor(6) as pool:
        applied = list(pool.map(apply, range(6)))
    assert sum(int(words.split()[0]) for words in applied) == len(ids)
    with unit_of_work(store.id) as session:
        assert {message.status for message in queries.page(session, limit=50)} == {"delivered"}


def test_a_message_keeps_its_timeline(store: Store, uow: UnitOfWork) -> None:
    message_id = sent(store, "sms")
    for status in ("sent", "delivered"):
        with uow() as session:
            apply_form(session, message_id, status)
    with uow() as session:
        assert [receipt.event for receipt in queries.receipts(session, message_id)] == ["sent", "delivered"]
        assert isinstance(queries.get(session, message_id), Message)
