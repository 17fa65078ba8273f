"""How each invariant is broken, and nothing besides: by SQL, where need be with more rights than the application has.

Not here, because the database itself refuses them: a line whose heads are not its total, a negative level, more promised than
lies there, more given back of a capture than it counts, an order reduced below nothing, two captures of one payment at the
provider, two live holds of an order on one thing.
"""

# ruff: noqa: S608 - parts of statements, never values

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import text
from sqlmodel import Session, select

from app.audit.service import record
from app.checkout.documenting import lots_of
from app.core.actor import SYSTEM
from app.core.clock import machine_now
from app.inbox.models import ProviderEvent
from app.jobs.models import Slot
from app.ledger import service as ledger
from app.ledger.models import LedgerAccount
from app.orders import queries as orders
from app.orders import reducing
from app.orders.models import Order
from app.payments import mandate_queries, refunding, taking
from app.payments import queries as payments
from app.payments.mandate_models import Debit, Mandate
from app.payments.provider_charge_models import ProviderCharge
from app.payments.provider_subscription_models import ProviderPlan, ProviderSubscription
from app.stores import service as stores
from app.subscriptions.models import Cycle
from app.subscriptions.run_models import BillingRun
from app.wallets.models import Wallet, WalletHold
from tests.builders import make_customer, make_order
from tests.insight.busy import Busy, refunds

OF = "payment_id IN (SELECT id FROM payments WHERE order_id ="
REDUCED = "reduction_id IN (SELECT id FROM reductions WHERE order_id ="
PENDING, NOTE = "status = 'pending'", "kind = 'credit_note'"
_ACCOUNT = "account_id = (SELECT id FROM ledger_accounts WHERE code ="
BOOKED = f"kind = 'capture' AND debit_{_ACCOUNT} 'razorpay') AND credit_{_ACCOUNT} 'orders')"
DEARER = "UPDATE documents SET total_amount = total_amount + 1, round_off_amount = round_off_amount + 1"
RESERVED = "kind = 'reserve' AND variant_id IN (SELECT variant_id FROM reservations WHERE status = 'held')"
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


def _delivery_of_another(session: Session, busy: Busy) -> None:
    _cycle_without_order(session, busy)
    session.flush()
    session.execute(
        text("UPDATE orders SET cycle_id = (SELECT id FROM cycles WHERE delivers_on = '2026-01-01') WHERE id = :id"),
        {"id": busy.confirmed},
    )


def _run_held(session: Session, busy: Busy) -> None:
    now = machine_now()
    expected: dict[str, Any] = {"expected_count": 3, "expected_amount": 100, "hold_reason": "3 deliveries are more than 2"}
    session.add(BillingRun(store_id=busy.store.id, status="held", as_of=now, started_at=now, **expected))


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


def _charged(status: str, days_ago: int) -> Break:
    """A charge of the provider's own, of which nothing is in the books."""

    def run(session: Session, busy: Busy) -> None:
        now, store_id = machine_now(), busy.store.id
        done: dict[str, Any] = {"store_id": store_id, "work_status": "done", "settled_at": now, "asked_at": now}
        account_id = stores.provider_account(session, "razorpay").id
        price: dict[str, Any] = {"period": "weekly", "every": 1, "amount": 100_00, "currency": "INR", "name": "Box"}
        plan = ProviderPlan(account_id=account_id, provider_plan_id="plan_1", **price, **done)
        session.add(plan)
        session.flush()
        of: dict[str, Any] = {"customer_id": make_customer(session).id, "subscription_id": busy.subscription}
        agreement = ProviderSubscription(
            account_id=account_id,
            plan_id=plan.id,
            total_count=9,
            status="active",
            provider_subscription_id="sub_1",
            **of,
            **done,
        )
        session.add(agreement)
        session.flush()
        ids: dict[str, Any] = {"provider_payment_id": "pay_9", "provider_invoice_id": "inv_9", "provider_order_id": "order_9"}
        session.add(
            ProviderCharge(
                store_id=store_id,
                created_at=now - timedelta(days=days_ago),
                agreement_id=agreement.id,
                amount=100_00,
                currency="INR",
                status=status,
                **ids,
            )
        )

    return run


def _over_paid(session: Session, busy: Busy) -> None:
    order = orders.get_locked(session, busy.confirmed)
    reducing.reduce_by(session, order, lots_of(session, order)[None], 100, reducing.Terms("goodwill"), SYSTEM, "")


def _under_paid(session: Session, busy: Busy) -> None:
    (capture,) = payments.captures_of_order(session, busy.confirmed)
    refunding.book(session, capture, 100, reason="paid_twice", actor=SYSTEM, cause="")


def _refund_failed(session: Session, busy: Busy) -> None:
    (refund,) = refunds(session, busy.twice)
    refunding.fail(session, refund, "account closed", machine_now())


