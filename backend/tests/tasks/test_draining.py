"""A drain gets through what is due, whatever single rows are like."""

from uuid import UUID

from sqlmodel import Session, col, select

from app.core.errors import NotFound
from app.core.work import unit_of_work
from app.inbox import service as inbox
from app.inbox.models import ProviderEvent
from app.stores import service as stores
from app.stores.models import Store
from app.tasks.draining import LOOK_AHEAD, drain
from app.tasks.inbox import apply_event
from tests.conftest import UnitOfWork


def receive(session: Session, count: int) -> None:
    account = stores.provider_account(session, "razorpay")
    for number in range(count):
        inbox.receive(session, account, f"evt_{number}", "invoice.expired", {}, b"{}")


def open_events(uow: UnitOfWork) -> int:
    with uow() as session:
        return len(session.exec(select(ProviderEvent).where(ProviderEvent.work_status == "queued")).all())


def test_rows_that_somebody_holds_do_not_hide_those_behind_them(store: Store, uow: UnitOfWork) -> None:
    with uow() as session:
        receive(session, 2 * LOOK_AHEAD)
    with unit_of_work(store.id) as holder:
        in_turn = select(ProviderEvent).order_by(col(ProviderEvent.next_attempt_at)).limit(LOOK_AHEAD)
        holder.exec(in_turn.with_for_update()).all()
        drain(store.id, ProviderEvent, apply_event, "drain_events")
    assert open_events(uow) == LOOK_AHEAD


def test_rows_whose_work_breaks_do_not_keep_the_others_waiting(store: Store, uow: UnitOfWork) -> None:
    with uow() as session:
        receive(session, LOOK_AHEAD + 5)
        broken = set(session.exec(select(ProviderEvent.id).order_by(col(ProviderEvent.next_attempt_at)).limit(LOOK_AHEAD)))

    def work(store_id: UUID, event_id: UUID) -> None:
        if event_id in broken:
            raise NotFound("its account is gone")
        apply_event(store_id, event_id)

    assert drain(store.id, ProviderEvent, work, "drain_events") == LOOK_AHEAD + 5
    assert open_events(uow) == LOOK_AHEAD
