"""One message through the real SDKs to the sandbox: what each outcome makes of it."""

import threading
from datetime import timedelta

import orjson
import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from app.audit.models import AuditEntry
from app.core.clock import machine_now
from app.core.errors import LeaseLost, Unknown
from app.core.work import Nothing, unit_of_work
from app.core.work_rows import reclaim
from app.notifications import delivering, receipts, service
from app.notifications.delivering import Delivery
from app.notifications.models import Message
from app.providers.messages import Sent
from app.stores import service as stores
from app.stores.models import ProviderAccount, Store
from app.tasks.delivering import deliver_message
from tests.conftest import UnitOfWork
from tests.notifications.sending import EMAIL, PHONE, change, deliver, let_lease_run_out, queue, queue_code, read
from tests.sandbox_control import Sandbox

OPERATION = {"email": "mail.send", "sms": "messages.create"}
BOTH = pytest.mark.parametrize("channel", ["email", "sms"])


@pytest.fixture(autouse=True)
def hold_receipts(sandbox: Sandbox) -> None:
    sandbox.receipts("hold")


@BOTH
def test_a_message_is_sent_once_however_often_it_is_delivered(store: Store, sandbox: Sandbox, channel: str) -> None:
    message_id = queue(store.id, channel)
    assert [deliver(store.id, message_id).status for _ in range(3)] == ["sent"] * 3
    [arrived] = sandbox.inbox(channel=channel)
    message = read(store.id, message_id)
    assert (message.status, message.work_status, message.attempts) == ("sent", "done", 1)
    assert message.provider_id == arrived["provider_id"]
    assert message.sent_at is not None
    assert arrived["text"].strip() == message.text.strip()


