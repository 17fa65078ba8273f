"""More on the shelf than was written, or less; never less than was promised."""

from datetime import UTC, datetime

import pytest
from sqlmodel import Session, select

from app.audit.models import AuditEntry
from app.catalog.errors import VariantNotFound
from app.core.actor import SYSTEM
from app.core.errors import Refusal
from app.core.ids import new_id
from app.stock import adjusting, service
from app.stock.errors import NotOnShelf, ReasonDoesNotFit, StockReserved
from app.stock.rules import MAX_PIECES, Reason
from app.stores.models import Store
from tests.builders import make_order, make_variant
from tests.conftest import UnitOfWork
from tests.stock.test_service import level, movements
from tests.unchanged import unchanged

NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)


def test_broken_jars_leave_the_shelf_and_a_crate_is_found(session: Session) -> None:
    milk, fresh = make_variant(session), make_variant(session, stock_quantity=0)
    adjusting.adjust(session, milk.id, -2, Reason.DAMAGED, note="two jars broke", actor=SYSTEM, now=NOW)
    assert adjusting.adjust(session, fresh.id, 6, Reason.FOUND, actor=SYSTEM, now=NOW) == (fresh.id, 6, 0)
    assert (level(session, milk.id), movements(session, milk.id)[-1]) == ((8, 0), ("adjust", -2, 8, 0))
    entry = session.exec(select(AuditEntry).where(AuditEntry.object_id == milk.id, AuditEntry.action == "stock.adjusted")).one()
    assert (entry.changes, entry.cause) == ({"on_hand": [10, 8], "reason": [None, "damaged"]}, "two jars broke")


def test_never_below_what_is_promised_and_the_orders_are_named(uow: UnitOfWork, store: Store) -> None:
    with uow() as session:
        milk, first, second = make_variant(session).id, make_order(session).id, make_order(session).id
        service.reserve_many(session, first, {milk: 4}, None, NOW, SYSTEM)
        service.reserve_many(session, second, {milk: 3}, None, NOW, SYSTEM)
    with unchanged(store), pytest.raises(StockReserved) as refused, uow() as session:
        adjusting.adjust(session, milk, -4, Reason.EXPIRED, actor=SYSTEM, now=NOW)
    assert refused.value.facts["variants"] == [
        {
            "variant_id": str(milk),
            "on_hand": 10,
            "reserved": 7,
            "change": -4,
            "orders": [{"order_id": str(second), "quantity": 3}, {"order_id": str(first), "quantity": 4}],
        }
    ]
    with uow() as session:
        adjusting.adjust(session, milk, -3, Reason.EXPIRED, actor=SYSTEM, now=NOW)
        assert level(session, milk) == (7, 7)


@pytest.mark.parametrize(
    ("change", "reason", "refusal"),
    [
        (-11, Reason.CORRECTION, NotOnShelf),
        (0, Reason.CORRECTION, ReasonDoesNotFit),
        (1, Reason.DAMAGED, ReasonDoesNotFit),
        (1, Reason.EXPIRED, ReasonDoesNotFit),
        (-1, Reason.FOUND, ReasonDoesNotFit),
        (MAX_PIECES + 1, Reason.FOUND, ReasonDoesNotFit),
    ],
)
def test_what_cannot_be_changes_nothing(
    uow: UnitOfWork, store: Store, change: int, reason: Reason, refusal: type[Refusal]
) -> None:
    with uow() as session:
        milk = make_variant(session).id
    with unchanged(store), pytest.raises(refusal), uow() as session:
        adjusting.adjust(session, milk, change, reason, actor=SYSTEM, now=NOW)


def test_there_is_no_stock_of_what_does_not_exist(uow: UnitOfWork, store: Store) -> None:
    with unchanged(store), pytest.raises(VariantNotFound), uow() as session:
        adjusting.adjust(session, new_id(), 1, Reason.FOUND, actor=SYSTEM, now=NOW)
    with unchanged(store), pytest.raises(VariantNotFound), uow() as session:
        service.receive(session, {new_id(): 1}, cause="van", actor=SYSTEM, now=NOW)
