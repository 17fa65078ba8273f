"""Each repair mends what its check found, and run once more it does nothing; `rozana check` tells all of it."""

import json
from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlmodel import Session, select
from typer.testing import CliRunner

from app.audit.models import AuditEntry
from app.checkout import cancelling, documenting
from app.checkout.cancelling import Why
from app.checkout.documenting import lots_of
from app.checkout.returning import Return, confirm_return
from app.cli.main import app
from app.cli.repairs import REPAIRS, mend
from app.core.actor import SYSTEM
from app.core.clock import machine_now
from app.core.work import unit_of_work
from app.insight.checks.frame import Finding, find_all
from app.insight.checks.registry import BY_NAME, CHECKS
from app.orders import queries as orders
from app.orders import reducing
from app.orders.reducing import Terms
from app.stores.models import Store
from tests.insight.breaking import BREAKS, Break, sql
from tests.insight.busy import Busy, make_busy, paid, placed
from tests.sandbox_control import Sandbox
from tests.shopping import make_shopper, place_and_start
from tests.unchanged import unchanged


@pytest.fixture(scope="module")
def busy(make_store: Callable[[], Store]) -> Busy:
    return make_busy(make_store())


def look(store: Store, name: str) -> list[Finding]:
    with unit_of_work(store.id) as session:
        return find_all(session, [BY_NAME[name]], machine_now(), "INR")


def mends(store: Store, name: str) -> None:
    """What is found is mended, and the repair that runs again because somebody pressed the key twice changes nothing."""
    (finding,) = look(store, name)
    assert finding.repair == f"rozana check --only {name} --repair"
    told = mend(store.id, finding)
    assert look(store, name) == [], told
    with unchanged(store):
        mend(store.id, finding)


def _note_not_written(session: Session, busy: Busy) -> None:
    order = orders.get_locked(session, busy.door)
    documenting.spread(session, order, 100, Terms("goodwill"), SYSTEM, "")


HERE: dict[str, Break] = {  # by our own facts alone
    **{
        name: BREAKS[name]
        for name in (
            "over_paid",
            "refund_failed",
            "approval_kept",
            "dead_rows",
            "dead_events",
            "hold_expired",
            "hold_left_over",
        )
    },
    "captured_without_order": BREAKS["captured_without_order"],
    "order_status": sql("UPDATE orders SET status = 'out_for_delivery' WHERE id = :returned"),
    "parcel_without_document": BREAKS["parcel_without_document"],
    "credit_note_missing": _note_not_written,
    "dead_attempts": sql(
        "UPDATE payment_attempts SET work_status = 'dead', settled_at = now()"
        " WHERE payment_id = (SELECT id FROM payments WHERE order_id = :waiting)"
    ),
}


@pytest.mark.parametrize("name", HERE)
def test_a_repair_mends_once_and_does_nothing_more(busy: Busy, name: str) -> None:
    with unit_of_work(busy.store.id) as session:
        HERE[name](session, busy)
    mends(busy.store, name)


def spoil(store: Store, statement: str) -> None:
    with unit_of_work(store.id) as session:
        session.execute(text(statement))


def test_a_payment_that_only_the_provider_has_is_booked(store: Store, sandbox: Sandbox) -> None:
    sandbox.webhooks("drop")
    order, provider_order = place_and_start(make_shopper(store))
    sandbox.pay(provider_order)
    spoil(store, "UPDATE orders SET payment_status = 'paid', status = 'confirmed', confirmed_at = now()")
    mends(store, "paid_without_capture")
    with unit_of_work(store.id) as session:
        assert "order.paid_late" in session.exec(select(AuditEntry.action).where(AuditEntry.object_id == order.id)).all()


@pytest.mark.parametrize("is_paid", [True, False])
def test_an_order_past_its_time_is_given_up_unless_it_was_paid(store: Store, sandbox: Sandbox, *, is_paid: bool) -> None:
    sandbox.webhooks("drop")
    order, provider_order = place_and_start(make_shopper(store))
    if is_paid:
        sandbox.pay(provider_order)
    spoil(store, "UPDATE orders SET expires_at = now() - interval '16 minutes'")
    mends(store, "order_not_expired")
    with unit_of_work(store.id) as session:
        assert orders.get(session, order.id, None).status == ("confirmed" if is_paid else "cancelled")


@pytest.mark.parametrize(
    ("name", "spoils"),
    [
        ("refund_slow", "created_at = created_at - interval '11 days'"),
        ("dead_refunds", "work_status = 'dead', settled_at = now()"),
    ],
)
def test_a_refund_that_hangs_is_looked_up_and_made_once(store: Store, sandbox: Sandbox, name: str, spoils: str) -> None:
    sandbox.webhooks("drop")
    shopper = make_shopper(store)
    order, provider_order = place_and_start(shopper)
    back = sandbox.pay(provider_order)
    told = Return(back["razorpay_order_id"], back["razorpay_payment_id"], back["razorpay_signature"])
    confirm_return(store.id, order.id, shopper.customer.id, told, shopper.actor)
    with unit_of_work(store.id) as session:
        cancelling.cancel(session, order.id, None, Why("customer"), actor=shopper.actor, now=machine_now())
    spoil(store, f"UPDATE refunds SET {spoils}")  # noqa: S608
    mends(store, name)


def test_every_check_that_promises_a_repair_has_one() -> None:
    assert {check.name for check in CHECKS if check.is_repaired} == REPAIRS.keys()


def test_what_needs_a_person_is_left_alone(busy: Busy) -> None:
    finding = Finding("under_paid", "severe", "", "orders", busy.confirmed, 100, "", "")
    with unchanged(busy.store):
        assert mend(busy.store.id, finding) == "a person has to decide"


def test_rozana_check_finds_and_mends(make_store: Callable[[], Store]) -> None:
    store, run = make_store(), CliRunner(env={"COLUMNS": "300"})
    slug, two = ["--store", store.slug], ["--only", "over_paid", "--only", "reduced_amount"]
    well = run.invoke(app, ["check", *slug])
    assert (well.exit_code, f"everything adds up. {len(CHECKS)} checks." in well.output) == (0, True), well.output
    order_id = paid(store)
    with unit_of_work(store.id) as session:
        order = orders.get_locked(session, order_id)
        reducing.reduce_by(session, order, lots_of(session, order)[None], 100, Terms("goodwill"), SYSTEM, "")
        order = placed(store)[0]
        session.execute(text("UPDATE orders SET reduced_amount = 100 WHERE id = :id"), {"id": order.id})
    told = run.invoke(app, ["check", *slug, *two, "--json"])
    facts = json.loads(told.stdout)
    assert (told.exit_code, facts["ok"]) == (1, False)
    (found,) = facts["stores"]
    assert {finding["check"] for finding in found["findings"]} == {"over_paid", "reduced_amount"}
    mended = run.invoke(app, ["check", *slug, *two, "--repair"])
    assert mended.exit_code == 1, "one of them needs a person"
    assert "mended over_paid" in mended.output
    assert "reduced_amount" in mended.output
    only = run.invoke(app, ["check", *slug, "--only", "over_paid"])
    assert only.exit_code == 0
    unknown = run.invoke(app, ["check", *slug, "--only", "all_well"])
    assert (unknown.exit_code, unknown.exception.__class__) == (1, SystemExit)
