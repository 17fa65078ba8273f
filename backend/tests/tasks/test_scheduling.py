"""A slot takes effect once: nudged twice, cut short, broken, called by hand, in one store and in all."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from celery.exceptions import Retry
from sqlalchemy import text
from sqlmodel import Session, select

from app.carts import service as carts
from app.carts.models import Cart
from app.core.celery_app import celery_app
from app.core.clock import machine_now
from app.core.errors import Invalid
from app.core.work import unit_of_work
from app.core.work_rows import claim_one, reclaim
from app.jobs import service as jobs
from app.jobs.models import Schedule, Slot
from app.stores import service as stores
from app.stores.models import Store
from app.tasks import cleanup, scheduling, stepping
from tests.conftest import UnitOfWork
from tests.racing import race
from tests.ticking import NAME, TASK, add_schedule, count_effects, effects_of, slots_of
from tests.workers import Worker

StoreMaker = Callable[[], Store]


def open_slots(store: Store, hours: int = 1, **fields: Any) -> list[Slot]:
    """So many slots of the tests' own schedule are due."""
    with unit_of_work(store.id) as session:
        now = machine_now()
        add_schedule(session, opened_until=now - timedelta(hours=hours), **fields)
        return jobs.open_due(session, now)


def nudge(slot: Slot) -> dict[str, Any]:
    result: dict[str, Any] = count_effects(store_id=str(slot.store_id), slot_id=str(slot.id))
    return result


def the_slot(store: Store) -> Slot:
    (slot,) = slots_of(store)
    return slot


def make_due(store: Store) -> None:
    with unit_of_work(store.id) as session:
        session.execute(text("UPDATE slots SET next_attempt_at = now() WHERE work_status = 'queued'"))


def test_ac19_a_slot_nudged_many_times_at_once_takes_effect_once(store: Store) -> None:
    (slot,) = open_slots(store)
    race(10, lambda _: nudge(slot))
    done = the_slot(store)
    assert (done.work_status, done.outcome, done.counts) == ("done", "done", {"count": 1, "done_at": done.key})
    assert effects_of(store) == [slot.key]


def test_one_nudge_goes_on_with_what_else_is_due_of_its_task(store: Store) -> None:
    opened = open_slots(store, hours=5)
    assert nudge(opened[2]) == {"status": "success", "served": 5}
    assert sorted(effects_of(store)) == [slot.key for slot in opened]


def test_a_nudge_with_the_slot_of_another_task_does_nothing(store: Store) -> None:
    (slot,) = open_slots(store)
    result = cleanup.cleanup_expired_carts(store_id=str(store.id), slot_id=str(slot.id))
    assert (result["served"], effects_of(store), the_slot(store).work_status) == (0, [], "queued")


def test_steps_add_up_and_each_is_one_transaction_with_the_lease(store: Store) -> None:
    (slot,) = open_slots(store, arguments={"steps": 4})
    nudge(slot)
    done = the_slot(store)
    assert (done.counts, done.attempts, len(effects_of(store))) == ({"count": 4, "done_at": slot.key}, 1, 4)


def test_long_work_gives_its_slot_back_after_a_slice_and_goes_on_where_it_was(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduling, "SLICE_SECONDS", 0.0)
    (slot,) = open_slots(store, arguments={"steps": 3})
    for steps in (1, 2):
        nudge(slot)
        waiting = the_slot(store)
        assert (waiting.work_status, waiting.counts["count"], waiting.attempts) == ("queued", steps, 0)
    nudge(slot)
    assert (the_slot(store).work_status, len(effects_of(store))) == ("done", 3)


def test_who_has_lost_the_lease_writes_nothing(store: Store, uow: UnitOfWork) -> None:
    (slot,) = open_slots(store)
    with uow() as session:
        late = claim_one(session, Slot, slot.id)
    assert late is not None
    with uow() as session:
        session.execute(text("UPDATE slots SET lease_until = now() - interval '1 s'"))
    with uow() as session:
        reclaim(session, Slot)
    make_due(store)
    failures: list[Exception] = []
    found = stepping.work(count_effects.steps, store.id, late, time.monotonic() + 5, failures)
    assert (found.work_status, effects_of(store), failures) == ("queued", [], [])
    nudge(slot)
    stepping.work(count_effects.steps, store.id, late, time.monotonic() + 5, failures)
    assert (the_slot(store).work_status, effects_of(store), the_slot(store).lost_leases) == ("done", [slot.key], 1)


