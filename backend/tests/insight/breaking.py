"""How each invariant is broken, and nothing besides: by SQL, where need be with more rights than the application has.

Not here, because the database itself refuses them: a line whose heads are not its total, a negative level, more promised than
lies there, more given back of a capture than it counts, an order reduced below nothing, two captures of one payment at the
provider, two live holds of an order on one thing.
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from app.audit.service import record
from app.core.actor import SYSTEM
from app.core.clock import machine_now
from app.inbox.models import ProviderEvent
from app.jobs.models import Slot
from app.ledger import service as ledger
from app.ledger.models import LedgerAccount
from app.orders.models import Order
from app.payments import queries as payments
from app.payments.mandate_models import Debit, Mandate
from app.stores import service as stores
from app.subscriptions.models import Cycle
from tests.builders import make_customer, make_order
from tests.insight.busy import Busy

LEVELS = """UPDATE stock_levels SET reserved = reserved + 1
WHERE variant_id IN (SELECT variant_id FROM reservations WHERE status = 'held')"""
DEAD: dict[str, Any] = {"work_status": "dead", "last_error": "KeyError"}
Break = Callable[[Session, Busy], object]


def sql(*statements: str) -> Break:
    """These statements; `:name` is the id of the busy store's order of that name."""

    def run(session: Session, busy: Busy) -> None:
        for statement in statements:
            values = {name: value for name, value in vars(busy).items() if f":{name}" in statement}
            session.execute(text(statement), values)

    return run


def as_owner(table: str, *statements: str) -> Break:
    """The application may only add to this table: its owner lets it do more, until the transaction is undone."""
    triggers = (f"ALTER TABLE {table} DISABLE TRIGGER USER",)
    rights = ("SET LOCAL ROLE NONE", f"GRANT UPDATE, DELETE ON {table} TO rozana_app", *triggers, "SET LOCAL ROLE rozana_app")
    return sql(*rights, *statements)


def _paid_without_capture(session: Session, busy: Busy) -> None:
    order = session.get_one(Order, (busy.store.id, busy.waiting))
    order.confirm(machine_now())
    session.add(order)
    record(session, SYSTEM, "order.confirmed", order)


def _cycle_without_order(session: Session, busy: Busy) -> None:
    values: dict[str, Any] = {"subscription_id": busy.subscription, "delivers_on": date(2026, 1, 1), "status": "created"}
    session.add(Cycle(store_id=busy.store.id, edit_until=machine_now(), **values))


def _booked_without_cause(session: Session, busy: Busy) -> None:
    nothing = LedgerAccount(store_id=busy.store.id, code="never written")
    debit, credit = ledger.RAZORPAY, ledger.ORDERS
    ledger.transfer(session, "capture", debit=debit, credit=credit, amount=100, currency="INR", cause=nothing)


def _dead_event(session: Session, busy: Busy) -> None:
    account = stores.provider_account(session, "razorpay")
    told: dict[str, Any] = {"provider": "razorpay", "event_id": "evt_1", "event_type": "payment.captured", "body": b"{}"}
    session.add(ProviderEvent(store_id=busy.store.id, account_id=account.id, settled_at=machine_now(), **told, **DEAD))


def _dead_slot(session: Session, busy: Busy) -> None:
    now = machine_now()
    slot: dict[str, Any] = {"schedule": "s", "key": "k", "task": "t", "due_at": now, "settled_at": now}
    session.add(Slot(store_id=busy.store.id, **slot, **DEAD))


