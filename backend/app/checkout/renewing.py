"""Renewal orders, as many as are due, in one transaction: priced, reserved, numbered and ready to be paid.

A chunk of one takes the same way. Nothing is asked of a provider here: attempts are rows, worked off after the commit.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session

from app.audit.models import AuditEntry
from app.audit.service import entry
from app.checkout import notifying, renewing_wallets
from app.checkout.errors import BilledByProvider
from app.checkout.writing import Sale, new_lines, new_order
from app.core.actor import Actor
from app.core.bulk import insert_many
from app.core.work import defer
from app.core.work_waiting import wake_done
from app.orders.models import Order
from app.orders.rules import order_number
from app.payments import starting
from app.payments.debit_rules import MAX_UNATTENDED_AMOUNT
from app.payments.mandate_models import Mandate
from app.payments.models import Payment, PaymentAttempt
from app.stock.allocating import Hold, Shelf
from app.stores import service as stores
from app.stores.models import Store

BILLED_THERE = "provider"  # it charges by itself, and we are told
ON_TRUST = ("cash_on_delivery", "account")  # the goods go out, the money comes later


@dataclass(frozen=True)
class Renewal:
    """One delivery to be ordered. With a mandate: when to debit it, and until when a debit makes sense."""

    cycle_id: UUID
    sale: Sale
    expires_at: datetime
    subscription_id: UUID | None = None  # whose hold on the wallet it may use
    mandate: Mandate | None = None
    charge_at: datetime | None = None

    @property
    def quantities(self) -> dict[UUID, int]:
        return {line.line.variant_id: line.line.quantity for line in self.sale.basket.lines}

    @property
    def is_on_trust(self) -> bool:
        return self.sale.payment_method in ON_TRUST

    @property
    def is_to_be_paid(self) -> bool:
        """By whatever we do, or ask the customer to do."""
        return self.sale.payment_method not in (*ON_TRUST, BILLED_THERE)

    @property
    def is_by_wallet(self) -> bool:
        return self.sale.payment_method == "wallet"

    @property
    def is_debited(self) -> bool:
        """By its mandate. Above the mandate's limit, or the law's, the customer pays by hand."""
        limit = min(self.mandate.max_amount, MAX_UNATTENDED_AMOUNT) if self.mandate else 0
        return self.sale.basket.total_amount <= limit


def place_many(
    session: Session,
    store: Store,
    renewals: Sequence[Renewal],
    shelf: Shelf,
    *,
    today: date,
    now: datetime,
    actor: Actor,
    cause: str,
    purses_of: Collection[UUID] = (),
) -> tuple[Mapping[UUID, Order], list[AuditEntry]]:
    """Orders by cycle id, and the entries that tell of them, for the caller to write with its own. Their goods were taken from
    the shelf, and the cycles' rows are there already.

    Locks stock (by variant id), the wallets of the customers `purses_of`, then the number series. ShelfChanged: begin again.
    """
    if not renewals:
        return {}, []
    shelf.lock(session)
    renewing_wallets.lock(session, purses_of)
    numbers = stores.take_numbers(session, f"orders:{today.year}", len(renewals))
    orders = {
        renewal.cycle_id: _order(store, renewal, order_number(store.order_prefix, today.year, serial), now)
        for renewal, serial in zip(renewals, numbers, strict=True)
    }
    insert_many(session, list(orders.values()))
    insert_many(session, [line for one in renewals for line in new_lines(orders[one.cycle_id], one.sale)])
    entries = [
        entry(session, actor, "order.placed", order, {"status": [None, order.status]}, cause) for order in orders.values()
    ]
    holds = [Hold(orders[one.cycle_id].id, one.quantities, None if one.is_on_trust else one.expires_at) for one in renewals]
    entries += shelf.write(session, holds, cause="reserved for a renewal", actor=actor, now=now)
    by_wallet = [(orders[one.cycle_id], one.subscription_id) for one in renewals if one.is_by_wallet]
    entries += renewing_wallets.pay(session, by_wallet, now=now, actor=actor, cause=cause)
    owed = [(one, orders[one.cycle_id]) for one in renewals if one.is_to_be_paid]
    entries += _begin_payments(session, [pair for pair in owed if pair[1].status == "pending_payment"], actor, cause)
    return orders, entries


def _order(store: Store, renewal: Renewal, number: str, now: datetime) -> Order:
    order = new_order(store.id, renewal.sale, number, placed_at=now, expires_at=renewal.expires_at, cycle_id=renewal.cycle_id)
    if renewal.is_on_trust:
        order.accept(now)
    return order


def _begin_payments(session: Session, owed: Sequence[tuple[Renewal, Order]], actor: Actor, cause: str) -> list[AuditEntry]:
    """What each is to be paid by: a debit under its mandate, or whatever its customer does."""
    if not owed:
        return []
    if not all(renewal.is_to_be_paid for renewal, _ in owed):
        raise BilledByProvider
    account_id = stores.provider_account(session, "razorpay").id
    pairs = [(renewal, order, _payment(order)) for renewal, order in owed]
    insert_many(session, [payment for _, _, payment in pairs])
    insert_many(session, [_attempt(renewal, payment, account_id) for renewal, _, payment in pairs])
    for renewal, order, _ in pairs:
        if not renewal.is_debited:
            notifying.payment_due(session, order, "over_limit")
    defer(session, "drain_payments")
    # The notice is going out: a mandate that ended at the bank without our hearing of it is found before the debit is due.
    wake_done(session, Mandate, sorted({renewal.mandate.id for renewal, _ in owed if renewal.mandate}))
    defer(session, "drain_mandates")
    return [
        entry(session, actor, "payment.started", payment, {"amount": [None, order.total_amount]}, cause)
        for _, order, payment in pairs
    ]


def _payment(order: Order) -> Payment:
    return Payment(
        store_id=order.store_id, order_id=order.id, provider="razorpay", amount=order.total_amount, currency=order.currency
    )


def _attempt(renewal: Renewal, payment: Payment, account_id: UUID) -> PaymentAttempt:
    attempt = starting.new_attempt(payment, account_id)
    if renewal.mandate and renewal.is_debited:
        attempt.mandate_id = renewal.mandate.id
        attempt.payment_after = attempt.debit_at = renewal.charge_at
        attempt.debit_before = renewal.expires_at
    return attempt