def test_work_that_gets_on_is_forgiven_its_earlier_deaths(store: Store, uow: UnitOfWork) -> None:
    (slot,) = open_slots(store, arguments={"steps": 2})
    with uow() as session:
        session.execute(text("UPDATE slots SET lost_leases = 4, attempts = 2"))
    nudge(slot)
    assert (the_slot(store).work_status, the_slot(store).lost_leases) == ("done", 0)


def test_a_step_that_breaks_leaves_nothing_and_is_tried_three_times_more(store: Store) -> None:
    (slot,) = open_slots(store, arguments={"breaks": True})
    for attempt in range(1, 5):
        nudge(slot)
        broken = the_slot(store)
        assert (broken.attempts, broken.work_status) == (attempt, "dead" if attempt == 4 else "queued")
        assert (nudge(slot)["served"], effects_of(store)) == (0, []), "it waits before it is tried again"
        make_due(store)
    assert broken.last_error == "RuntimeError in a step; the log says more"


def test_a_refusal_is_for_good_and_says_why(store: Store) -> None:
    with unit_of_work(store.id) as session:
        arguments = {"days_old": 0}
        add_schedule(session, name="cleanup-expired-carts", task="app.tasks.cleanup.cleanup_expired_carts", arguments=arguments)
        (slot,) = jobs.open_due(session, machine_now())
    cleanup.cleanup_expired_carts(store_id=str(store.id), slot_id=str(slot.id))
    (dead,) = slots_of(store, "cleanup-expired-carts")
    assert (dead.work_status, dead.attempts, dead.last_error) == ("dead", 1, "days_old must be at least 1")


def test_one_stores_failure_keeps_no_other_waiting(store: Store, make_store: StoreMaker) -> None:
    (broken,) = open_slots(store, arguments={"breaks": True})
    (sound,) = open_slots(make_store())
    for slot in (broken, sound):
        nudge(slot)
    assert effects_of(sound.store_id) == [sound.key]
    assert the_slot(store).work_status == "queued"


def test_a_call_by_hand_is_a_slot_of_every_store(store: Store, make_store: StoreMaker) -> None:
    other = make_store()
    assert count_effects(steps=2)["count"] >= 4
    for one in (store, other):
        slot = the_slot(one)
        assert slot.key.startswith("task:")
        assert (slot.is_asked_for, slot.work_status, slot.arguments, len(effects_of(one))) == (True, "done", {"steps": 2}, 2)


def test_a_call_by_hand_in_the_named_store_only(store: Store, make_store: StoreMaker) -> None:
    other = make_store()
    result = count_effects(store_id=str(store.id))
    assert result == {"status": "success", "count": 1, "done_at": the_slot(store).key}
    assert slots_of(other) == []


def test_a_message_delivered_again_finds_its_call_done_and_answers_the_same(store: Store) -> None:
    call = {"kwargs": {"store_id": str(store.id), "steps": 2}, "task_id": f"again-{store.id}"}
    first, second = (count_effects.apply(**call).get() for _ in range(2))
    assert first == second == {"status": "success", "count": 2, "done_at": f"task:again-{store.id}"}
    assert len(effects_of(store)) == 2


def test_a_documented_call_through_a_worker_answers_as_the_documents_say(store: Store, uow: UnitOfWork, worker: Worker) -> None:
    with uow() as session:
        carts.open_cart(session, None, machine_now() - timedelta(days=8))
    call = {"kwargs": {"days_old": 7, "store_id": str(store.id)}, "task_id": f"by-hand-{store.id}"}
    for _ in range(2):
        result = cleanup.cleanup_expired_carts.apply_async(**call).get(timeout=60)
        assert result == {"status": "success", "count": 1}
    (slot,) = slots_of(store, "cleanup-expired-carts")
    assert (slot.key, slot.arguments, slot.work_status) == (f"task:by-hand-{store.id}", {"days_old": 7}, "done")


def test_a_call_delivered_twice_at_once_is_done_once(store: Store) -> None:
    call = {"kwargs": {"store_id": str(store.id)}, "task_id": f"twice-{store.id}", "throw": False}
    states = [result.state for result in race(6, lambda _: count_effects.apply(**call))]
    assert set(states) <= {"SUCCESS", "RETRY"}, "who comes while somebody works on it asks again in a moment"
    assert len(effects_of(store)) == 1


