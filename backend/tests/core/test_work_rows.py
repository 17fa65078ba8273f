"""Claim, settle, reclaim: on a real table, with real connections where they race."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlmodel import Session, col, select

from app.core import work_rows
from app.core.actor import SYSTEM
from app.core.clock import machine_now
from app.core.errors import LeaseLost
from app.core.ids import new_id
from app.core.work import unit_of_work
from app.core.work_rows import WorkRow, claim_batch, claim_next, claim_one, reclaim, settle_done, settle_failed, settle_unknown
from app.inbox import service as inbox
from app.inbox.models import ProviderEvent
from app.notifications import service as notifications
from app.payments import starting
from app.payments.models import PaymentAttempt
from app.stores import service as stores
from app.stores.models import ProviderAccount, Store
from tests.builders import make_order

UnitOfWork = Callable[[], AbstractContextManager[Session]]


def make_event(session: Session, **fields: Any) -> UUID:
    account = session.exec(select(ProviderAccount).where(ProviderAccount.provider == "razorpay")).one()
    event = ProviderEvent(
        store_id=account.store_id, account_id=account.id, provider="razorpay", event_id=str(new_id()), event_type="x",
        body=b"{}", **fields,
    )  # fmt: skip
    session.add(event)
    session.flush()
    return event.id


def read(uow: UnitOfWork, row_id: UUID) -> ProviderEvent:
    with uow() as session:
        return session.exec(select(ProviderEvent).where(ProviderEvent.id == row_id)).one()


def lose_lease(uow: UnitOfWork, *row_ids: UUID) -> list[ProviderEvent]:
    """The holder dies; its lease runs out; the sweep comes by."""
    with uow() as session:
        session.execute(
            text("UPDATE provider_events SET lease_until = now() - interval '1 s' WHERE id = ANY(:ids)"), {"ids": list(row_ids)}
        )
        return reclaim(session, ProviderEvent)


def make_due(uow: UnitOfWork) -> None:
    with uow() as session:
        session.execute(text("UPDATE provider_events SET next_attempt_at = now() WHERE work_status = 'queued'"))


def test_a_row_is_claimed_once_by_many_racing_claims(store: Store, uow: UnitOfWork) -> None:
    with uow() as session:
        row_ids = [make_event(session) for _ in range(20)]

    def claim(row_id: UUID) -> bool:
        with unit_of_work(store.id) as session:
            return claim_one(session, ProviderEvent, row_id) is not None

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(claim, [row_id for row_id in row_ids for _ in range(8)]))
    assert sum(won) == 20


def test_batches_do_not_overlap(store: Store, uow: UnitOfWork) -> None:
    with uow() as session:
        for _ in range(60):
            make_event(session)

    def claim(_: int) -> list[UUID]:
        with unit_of_work(store.id) as session:
            return [row.id for row in claim_batch(session, ProviderEvent, 10)]

    with ThreadPoolExecutor(6) as pool:
        claimed = [row_id for batch in pool.map(claim, range(12)) for row_id in batch]
    assert len(claimed) == len(set(claimed)) == 60


def test_a_row_that_is_not_due_is_left_alone(uow: UnitOfWork) -> None:
    with uow() as session:
        row_id = make_event(session, next_attempt_at=machine_now() + timedelta(minutes=1))
        assert claim_one(session, ProviderEvent, row_id) is None
        assert claim_next(session, ProviderEvent) is None
    assert read(uow, row_id).attempts == 0


def received(session: Session) -> WorkRow:
    account = stores.provider_account(session, "razorpay")
    inbox.receive(session, account, "evt_1", "payment.captured", {}, b"{}")
    return session.exec(select(ProviderEvent)).one()


def queued(session: Session) -> WorkRow:
    return notifications.queue(session, "notice", "+919876543210", "sms", "event:1", {"body": "Hello"})


def begun(session: Session) -> WorkRow:
    order = make_order(session)
    return starting.begin(session, order.id, order.total_amount, "INR", SYSTEM)


@pytest.mark.parametrize("make", [received, queued, begun])
def test_new_work_is_due_at_once_though_this_hosts_clock_is_ahead_of_the_databases(
    uow: UnitOfWork, make: Callable[[Session], WorkRow]
) -> None:
    with uow() as session:
        session.execute(text("SELECT set_config('rozana.now', (now() - interval '10 s')::text, true)"))
        row = make(session)
        assert claim_one(session, type(row), row.id)


def test_a_row_that_is_not_written_yet_is_written_claimed(uow: UnitOfWork) -> None:
    """Held as if it had been queued and claimed; and should its maker not claim it, it is queued."""
    with uow() as session:
        row = begun(session)
        assert row in session.new
        claimed = claim_one(session, PaymentAttempt, row.id)
        assert claimed is row
        assert claim_one(session, PaymentAttempt, row.id) is None
    with uow() as session:
        held = session.exec(select(PaymentAttempt)).one()
        assert (held.work_status, held.attempts, held.claimed_alone, held.call_outcome_unknown) == ("working", 1, True, False)
        assert held.lease_token == row.lease_token
        assert session.scalar(text("SELECT lease_until - app_now() > interval '100 s' FROM payment_attempts"))
        assert session.scalar(text("SELECT next_attempt_at <= app_now() FROM payment_attempts"))
        other = begun(session)
    with uow() as session:
        assert session.get_one(PaymentAttempt, (other.store_id, other.id)).work_status == "queued"
        assert claim_one(session, PaymentAttempt, other.id)


def test_a_late_holder_writes_nothing(uow: UnitOfWork) -> None:
    with uow() as session:
        late = claim_one(session, ProviderEvent, make_event(session))
    assert late
    lose_lease(uow, late.id)
    make_due(uow)
    with uow() as session:
        current = claim_one(session, ProviderEvent, late.id)
    assert current
    late.outcome = "written by the late holder"
    with pytest.raises(LeaseLost), uow() as session:
        settle_done(session, late)
    assert read(uow, late.id).outcome == ""
    with uow() as session:
        settle_done(session, current)
    assert read(uow, late.id).work_status == "done"


def test_one_call_and_three_more_then_dead_and_in_sight(uow: UnitOfWork) -> None:
    with uow() as session:
        row_id = make_event(session)
    for attempt in range(1, 5):
        make_due(uow)
        with uow() as session:
            row = claim_one(session, ProviderEvent, row_id)
            assert row and row.attempts == attempt
            settle_failed(session, row, "no luck")
            assert row.work_status == ("dead" if attempt == 4 else "queued")
    row = read(uow, row_id)
    assert (row.work_status, row.last_error, row.settled_at is not None) == ("dead", "no luck", True)


@pytest.mark.parametrize(("attempts", "at_most"), [(1, 5), (2, 10), (3, 20), (12, 600)])
def test_back_off_doubles_up_to_ten_minutes(attempts: int, at_most: float) -> None:
    assert work_rows.backoff(ProviderEvent, attempts) == at_most


def test_a_provider_that_is_away_uses_up_no_attempt(uow: UnitOfWork) -> None:
    with uow() as session:
        row_id = make_event(session)
    for _ in range(10):
        make_due(uow)
        with uow() as session:
            row = claim_one(session, ProviderEvent, row_id)
            assert row
            settle_failed(session, row, "away", counts=False, wait_seconds=1)
    assert (read(uow, row_id).attempts, read(uow, row_id).work_status) == (0, "queued")


def test_a_refusal_for_good_is_never_tried_again(uow: UnitOfWork) -> None:
    with uow() as session:
        row = claim_one(session, ProviderEvent, make_event(session))
        assert row
        settle_failed(session, row, "refused", final=True)
    make_due(uow)
    with uow() as session:
        assert claim_one(session, ProviderEvent, row.id) is None


def test_database_work_whose_holder_died_is_queued_again(uow: UnitOfWork) -> None:
    with uow() as session:
        row = claim_one(session, ProviderEvent, make_event(session))
    assert row
    assert [lost.work_status for lost in lose_lease(uow, row.id)] == ["queued"]


def test_a_call_whose_holder_died_is_unknown_and_looked_up(uow: UnitOfWork) -> None:
    with uow() as session:
        order = make_order(session)
        attempt = starting.begin(session, order.id, order.total_amount, "INR", SYSTEM)
        claimed = claim_one(session, PaymentAttempt, attempt.id)
        assert claimed and not claimed.call_outcome_unknown
    with uow() as session:
        session.execute(text("UPDATE payment_attempts SET lease_until = now() - interval '1 s'"))
        (lost,) = reclaim(session, PaymentAttempt)
        assert (lost.work_status, lost.next_attempt_at is not None) == ("unknown", True)
    with uow() as session:
        session.execute(text("UPDATE payment_attempts SET next_attempt_at = now()"))
    with uow() as session:
        again = claim_one(session, PaymentAttempt, attempt.id)
        assert again and again.call_outcome_unknown


def test_a_row_that_kills_its_holders_is_quarantined_and_its_neighbours_are_not(uow: UnitOfWork) -> None:
    with uow() as session:
        poison, *healthy = (make_event(session) for _ in range(5))
        batch = claim_batch(session, ProviderEvent, 5)
    lose_lease(uow, *(row.id for row in batch))  # a death in a batch counts against nobody, but all are suspects now
    done: set[UUID] = set()
    for _ in range(20):
        make_due(uow)
        with uow() as session:
            rows = claim_batch(session, ProviderEvent, 5)
            assert len(rows) <= 1, "suspects are claimed alone"
            if rows and rows[0].id in healthy:
                settle_done(session, rows[0])
                done.add(rows[0].id)
        lose_lease(uow, poison)
    assert done == set(healthy)
    assert (read(uow, poison).work_status, read(uow, poison).lost_leases) == ("dead", work_rows.MAX_LOST_LEASES)


def test_an_unknown_row_without_a_look_up_waits_for_somebody(uow: UnitOfWork) -> None:
    with uow() as session:
        row = claim_one(session, ProviderEvent, make_event(session))
        assert row
        settle_unknown(session, row, "timed out")
    with uow() as session:
        assert (
            session.exec(select(ProviderEvent).where(col(ProviderEvent.id) == row.id, work_rows.is_due(ProviderEvent))).all()
            == []
        )


def test_claiming_uses_the_partial_index(store: Store, uow: UnitOfWork) -> None:
    with uow() as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        where = "work_status IN ('queued', 'unknown') AND next_attempt_at <= app_now()"
        plan = session.execute(text(f"EXPLAIN SELECT id FROM provider_events WHERE {where}")).scalars().all()  # noqa: S608
    assert any("ix_provider_events_due" in line for line in plan), plan
