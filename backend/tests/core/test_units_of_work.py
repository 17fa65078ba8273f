"""What a door opens: commit at the end, nudges after it, effects of a refusal only where it says so."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext

import pytest
from sqlmodel import Session, select

from app.core import work
from app.core.errors import Conflict, ProviderError, Unavailable
from app.core.work import Nothing, claim_call_settle, defer, rehearse, unit_of_work
from app.stores import service as stores
from app.stores.models import NumberSeries, Store

UnitOfWork = Callable[[], AbstractContextManager[Session]]


class Forgotten(Conflict):
    """Rolled back."""


class Counted(Conflict):
    """Kept."""

    keeps_effects = True


class Recorder:
    """Stands in for the nudger: what was sent, in order."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, ...]] = []

    def send(self, name: str, *ids: str) -> None:
        self.sent.append((name, *ids))


@pytest.fixture
def nudges(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, ...]]]:
    recorder = Recorder()
    monkeypatch.setattr(work, "nudger", recorder)
    yield recorder.sent


def series(uow: UnitOfWork) -> int:
    with uow() as session:
        return len(session.exec(select(NumberSeries)).all())


def test_nudges_leave_after_the_commit(store: Store, uow: UnitOfWork, nudges: list[tuple[str, ...]]) -> None:
    with uow() as session:
        defer(session, "apply_event", store.id)
        assert nudges == []
    assert nudges == [("apply_event", str(store.id), str(store.id))]


def test_an_error_rolls_back_and_drops_the_nudges(store: Store, uow: UnitOfWork, nudges: list[tuple[str, ...]]) -> None:
    with pytest.raises(Forgotten), uow() as session:
        stores.take_number(session, "x")
        defer(session, "apply_event", store.id)
        raise Forgotten
    assert (series(uow), nudges) == (0, [])


def test_a_savepoint_released_before_the_rollback_sends_nothing(
    uow: UnitOfWork, store: Store, nudges: list[tuple[str, ...]]
) -> None:
    with pytest.raises(Forgotten), uow() as session:
        with session.begin_nested():
            defer(session, "apply_event", store.id)
        raise Forgotten
    assert nudges == []


@pytest.mark.parametrize("refusal", [None, Counted])
def test_a_rehearsal_keeps_nothing_however_it_ends(
    store: Store, uow: UnitOfWork, nudges: list[tuple[str, ...]], refusal: type[Counted] | None
) -> None:
    with nullcontext() if refusal is None else pytest.raises(refusal), uow() as session:
        rehearse(session)
        stores.take_number(session, "x")
        defer(session, "apply_event", store.id)
        if refusal is not None:
            raise refusal
    assert (series(uow), nudges) == (0, [])


def test_a_refusal_may_keep_its_effects(store: Store, uow: UnitOfWork, nudges: list[tuple[str, ...]]) -> None:
    with pytest.raises(Counted), uow() as session:
        stores.take_number(session, "x")
        defer(session, "apply_event", store.id)
        raise Counted
    assert (series(uow), len(nudges)) == (1, 1)


def test_an_unknown_nudge_fails_at_the_caller(store: Store, uow: UnitOfWork) -> None:
    with pytest.raises(KeyError), uow() as session:
        defer(session, "aply_event", store.id)


def test_the_claim_is_committed_before_the_call_and_no_transaction_is_open_in_it(store: Store, uow: UnitOfWork) -> None:
    from app.core.db import engine

    def call(_: str) -> int:
        with unit_of_work(store.id) as other:  # somebody else sees the claim
            assert other.exec(select(NumberSeries.series)).all() == ["claim"]
        return int(engine().pool.checkedout())  # type: ignore[attr-defined]

    def claim(session: Session) -> str:
        stores.take_number(session, "claim")
        return "key"

    def settle(session: Session, key: str, outcome: int | ProviderError) -> tuple[str, int | ProviderError]:
        stores.take_number(session, "settle")
        return key, outcome

    assert claim_call_settle(store.id, claim, call, settle) == ("key", 0)
    assert series(uow) == 2


def test_a_failed_call_is_settled_with_its_word(store: Store) -> None:
    def call(_: str) -> int:
        raise Unavailable("away")

    word = claim_call_settle(store.id, lambda _: "key", call, lambda _, __, outcome: type(outcome).__name__)
    assert word == "Unavailable"


def test_nothing_to_call_settles_nothing(store: Store, uow: UnitOfWork) -> None:
    def claim(_: Session) -> str | Nothing[str]:
        return Nothing("done before")

    def never(*_: object) -> str:
        raise AssertionError("called")

    assert claim_call_settle(store.id, claim, never, never) == "done before"
