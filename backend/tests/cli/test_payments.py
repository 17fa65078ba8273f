"""`rozana payments`: what webhooks lost is made up for, what they told is applied again, payouts are held to the books."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import orjson
import pytest
from sqlmodel import Session, select
from typer.testing import CliRunner, Result

from app.audit.models import AuditEntry
from app.cli.main import app
from app.core import clock
from app.core.nudge import nudger
from app.core.work import unit_of_work
from app.inbox import service as inbox
from app.inbox.models import ProviderEvent
from app.orders.models import Order
from app.payments.models import Capture
from app.payments.refund_models import Refund
from app.stores import service as stores
from app.stores.models import Store
from app.tasks.inbox import drain
from tests.sandbox_control import Sandbox
from tests.shopping import make_shopper, place_and_start
from tests.unchanged import unchanged

Payments = Callable[..., Result]
TODAY = clock.machine_now().astimezone(ZoneInfo("Asia/Kolkata")).date()
YESTERDAY = (TODAY - timedelta(days=1)).isoformat()


@pytest.fixture
def payments(store: Store, sandbox: Sandbox) -> Iterator[Payments]:
    """The command, in a store whom the provider tells nothing."""
    sandbox.webhooks("drop")
    runner = CliRunner(env={"COLUMNS": "300"})
    yield lambda *arguments: runner.invoke(app, ["payments", *arguments, "--store", store.slug])
    nudger.flush(2)


def sell(store: Store, sandbox: Sandbox) -> tuple[Order, str]:
    order, provider_order_id = place_and_start(make_shopper(store))
    return order, sandbox.pay(provider_order_id)["razorpay_payment_id"]


def today(store: Store) -> date:
    """The shop's: at midnight there, a test may begin on one day and end on the next."""
    with unit_of_work(store.id) as session:
        return clock.today(stores.get(session))


def table(done: Result) -> dict[str, list[str]]:
    """What was seen and what applied, by kind."""
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in done.stdout.splitlines() if line.startswith("│")]
    return {kind: numbers for kind, *numbers in rows}


def status_of(store: Store, order: Order) -> str:
    with unit_of_work(store.id) as session:
        return session.get_one(Order, (store.id, order.id)).status


def test_ac32_a_date_range_is_filled_from_the_provider_once(payments: Payments, store: Store, sandbox: Sandbox) -> None:
    order, payment_id = sell(store, sandbox)
    sandbox.refund_at_dashboard(payment_id, 2000)
    done = payments("backfill", "--from", YESTERDAY)
    assert done.exit_code == 0, done.output
    assert table(done) == {"payments": ["1", "1"], "refunds": ["1", "1"], "disputes": ["0", "0"]}
    assert status_of(store, order) == "confirmed"
    with unit_of_work(store.id) as session:
        assert session.exec(select(Refund.amount)).all() == [2000]
        by = session.exec(select(AuditEntry.actor_label).where(AuditEntry.action == "order.confirmed")).one()
        assert by == "command line"
    with unchanged(store):
        again = payments("backfill", "--from", YESTERDAY, "--to", today(store).isoformat())
    assert table(again)["payments"] == ["1", "0"]


def test_what_lies_outside_the_range_is_left(payments: Payments, store: Store, sandbox: Sandbox) -> None:
    sell(store, sandbox)
    with unchanged(store):
        done = payments("backfill", "--from", "2026-01-01", "--to", "2026-01-31")
    assert (done.exit_code, table(done)["payments"]) == (0, ["0", "0"])


@pytest.mark.parametrize("times", [("tomorrow", ""), ("2026-02-30", ""), (TODAY.isoformat(), YESTERDAY)])
def test_a_time_that_is_none_is_refused(payments: Payments, store: Store, sandbox: Sandbox, times: tuple[str, str]) -> None:
    from_, to = times
    for command in ("backfill", "replay"):
        with unchanged(store):
            done = payments(command, "--from", from_, *(["--to", to] if to else []))
        assert (done.exit_code, done.stdout) == (1, "")
        assert done.stderr.strip()
    assert sandbox.calls("payments.list") == []


def test_a_provider_that_is_away_is_said_in_a_sentence(payments: Payments, store: Store, sandbox: Sandbox) -> None:
    sandbox.fault("payments.list", "bad_gateway_html")
    with unchanged(store):
        done = payments("backfill", "--from", YESTERDAY)
    assert done.exit_code == 1
    assert "502" in done.stderr
    assert "Traceback" not in done.output


def test_ac32_stored_events_are_applied_again_and_change_nothing_twice(
    payments: Payments, store: Store, sandbox: Sandbox
) -> None:
    """Here one was given up, for a reason that is mended; the others find everything done."""
    order, _ = sell(store, sandbox)
    with unit_of_work(store.id) as session:
        for event in sandbox.events():
            store_event(session, event["id"], event["type"], orjson.dumps(event["body"]), work_status="dead")
        store_event(session, "other", "token.confirmed", b"{}", work_status="dead")
    done = payments("replay", "--from", YESTERDAY, "--type", "payment.*", "--wait", "0")
    assert "2 are not applied yet" in done.stdout, done.output
    drain(str(store.id))
    assert status_of(store, order) == "confirmed"
    with unit_of_work(store.id) as session:
        events = {event.event_type: event for event in session.exec(select(ProviderEvent))}
        assert events["token.confirmed"].work_status == "dead", "another type is left alone"
        assert events["payment.captured"].work_status == "done"
    payments("replay", "--from", YESTERDAY, "--type", "payment.captured", "--wait", "0")
    drain(str(store.id))
    with unit_of_work(store.id) as session:
        assert len(session.exec(select(Capture)).all()) == 1
    done = payments(
        "replay", "--from", (TODAY + timedelta(days=-30)).isoformat(), "--to", (TODAY + timedelta(days=-20)).isoformat()
    )
    assert (done.exit_code, "not applied" in done.stdout) == (0, False)


def store_event(session: Session, event_id: str, kind: str, body: bytes, work_status: str) -> None:
    account = stores.provider_account(session, "razorpay")
    assert inbox.receive(session, account, event_id, kind, {}, body)
    event = session.exec(select(ProviderEvent).where(ProviderEvent.event_id == event_id)).one()
    event.work_status, event.settled_at, event.last_error = work_status, clock.machine_now(), "a mistake of ours"
    session.add(event)


def test_reconcile_finds_what_the_books_lack_and_repairs_it(payments: Payments, store: Store, sandbox: Sandbox) -> None:
    order, payment_id = sell(store, sandbox)
    sandbox.settle()
    found = payments("reconcile")
    assert found.exit_code == 1
    assert f"payment {payment_id}" in found.stdout
    assert "payment_unknown" in found.stdout
    assert status_of(store, order) == "pending_payment"
    repaired = payments("reconcile", "--day", today(store).isoformat(), "--repair")
    assert repaired.exit_code == 0, repaired.output
    assert "Every line fits the books." in repaired.stdout
    assert status_of(store, order) == "confirmed"
    with unchanged(store):
        assert payments("reconcile", "--repair").exit_code == 0
        assert payments("settlements").exit_code == 0