def test_twenty_racing_workers_send_one(store: Store, sandbox: Sandbox) -> None:
    message_id = queue(store.id, "sms")
    threads = [threading.Thread(target=deliver_message, args=(store.id, message_id)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sandbox.calls("messages.create")) == 1
    assert read(store.id, message_id).status == "sent"


def test_a_code_arrives_and_stays_nowhere(store: Store, sandbox: Sandbox, uow: UnitOfWork) -> None:
    message_id = queue_code(store.id, "482913")
    deliver(store.id, message_id)
    [arrived] = sandbox.inbox(channel="sms")
    assert arrived["text"].startswith("482913 is your Test Organics code.")
    with uow() as session:
        for table in ("messages", "audit_entries"):
            rows = session.execute(text(f"SELECT coalesce(string_agg(t::text, ' '), '') FROM {table} t")).scalar_one()  # noqa: S608
            assert "482913" not in rows
    message = read(store.id, message_id)
    assert message.secret_context is None
    assert message.text.startswith("•••••• is your Test Organics code.")


@BOTH
def test_rejected_is_failed_and_never_tried_again(store: Store, sandbox: Sandbox, channel: str) -> None:
    message_id = queue(store.id, channel)
    sandbox.fault(OPERATION[channel], "rejected")
    assert [deliver(store.id, message_id).status for _ in range(2)] == ["failed"] * 2
    message = read(store.id, message_id)
    assert (message.work_status, message.attempts) == ("dead", 1)
    assert message.error_code
    assert message.last_error
    assert len(sandbox.calls(OPERATION[channel])) == 1
    assert sandbox.inbox() == []


@BOTH
def test_unavailable_uses_up_no_attempt(store: Store, sandbox: Sandbox, channel: str) -> None:
    message_id = queue(store.id, channel)
    sandbox.fault(OPERATION[channel], "rate_limited", times=6)
    for _ in range(6):
        progress = deliver(store.id, message_id)
        assert (progress.status, progress.is_owed) == ("queued", True)
        assert progress.retry_at is not None
        assert progress.retry_at > machine_now()
        assert read(store.id, message_id).attempts == 0
    assert deliver(store.id, message_id).status == "sent"
    assert len(sandbox.inbox(channel=channel)) == 1


@BOTH
@pytest.mark.parametrize("fault", ["bad_gateway_html", "connection_reset"])
@pytest.mark.parametrize("took_effect", [True, False])
def test_unknown_is_never_sent_again(store: Store, sandbox: Sandbox, channel: str, fault: str, took_effect: bool) -> None:
    message_id = queue(store.id, channel)
    sandbox.fault(OPERATION[channel], fault, after_effect=took_effect)
    assert [deliver(store.id, message_id).status for _ in range(3)] == ["unknown"] * 3
    message = read(store.id, message_id)
    assert (message.work_status, message.next_attempt_at) == ("unknown", None)
    assert len(sandbox.calls(OPERATION[channel])) == 1
    assert len(sandbox.inbox()) == took_effect


def test_an_unknown_code_is_wiped(store: Store, sandbox: Sandbox) -> None:
    message_id = queue_code(store.id)
    sandbox.fault("messages.create", "connection_reset")
    assert deliver(store.id, message_id).status == "unknown"
    assert read(store.id, message_id).secret_context is None


def test_an_expired_message_is_cancelled_and_stays_in_sight(store: Store, sandbox: Sandbox) -> None:
    message_id = queue_code(store.id)
    sandbox.fault("messages.create", "rate_limited")
    deliver(store.id, message_id)
    change(store.id, message_id, lambda message: setattr(message, "expires_at", machine_now() - timedelta(seconds=1)))
    assert deliver(store.id, message_id).status == "cancelled"
    message = read(store.id, message_id)
    assert (message.work_status, message.error_code, message.secret_context) == ("dead", "expired", None)
    assert "429" in (message.last_error or "")
    assert sandbox.inbox() == []


def test_an_error_about_the_message_has_one_try_and_three_more(store: Store, sandbox: Sandbox, uow: UnitOfWork) -> None:
    message_id = queue_code(store.id)
    change(store.id, message_id, lambda message: setattr(message, "secret_context", b"encrypted with a key that is gone"))
    assert [deliver(store.id, message_id).status for _ in range(5)] == ["queued"] * 3 + ["failed"] * 2
    message = read(store.id, message_id)
    assert (message.work_status, message.attempts, message.error_code) == ("dead", 4, "not_preparable")
    assert sandbox.calls("messages.create") == []


def test_a_store_without_an_account_waits_for_one(store: Store, uow: UnitOfWork) -> None:
    with uow() as session:
        session.execute(text("UPDATE provider_accounts SET is_active = false WHERE provider = 'twilio'"))
    message_id = queue(store.id, "sms")
    assert deliver(store.id, message_id).status == "queued"
    with uow() as session:
        session.execute(text("UPDATE provider_accounts SET is_active = true WHERE provider = 'twilio'"))
    assert deliver(store.id, message_id).status == "sent"


@BOTH
def test_an_account_that_lacks_a_secret_waits_for_it_and_nothing_is_called(
    store: Store, sandbox: Sandbox, uow: UnitOfWork, channel: str
) -> None:
    provider, secrets, needed = {
        "sms": ("twilio", sandbox.twilio, "phone_number"),
        "email": ("sendgrid", sandbox.sendgrid, "api_key"),
    }[channel]
    change_secrets(uow, provider, {**secrets, needed: ""})
    message_id = queue(store.id, channel)
    assert deliver(store.id, message_id).status == "queued"
    assert needed in (read(store.id, message_id).error or "")
    change_secrets(uow, provider, secrets)
    assert deliver(store.id, message_id).status == "sent"


def test_a_template_that_this_release_does_not_know_has_one_try_and_three_more(store: Store, sandbox: Sandbox) -> None:
    message_id = queue(store.id, "sms")
    change(store.id, message_id, lambda message: setattr(message, "template", "of_the_next_release"))
    assert [deliver(store.id, message_id).status for _ in range(4)] == ["queued"] * 3 + ["failed"]
    assert sandbox.calls("messages.create") == []


def change_secrets(uow: UnitOfWork, provider: str, secrets: dict[str, str]) -> None:
    with uow() as session:
        account = session.exec(select(ProviderAccount).where(ProviderAccount.provider == provider)).one()
        stores.change_account(session, account, secrets)


def test_a_context_that_does_not_fit_fails_at_once(store: Store, sandbox: Sandbox, uow: UnitOfWork) -> None:
    with uow() as session:
        message_id = service.queue(session, "welcome_user", EMAIL, "email", "event:1", {"user": 5}, wake=False).id
    assert deliver(store.id, message_id).status == "failed"
    assert read(store.id, message_id).error_code == "not_renderable"
    assert sandbox.inbox() == []


def test_an_sms_that_no_provider_takes_is_not_tried(store: Store, sandbox: Sandbox, uow: UnitOfWork) -> None:
    with uow() as session:
        message_id = service.queue(session, "notice", PHONE, "sms", "event:1", {"body": "a" * 1601}, wake=False).id
    assert deliver(store.id, message_id).status == "failed"
    assert read(store.id, message_id).error_code == "too_long"
    assert sandbox.calls("messages.create") == []


def test_the_parts_of_an_sms_are_kept(store: Store, uow: UnitOfWork) -> None:
    with uow() as session:
        message_id = service.queue(session, "notice", PHONE, "sms", "event:1", {"body": "दूध " * 30}, wake=False).id
    deliver(store.id, message_id)
    assert read(store.id, message_id).segments == 2


def claim(store: Store, message_id: object) -> Delivery:
    with unit_of_work(store.id) as session:
        claimed = delivering.claim(session, message_id)  # type: ignore[arg-type]
    assert not isinstance(claimed, Nothing)
    return claimed


def take_back(store: Store) -> list[Message]:
    """What the sweep does with a lease that ran out."""
    with unit_of_work(store.id) as session:
        let_lease_run_out(session)
        return reclaim(session, Message)


def test_a_worker_that_dies_in_the_call_leaves_it_unknown(store: Store, sandbox: Sandbox) -> None:
    message_id = queue_code(store.id)
    claim(store, message_id)
    assert read(store.id, message_id).status == "sending"
    take_back(store)
    message = read(store.id, message_id)
    assert (message.status, message.work_status, message.error_code) == ("unknown", "unknown", "lease_lost")
    assert message.secret_context is None
    assert deliver(store.id, message_id).status == "unknown"
    assert sandbox.calls("messages.create") == []


def test_a_late_holder_changes_nothing(store: Store, uow: UnitOfWork) -> None:
    message_id = queue(store.id, "sms")
    late = claim(store, message_id)
    take_back(store)
    for outcome in (Sent("twilio", "SM1"), Unknown("late")):
        with pytest.raises(LeaseLost), uow() as session:
            delivering.settle(session, late, outcome)
    assert read(store.id, message_id).provider_id is None


def test_a_bounce_that_was_quicker_than_the_answer_keeps_its_reason(store: Store, uow: UnitOfWork) -> None:
    message_id = queue(store.id, "email")
    claimed = claim(store, message_id)
    bounce = {"event": "bounce", "status": "5.1.1", "message_id": str(message_id), "sg_event_id": "e1", "type": "bounce"}
    with uow() as session:
        receipts.apply_sendgrid(session, orjson.dumps([bounce]))
    with uow() as session:
        delivering.settle(session, claimed, Sent("sendgrid", "sg1"))
    message = read(store.id, message_id)
    assert (message.status, message.error_code, message.work_status) == ("bounced", "5.1.1", "done")


def test_each_change_of_state_is_on_record(store: Store, sandbox: Sandbox, session: Session) -> None:
    sent, failed = queue(store.id, "sms", "event:1"), queue(store.id, "sms", "event:2")
    deliver(store.id, sent)
    sandbox.fault("messages.create", "rejected")
    deliver(store.id, failed)
    entries = session.exec(select(AuditEntry).where(AuditEntry.object_type == "messages").order_by(AuditEntry.id)).all()  # type: ignore[arg-type]
    assert [(entry.object_id, entry.action) for entry in entries] == [(sent, "message.sent"), (failed, "message.failed")]
    assert entries[0].changes == {"status": ["sending", "sent"]}
    assert PHONE not in str([entry.model_dump() for entry in entries])
