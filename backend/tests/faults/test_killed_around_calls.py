"""kill -9 at five points around every call that moves money: afterwards it was moved once, and everybody's books agree."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from app.checkout import cancelling
from app.checkout.cancelling import Why
from app.core.actor import SYSTEM
from app.core.clock import machine_now
from app.core.work_rows import WorkRow, reclaim
from app.payments.mandate_models import Debit
from app.payments.models import Capture, PaymentAttempt
from app.payments.refund_models import Refund
from app.stores.models import Store
from app.tasks import debiting, payments
from tests import subscribing
from tests.faults.dying import POINTS
from tests.fulfilment import buy, given_back
from tests.sandbox_control import Sandbox
from tests.shopping import make_shopper, place
from tests.workers import BACKEND, eventually

UnitOfWork = Callable[[], AbstractContextManager[Session]]


def dies(step: str, store: Store, row_id: UUID, point: str) -> None:
    """The step in a process of its own, which is killed at that point."""
    command = [sys.executable, "-m", "tests.faults.dying", step, str(store.id), str(row_id), point]
    ended = subprocess.run(command, cwd=BACKEND, env=os.environ | {"PYTHONPATH": str(BACKEND)}, check=False)
    assert ended.returncode == -signal.SIGKILL


def take_back(uow: UnitOfWork, model: type[WorkRow]) -> None:
    """What the sweep does once the dead holder's lease ran out; that it has, is said here."""
    with uow() as session:
        over = text(f"UPDATE {model.__tablename__} SET lease_until = now() - interval '1 s' WHERE lease_until IS NOT NULL")  # noqa: S608
        session.execute(over)
    with uow() as session:
        reclaim(session, model)
    with uow() as session:
        due = f"UPDATE {model.__tablename__} SET next_attempt_at = now() WHERE work_status IN ('queued', 'unknown')"  # noqa: S608
        session.execute(text(due))


@pytest.mark.parametrize("point", POINTS)
def test_ac02_a_debit_is_captured_once_wherever_its_worker_is_killed(
    store: Store, uow: UnitOfWork, sandbox: Sandbox, live_api: str, point: str
) -> None:
    who = subscribing.make_subscriber(store)
    friday = subscribing.today(store) + subscribing.days(8)
    subscribing.approve(who, subscribing.subscribe(who, friday, method="upi"), sandbox)
    subscribing.set_now(store, subscribing.local(friday - subscribing.days(4), 6), sandbox)
    subscribing.bill(store)
    subscribing.work_off(store)
    eventually(lambda: subscribing.is_notified(store))
    charge_at = subscribing.cycles(store)[0].charge_at
    assert charge_at is not None
    sandbox.mandates(debit_seconds=0)
    subscribing.set_now(store, charge_at, sandbox)
    debiting.charge_due(store.id)
    debit = subscribing.debits(store)[0]
    dies("debit", store, debit.id, point)

    def is_paid() -> bool:
        take_back(uow, Debit)
        subscribing.work_off(store)
        return subscribing.is_paid(store)

    eventually(is_paid)
    assert len(sandbox.calls("payments.create_recurring")) == 1
    order = subscribing.orders(store)[0]
    with uow() as session:
        captured = session.exec(select(Capture.provider_payment_id).where(Capture.amount == order.total_amount)).all()
    charged = [entry["payment_id"] for entry in sandbox.ledger()["captures"] if entry["amount"] == order.total_amount]
    assert captured == charged
    assert len(charged) == 1


@pytest.mark.parametrize("point", POINTS)
def test_ac02_a_refund_goes_out_once_wherever_its_worker_is_killed(
    store: Store, uow: UnitOfWork, sandbox: Sandbox, point: str
) -> None:
    order = buy(make_shopper(store), sandbox)
    with uow() as session:
        cancelling.cancel(session, order.id, None, Why("staff"), actor=SYSTEM, now=machine_now())
        refund_id = session.exec(select(Refund.id)).one()
    dies("refund", store, refund_id, point)

    def is_processed() -> bool:
        take_back(uow, Refund)
        return payments.send(store.id, refund_id) == "processed"

    eventually(is_processed)
    assert given_back(sandbox) == [order.total_amount]
    assert len([one for one in sandbox.calls("refunds.create") if one["status"] == 200]) == 1


@pytest.mark.proof
@pytest.mark.parametrize("point", POINTS)
def test_ac02_a_payment_is_begun_once_wherever_its_caller_is_killed(
    store: Store, uow: UnitOfWork, sandbox: Sandbox, point: str
) -> None:
    with uow() as session:
        _, attempt = place(session, make_shopper(store))
    dies("order", store, attempt.id, point)

    def is_begun() -> bool:
        take_back(uow, PaymentAttempt)
        return payments.start(store.id, attempt.id) == "done"

    eventually(is_begun)
    assert len([one for one in sandbox.calls("orders.create") if one["status"] == 200]) == 1