def _receipt_missing(session: Session, busy: Busy) -> None:
    amount = orders.get(session, busy.waiting, None).total_amount
    options: dict[str, Any] = {"debit": ledger.BANK, "actor": SYSTEM, "cause": "", "now": machine_now()}
    taking.take(session, busy.waiting, "bank", amount, "INR", **options)


def transfer(debit: str, credit: str, kind: str = "by_hand") -> Break:
    """A transfer of one rupee that nothing bears out."""

    def run(session: Session, busy: Busy) -> None:
        nothing = LedgerAccount(store_id=busy.store.id, code="never written")
        ledger.transfer(session, kind, debit=debit, credit=credit, amount=100, currency="INR", cause=nothing)

    return run


def _approval_kept(session: Session, busy: Busy) -> None:
    found = mandate_queries.approval_of(session, busy.mandate)
    assert found is not None
    (refund,) = payments.refunds_of_payment(session, found[0].id)
    refunding.fail(session, refund, "account closed", machine_now())
    session.execute(text("UPDATE captures SET captured_at = captured_at - interval '31 minutes'"))


def _held_of_another(session: Session, busy: Busy) -> None:
    wallet = session.exec(select(Wallet)).first()
    assert wallet is not None
    held: dict[str, Any] = {"wallet_id": wallet.id, "holder_id": busy.subscription, "amount": 100}
    session.add(WalletHold(store_id=busy.store.id, until_on=date(2026, 1, 1), **held))


