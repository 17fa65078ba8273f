"""A message is a row in the transaction that makes it true, and one row only."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from app.core.clock import machine_now
from app.core.ids import new_id
from app.core.security import decrypt
from app.core.work import unit_of_work
from app.notifications import queries, service
from app.notifications.errors import ContextIncomplete, UnknownTemplate
from app.notifications.models import Message
from app.stores.models import Store
from tests.conftest import UnitOfWork

EMAIL, PHONE = "asha@example.in", "+919876543210"


def notice(session: Session, key: str = "event:1", to: str = EMAIL, channel: str = "email") -> Message:
    return service.queue(session, "notice", to, channel, key, {"body": "Hello"}, subject="Hello")


def test_a_queued_message_is_woken_after_the_commit(session: Session) -> None:
    message = notice(session)
    assert (message.status, message.work_status, message.recipient) == ("queued", "queued", EMAIL)
    assert session.info["nudges"] == [("deliver_message", (message.store_id, message.id))]


def test_a_code_goes_before_everything_else(session: Session) -> None:
    service.queue(session, "otp", PHONE, "sms", "otp:1", {"minutes": 5}, secrets={"code": "123456"})
    assert [name for name, _ in session.info["nudges"]] == ["deliver_urgent_message"]


def test_a_repeat_finds_the_first(session: Session) -> None:
    first = notice(session)
    assert notice(session).id == first.id
    assert notice(session, to=" Asha@EXAMPLE.in".replace("Asha", "asha")).id == first.id, "one address, two spellings"
    assert len(session.info["nudges"]) == 1
    others = [notice(session, key="event:2"), notice(session, to="ravi@example.in"), notice(session, to=PHONE, channel="sms")]
    assert len({first.id, *(other.id for other in others)}) == 4


def test_ac34_ten_racing_deliveries_of_one_event_make_one_message(store: Store) -> None:
    def queue_once(_: int) -> str:
        with unit_of_work(store.id) as session:
            return str(notice(session).id)

    with ThreadPoolExecutor(10) as pool:
        assert len(set(pool.map(queue_once, range(10)))) == 1
    with unit_of_work(store.id) as session:
        assert len(session.exec(select(Message)).all()) == 1


def test_the_same_event_of_two_stores_is_two_messages(make_store: Callable[[], Store]) -> None:
    for store in (make_store(), make_store()):
        with unit_of_work(store.id) as session:
            notice(session)
            assert len(session.exec(select(Message)).all()) == 1


def test_a_rollback_takes_the_message_with_it(uow: UnitOfWork) -> None:
    with pytest.raises(RuntimeError, match="no order after all"), uow() as session:
        notice(session)
        raise RuntimeError("no order after all")
    with uow() as session:
        assert session.exec(select(Message)).all() == []


def test_a_secret_is_kept_encrypted(session: Session) -> None:
    message = service.queue(session, "otp", PHONE, "sms", "otp:1", {"minutes": 5}, secrets={"code": "123456"})
    row = session.execute(text("SELECT m::text FROM messages m")).scalar_one()
    assert "123456" not in row
    assert message.secret_context is not None
    assert b"123456" in decrypt(message.secret_context)


def test_an_address_that_is_none_makes_a_failed_message_and_no_error(session: Session) -> None:
    message = notice(session, to="9876543210", channel="sms")
    assert (message.status, message.work_status, message.error_code) == ("failed", "dead", "invalid_recipient")
    assert session.info["nudges"] == []


def test_mistakes_of_the_caller_write_nothing(session: Session) -> None:
    with pytest.raises(UnknownTemplate):
        service.queue(session, "love_letter", EMAIL, "email", "event:1", {})
    with pytest.raises(ContextIncomplete):
        service.queue(session, "order_confirmation", EMAIL, "email", "event:1", {"order_number": "ORD-1"})
    with pytest.raises(ContextIncomplete):
        service.queue(session, "otp", PHONE, "sms", "otp:1", {"minutes": 5})
    assert session.exec(select(Message)).all() == []


def test_a_message_for_later_lives_from_then_on(session: Session) -> None:
    later = machine_now() + timedelta(days=10)
    message = service.queue(session, "notice", EMAIL, "email", "event:1", {"body": "x"}, not_before=later)
    assert message.next_attempt_at == later
    assert message.expires_at == later + timedelta(days=3)


def test_messages_are_found_by_what_they_are_about(session: Session) -> None:
    order_id = new_id()
    for key, to, channel in (("a", EMAIL, "email"), ("a", PHONE, "sms"), ("b", EMAIL, "email")):
        service.queue(session, "notice", to, channel, key, {"body": "x"}, about=("orders", order_id))
    notice(session, key="c")
    assert [message.event_key for message in queries.about(session, "orders", order_id)] == ["a", "a", "b"]
    page = queries.page(session, limit=2, subject_id=order_id)
    assert [message.event_key for message in page] == ["b", "a"]
    rest = queries.page(session, limit=2, subject_id=order_id, before=page[-1].id)
    assert [message.channel for message in rest] == ["email"]
    assert [message.channel for message in queries.page(session, limit=9, channel="sms")] == ["sms"]