def test_a_call_that_breaks_in_a_worker_shows_as_retry_for_as_long_as_the_slot_says(store: Store) -> None:
    call = {"kwargs": {"store_id": str(store.id), "breaks": True}, "task_id": f"broken-{store.id}", "throw": False}
    shown = []
    for _ in range(4):
        shown.append(called_in_a_worker(call))
        make_due(store)
    assert [state for state, _ in shown] == ["RETRY"] * 3 + ["SUCCESS"]
    assert shown[-1][1] == {"status": "failed", "reason": "RuntimeError in a step; the log says more", "count": 0, "done_at": 0}
    assert (the_slot(store).work_status, effects_of(store)) == ("dead", [])


def called_in_a_worker(call: dict[str, Any]) -> tuple[str, Any]:
    """One delivery: what a worker would do of it, without the retries that Celery would send."""
    task = celery_app.tasks[TASK]
    task.push_request(id=call["task_id"], called_directly=False, is_eager=False, kwargs=call["kwargs"], args=())
    try:
        return "SUCCESS", task.run(**call["kwargs"])
    except Retry as again:
        return "RETRY", again.when
    finally:
        task.pop_request()


def test_a_call_by_hand_that_breaks_says_so_after_the_other_stores_had_their_turn(store: Store, make_store: StoreMaker) -> None:
    others = [make_store(), make_store()]
    with pytest.raises(RuntimeError, match="broken on purpose"):
        count_effects(breaks=True)
    assert {the_slot(one).work_status for one in (store, *others)} == {"queued"}
    assert [effects_of(one) for one in (store, *others)] == [[], [], []]


@pytest.mark.parametrize("arguments", [{"steps": 0}, {"no_such": 1}])
def test_arguments_that_cannot_be_are_refused_and_nothing_is_recorded(store: Store, arguments: dict[str, Any]) -> None:
    with pytest.raises((Invalid, TypeError)):
        count_effects(store_id=str(store.id), **arguments)
    assert (slots_of(store), effects_of(store)) == ([], [])


def test_a_refused_call_in_a_worker_is_a_failed_result(store: Store) -> None:
    result = count_effects.apply(kwargs={"store_id": str(store.id), "steps": 0}).get()
    assert (result, slots_of(store)) == ({"status": "failed", "reason": "invalid"}, [])


def test_what_is_one_for_the_installation_is_done_by_its_oldest_store(store: Store, make_store: StoreMaker) -> None:
    slots = []
    for one in (stores.all_ids()[0], make_store().id):
        with unit_of_work(one) as session:
            jobs.ensure_schedules(session, machine_now())
            slot = jobs.open_now(session, "cleanup-old-audit-logs", machine_now())
            slot.key = slot.key.removeprefix("run:")  # as if its time had come
            session.add(slot)
            slots.append(slot)
    for slot in slots:
        cleanup.cleanup_old_audit_logs(store_id=str(slot.store_id), slot_id=str(slot.id))
    told = [row.outcome for slot in slots for row in slots_of(slot.store_id, "cleanup-old-audit-logs") if row.id == slot.id]
    assert told == ["done", stepping.ELSEWHERE]


def test_what_somebody_asks_for_now_is_a_slot_of_its_own(store: Store) -> None:
    (due,) = open_slots(store, arguments={"steps": 2})
    with unit_of_work(store.id) as session:
        asked = jobs.open_now(session, NAME, machine_now())
    nudge(asked)
    assert {slot.key: slot.counts["count"] for slot in slots_of(store)} == {due.key: 2, asked.key: 2}


def test_a_documented_call_works_by_the_stores_own_clock(uow: UnitOfWork, store: Store) -> None:
    with uow() as session:
        cart, _ = carts.open_cart(session, None, machine_now())
        stores.get(session).clock_offset_seconds = 31 * 86400
    assert cleanup.cleanup_expired_carts(store_id=str(store.id))["count"] == 1
    with uow() as session:
        assert [row.status for row in session.exec(select(Cart).where(Cart.id == cart.id))] == ["expired"]
        (slot,) = session.exec(select(Slot))
        assert slot.due_at > machine_now() + timedelta(days=30)


def test_every_documented_schedule_has_its_task(session: Session) -> None:
    celery_app.loader.import_default_modules()
    jobs.ensure_schedules(session, machine_now())
    for row in session.exec(select(Schedule)):
        task = celery_app.tasks[row.task]
        assert task.schedule == row.name
        task.documented_signature.bind(**row.arguments)