BREAKS: dict[str, Break] = {
    "approval_kept": _approval_kept,
    "top_up_not_credited": as_owner(
        "wallet_movements",
        "UPDATE wallets SET balance_amount = 0 WHERE id IN (SELECT wallet_id FROM wallet_movements WHERE kind = 'top_up')",
        "DELETE FROM transfers WHERE kind = 'top_up'",
        "DELETE FROM wallet_movements WHERE kind = 'top_up'",
    ),
    "captured_without_order": sql(
        "UPDATE orders SET payment_status = 'unpaid' WHERE id = :confirmed",
        "UPDATE captures SET captured_at = captured_at - interval '31 minutes'",
    ),
    "paid_without_capture": _paid_without_capture,
    "paid_but_waiting": sql("UPDATE orders SET status = 'pending_payment' WHERE id = :confirmed"),
    "payment_status": sql("UPDATE payments SET status = 'authorised', captured_at = NULL WHERE order_id = :confirmed"),
    "debit_undecided": _debit_undecided,
    "over_paid": _over_paid,
    "under_paid": _under_paid,
    "refunded_amount": sql(f"UPDATE captures SET refunded_amount = refunded_amount - 100 WHERE {OF} :cancelled)"),
    "refunds_over_capture": sql(f"UPDATE refunds SET amount = amount + 100 WHERE {OF} :twice)"),
    "refund_failed": _refund_failed,
    "refund_slow": sql(f"UPDATE refunds SET created_at = created_at - interval '11 days' WHERE {PENDING}"),
    "refund_waits_for_balance": sql(f"UPDATE refunds SET failure_reason = 'insufficient_balance' WHERE {PENDING}"),
    "refund_by_hand": sql(
        f"UPDATE refunds SET destination = 'by_hand', created_at = created_at - interval '11 days' WHERE {PENDING}"
    ),
    "dead_refunds": sql(f"UPDATE refunds SET work_status = 'dead', settled_at = now() WHERE {PENDING}"),
    "refund_not_booked": sql(
        f"UPDATE transfers SET amount = amount + 1 WHERE kind = 'refund' AND credit_{_ACCOUNT} 'razorpay')"
    ),
    "provider_balance": transfer(ledger.BANK, ledger.RAZORPAY),
    "settlement_line": sql("UPDATE settlement_lines SET problem = 'fee_differs'"),
    "settlement_sum": sql(
        "UPDATE settlement_lines SET credit_amount = credit_amount + 1",
        "UPDATE settlements SET made_at = made_at - interval '3 days'",
    ),
    "capture_not_settled": sql(f"UPDATE captures SET captured_at = captured_at - interval '8 days' WHERE {OF} :confirmed)"),
    "dispute_due": sql("UPDATE disputes SET respond_by = now() + interval '1 day'"),
    "disputes_held": transfer(ledger.DISPUTES_HELD, ledger.GOODWILL),
    "webhooks_silent": sql("DELETE FROM provider_events", "UPDATE captures SET captured_at = captured_at - interval '3 hours'"),
    "wallet_movements": sql("UPDATE wallets SET balance_amount = balance_amount + 1"),
    "wallet_ledger": sql("UPDATE transfers SET amount = amount + 1 WHERE kind = 'goodwill'"),
    "hold_left_over": _held_of_another,
    "top_ups_spent": transfer(ledger.TOP_UPS, ledger.GOODWILL),
    "cash_with_riders": transfer(ledger.CASH_DIFFERENCES, ledger.CASH_WITH_RIDERS),
    "receipt_missing": _receipt_missing,
    "handover_amount": as_owner(
        "cash_handovers",
        "UPDATE cash_handovers SET expected_amount = expected_amount + 1, difference_amount = difference_amount - 1",
    ),
    "cash_kept": sql("UPDATE receipts SET received_at = received_at - interval '4 days' WHERE handover_id IS NULL"),
    "cash_order_unpaid": sql("UPDATE shipments SET delivered_at = delivered_at - interval '3 days' WHERE order_id = :door"),
    "reduction_lines": as_owner(
        "reduction_lines", f"UPDATE reduction_lines SET taxable_amount = taxable_amount - 1 WHERE {REDUCED} :split)"
    ),
    "line_reduced_too_far": as_owner(
        "reduction_lines",
        "UPDATE reduction_lines SET taxable_amount = taxable_amount - 2000, cgst_amount = cgst_amount + 1000,"
        f" sgst_amount = sgst_amount + 1000 WHERE {REDUCED} :split)",
    ),
    "packed_quantity": sql(
        "UPDATE shipment_lines SET quantity = quantity + 1"
        " WHERE shipment_id IN (SELECT id FROM shipments WHERE order_id = :split)"
    ),
    "returned_quantity": sql("UPDATE order_lines SET returned_quantity = 2 WHERE order_id = :returned AND kind = 'goods'"),
    "document_gap": as_owner("documents", f"UPDATE documents SET serial = serial + 100 WHERE {NOTE}"),
    "document_lines": as_owner(
        "document_lines",
        "UPDATE document_lines SET taxable_amount = taxable_amount + 1, total_amount = total_amount + 1 WHERE NOT is_delivery",
    ),
    "parcel_without_document": sql(
        "UPDATE shipments SET status = 'out_for_delivery', dispatched_at = now() WHERE order_id = :split"
    ),
    "documents_of_order": as_owner("documents", f"{DEARER} WHERE order_id = :cash"),
    "credit_note_missing": as_owner(
        "documents",
        "SET LOCAL ROLE NONE",
        "GRANT DELETE ON document_lines TO rozana_app",
        "ALTER TABLE document_lines DISABLE TRIGGER USER",
        "SET LOCAL ROLE rozana_app",
        f"DELETE FROM document_lines WHERE document_id IN (SELECT id FROM documents WHERE {NOTE})",
        f"DELETE FROM documents WHERE {NOTE}",
    ),
    "credit_note_amount": as_owner("documents", f"{DEARER} WHERE {NOTE}"),
    "statement_sum": as_owner("statement_lines", "UPDATE statement_lines SET amount = amount + 1"),
    "statement_books": as_owner(
        "statements", "UPDATE statements SET opening_amount = opening_amount + 1, closing_amount = closing_amount + 1"
    ),
    "capture_not_booked": sql(f"UPDATE transfers SET amount = amount + 1 WHERE {BOOKED}"),
    "booked_without_cause": transfer(ledger.RAZORPAY, ledger.ORDERS, "capture"),
    "booked_elsewhere": sql(
        f"UPDATE transfers SET debit_account_id = credit_account_id, credit_account_id = debit_account_id WHERE {BOOKED}"
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
    "subscription_forgotten": sql("UPDATE subscriptions SET next_on = NULL, plans_at = NULL WHERE id = :subscription"),
    "delivery_undecided": sql("UPDATE subscriptions SET plans_at = now() - interval '3 hours' WHERE id = :subscription"),
    "billing_run_held": _run_held,
    "delivery_of_another": _delivery_of_another,
    "terms_without_lines": sql("DELETE FROM subscription_lines WHERE subscription_id = :subscription"),
    "subscription_held": sql("UPDATE subscriptions SET held_at = now(), held_reason = 'KeyError' WHERE id = :subscription"),
    "order_not_expired": sql("UPDATE orders SET expires_at = now() - interval '16 minutes' WHERE id = :waiting"),
    "paid_without_record": as_owner(
        "audit_entries", "DELETE FROM audit_entries WHERE object_id = :confirmed AND action <> 'order.placed'"
    ),
    "on_hand": sql("UPDATE stock_levels SET on_hand = on_hand + 1"),
    "reserved_by_movements": sql(f"UPDATE stock_movements SET quantity = quantity + 1 WHERE {RESERVED}"),
    "reserved_by_reservations": sql(
        LEVELS,
        f"UPDATE stock_movements SET quantity = quantity + 1 WHERE {RESERVED}",
    ),
    "held_for_orders": sql(
        LEVELS,
        f"UPDATE stock_movements SET quantity = quantity + 1 WHERE {RESERVED}",
        "UPDATE reservations SET quantity = quantity + 1 WHERE status = 'held'",
    ),
    "hold_expired": sql("UPDATE reservations SET expires_at = now() - interval '16 minutes' WHERE order_id = :confirmed"),
    "provider_charge_waits": _charged("waiting", 3),
    "provider_charge_unbooked": _charged("surplus", 0),
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
