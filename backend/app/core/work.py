"""The only two things a door opens: a unit of work, and claim → call → settle."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from psycopg.pq import ExecStatus
from sqlalchemy import text
from sqlmodel import Session

from app.core.db import SWEEP_ROLE, engine
from app.core.errors import ProviderError, Refusal
from app.core.nudge import NUDGES, nudger

Call = TypeVar("Call")
Outcome = TypeVar("Outcome")
Result = TypeVar("Result")

_ENTER_STORE = "SELECT set_config('app.store_id', '{}', true)"
_ENTER_SWEEP = text(f"SET LOCAL ROLE {SWEEP_ROLE}")


@contextmanager
def unit_of_work(store_id: UUID) -> Iterator[Session]:
    """One transaction in one store: commits at the end, rolls back on any error, then sends the nudges it deferred.

    A refusal whose class says `keeps_effects` is committed and raised all the same. Objects stay readable afterwards.
    """
    with Session(engine(), expire_on_commit=False, info={"store_id": store_id, "nudges": []}) as session:
        _enter(session, store_id)
        try:
            yield session
        except Refusal as refusal:
            if refusal.keeps_effects and not session.info.get("is_rehearsal"):
                session.commit()
                _send_nudges(session)
            raise
        if session.info.get("is_rehearsal"):
            session.rollback()
            return
        session.commit()
        _send_nudges(session)


def _enter(session: Session, store_id: UUID) -> None:
    """Begin the transaction and name the store, in one round trip: the driver would make two of it, before everything else."""
    connection, enter = session.connection(), _ENTER_STORE.format(UUID(str(store_id)))
    driver: Any = connection.connection.driver_connection
    if driver.pgconn.exec_(f"BEGIN; {enter}".encode()).status != ExecStatus.TUPLES_OK:
        connection.exec_driver_sql(enter)  # says what is wrong, in the words that everybody knows


def rehearse(session: Session) -> None:
    """This unit of work does everything and keeps nothing: how a dry run answers exactly what the real call would."""
    session.info["is_rehearsal"] = True


@contextmanager
def across_stores() -> Iterator[Session]:
    """A transaction as `rozana_sweep`: which stores have due rows, whose a host name or a webhook account is; signs of life.

    That role reads no more than these columns of any store, and writes nothing but heartbeats.
    """
    with Session(engine(), expire_on_commit=False) as session, session.begin():
        session.execute(_ENTER_SWEEP)
        yield session


def store_of(session: Session) -> UUID:
    """The store this session works in."""
    store_id: UUID = session.info["store_id"]
    return store_id


def defer(session: Session, nudge: str, *ids: UUID) -> None:
    """Send `nudge` with the store's id and `ids` after the commit; dropped on rollback. It may get lost: the sweep looks."""
    NUDGES[nudge]  # an unknown name fails here, in the caller's test, and not in a worker
    session.info["nudges"].append((nudge, (store_of(session), *ids)))


def _send_nudges(session: Session) -> None:
    nudges, session.info["nudges"] = session.info["nudges"], []
    for nudge, ids in nudges:
        nudger.send(nudge, *map(str, ids))


@dataclass(frozen=True)
class Nothing(Generic[Result]):
    """What `claim` returns when there is nothing to call: the result as it stands."""

    result: Result


def claim_call_settle(
    store_id: UUID,
    claim: Callable[[Session], Call | Nothing[Result]],
    call: Callable[[Call], Outcome],
    settle: Callable[[Session, Call, Outcome | ProviderError], Result],
) -> Result:
    """Talk to a provider without ever holding a transaction open, and without ever forgetting that the call was begun.

    `claim` locks, records the intent and its key, and hands over all the call needs (committed before the call);
    `call` talks to the provider; `settle` records the outcome: the value, or which of the three words ended the call.
    Any other exception of `call` leaves the claim standing: its lease runs out and the sweep looks the call up.
    """
    with unit_of_work(store_id) as session:
        claimed = claim(session)
    if isinstance(claimed, Nothing):
        return claimed.result
    outcome: Outcome | ProviderError
    try:
        outcome = call(claimed)
    except ProviderError as error:
        outcome = error
    with unit_of_work(store_id) as session:
        return settle(session, claimed, outcome)
