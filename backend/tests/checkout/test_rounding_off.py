"""A negative round-off stands on the documents that can bear it, and their credit notes take off no more than they charge."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

import pytest
from sqlmodel import Session, select

from app.checkout import conceding
from app.checkout.fulfilling import Packed
from app.core.actor import SYSTEM
from app.core.clock import machine_now
from app.insight.checks.frame import find_all
from app.insight.checks.registry import CHECKS
from app.invoices.models import Document
from app.orders.models import Order
from app.stores import service as stores
from app.stores.models import Store
from tests.fulfilment import again, buy, deliver, lines_of, refunds
from tests.sandbox_control import Sandbox
from tests.shopping import make_shopper, work_off

UnitOfWork = Callable[[], AbstractContextManager[Session]]


@pytest.fixture
def order(store: Store, uow: UnitOfWork, sandbox: Sandbox) -> Order:
    """Seven pieces of 20 paise: 140, to be paid with 100."""
    with uow() as session:
        ours = stores.get(session)
        ours.settings = {**ours.settings, "pricing": {"rounds_to_rupee": True}}
        session.add(ours)
    order = buy(make_shopper(store, 7, amount=20), sandbox)
    assert (order.total_amount, order.round_off_amount) == (100, -40)
    return order


def documents(uow: UnitOfWork) -> list[tuple[Any, ...]]:
    """Round-off and total of each, credit notes last; nothing is wrong with them."""
    with uow() as session:
        assert find_all(session, CHECKS, machine_now(), "INR") == []
        found = session.exec(select(Document).order_by(Document.id)).all()  # type: ignore[arg-type]
        return sorted((one.is_credit_note, one.round_off_amount, one.total_amount) for one in found)


def deliver_in(order: Order, *pieces: int) -> None:
    line = lines_of(order)[0].id
    for quantity in pieces:
        contents: Mapping[Any, Packed] = {line: Packed(quantity)}
        deliver(order, contents)


def test_a_parcel_that_is_worth_less_than_the_round_off_leaves_the_rest_of_it_to_the_next(
    uow: UnitOfWork, order: Order
) -> None:
    deliver_in(order, 1, 6)
    assert documents(uow) == [(False, -20, 0), (False, -20, 100)]


def test_what_is_given_up_of_a_document_is_never_more_than_it_charges(uow: UnitOfWork, order: Order, store: Store) -> None:
    deliver_in(order, 5, 2)
    for amount in (30, 70):
        with uow() as session:
            conceding.concede(session, order.id, amount, "wallet", "late", actor=SYSTEM, now=machine_now())
    work_off(store)
    assert documents(uow) == [
        (False, -40, 60),
        (False, 0, 40),
        (True, -40, 30),
        (True, 0, 30),
        (True, 0, 40),
    ]
    assert (again(order).owed_amount, sum(one.amount for one in refunds(store))) == (0, 100)