def _debit_undecided(session: Session, busy: Busy) -> None:
    account, now, store_id = stores.provider_account(session, "razorpay"), machine_now(), busy.store.id
    payment = payments.of_order(session, busy.waiting)
    assert payment is not None
    done: dict[str, Any] = {"work_status": "done", "settled_at": now}
    (attempt,) = payments.attempts_of_payment(session, payment.id)
    mandate = Mandate(
        store_id=store_id,
        customer_id=make_customer(session).id,
        account_id=account.id,
        method="upi",
        max_amount=100_00,
        currency="INR",
        expires_at=now + timedelta(days=365),
        **done,
    )
    session.add(mandate)
    session.flush()
    values: dict[str, Any] = {
        "attempt_id": attempt.id,
        "mandate_id": mandate.id,
        "try_number": 1,
        "amount": attempt.amount,
        "currency": "INR",
    }
    taken: dict[str, Any] = {
        "status": "pending",
        "provider_payment_id": "pay_1",
        "created_at": now - timedelta(days=3, hours=1),
    }
    session.add(Debit(store_id=store_id, **values, **taken, **done))


BREAKS: dict[str, Break] = {
    "captured_without_order": sql(
        "UPDATE orders SET payment_status = 'unpaid' WHERE id = :confirmed",
        "UPDATE captures SET captured_at = captured_at - interval '31 minutes'",
    ),
    "paid_without_capture": _paid_without_capture,
    "paid_but_waiting": sql("UPDATE orders SET status = 'pending_payment' WHERE id = :confirmed"),
    "payment_status": sql("UPDATE payments SET status = 'authorised', captured_at = NULL WHERE order_id = :confirmed"),
    "debit_undecided": _debit_undecided,
    "capture_not_booked": sql("UPDATE transfers SET amount = amount + 1 WHERE kind = 'capture'"),
    "booked_without_cause": _booked_without_cause,
    "booked_elsewhere": sql(
        "UPDATE transfers SET debit_account_id = credit_account_id, credit_account_id = debit_account_id WHERE kind = 'capture'"
    ),
    "order_total": sql(
        "UPDATE order_lines SET total_amount = total_amount + 100, taxable_amount = taxable_amount + 100"
        " WHERE order_id = :confirmed AND kind = 'goods'"
    ),
    "order_tax": sql(
        "UPDATE order_lines SET taxable_amount = taxable_amount - 2, cgst_amount = cgst_amount + 1,"
        " sgst_amount = sgst_amount + 1 WHERE order_id = :confirmed AND kind = 'goods'"
    ),
    "order_without_lines": lambda session, _: make_order(session),
    "reduced_amount": sql("UPDATE orders SET reduced_amount = 100 WHERE id = :waiting"),
    "order_status": sql("UPDATE orders SET status = 'packed' WHERE id = :confirmed"),
    "cycle_without_order": _cycle_without_order,
    "order_not_expired": sql("UPDATE orders SET expires_at = now() - interval '16 minutes' WHERE id = :waiting"),
    "paid_without_record": as_owner(
        "audit_entries", "DELETE FROM audit_entries WHERE object_id = :confirmed AND action <> 'order.placed'"
    ),
    "on_hand": sql("UPDATE stock_levels SET on_hand = on_hand + 1"),
    "reserved_by_movements": sql("UPDATE stock_movements SET quantity = quantity + 1 WHERE kind = 'reserve'"),
    "reserved_by_reservations": sql(
        LEVELS,
        "UPDATE stock_movements SET quantity = quantity + 1 WHERE kind = 'reserve'",
    ),
    "held_for_orders": sql(
        LEVELS,
        "UPDATE stock_movements SET quantity = quantity + 1 WHERE kind = 'reserve'",
        "UPDATE reservations SET quantity = quantity + 1 WHERE status = 'held'",
    ),
    "hold_expired": sql("UPDATE reservations SET expires_at = now() - interval '16 minutes' WHERE order_id = :confirmed"),
    "work_late": sql(
        "UPDATE payment_attempts SET work_status = 'queued', settled_at = NULL, next_attempt_at = now() - interval '16 minutes'"
    ),
    "dead_rows": _dead_slot,
    "dead_events": _dead_event,
    "dead_attempts": sql("UPDATE payment_attempts SET work_status = 'dead', settled_at = now()"),
    "dead_messages": sql(
        "UPDATE messages SET work_status = 'dead', settled_at = now(), status = 'failed', next_attempt_at = NULL,"
        " error = 'no such address'"
    ),
}
