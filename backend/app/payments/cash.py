"""Money that people take: receipts for it, and cash on its way from the door to the till. The ledger knows where it is."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.accounts import service as accounts
from app.audit.service import record
from app.core.actor import Actor
from app.core.ids import new_id
from app.core.work import store_of
from app.ledger import service as ledger
from app.payments import cash_queries as queries
from app.payments import taking
from app.payments.errors import NothingToHandIn, OwnCash
from app.payments.receipt_models import CashHandover, Receipt


def collect(
    session: Session, order_id: UUID, rider_id: UUID, amount: int, currency: str, *, actor: Actor, now: datetime
) -> Receipt:
    """The rider took this order's money at the door, and holds it from now on. PaidAlready, StaffNotFound.

    The caller holds the order's lock and has made sure that the amount is what is owed.
    """
    accounts.get_staff(session, rider_id)
    cause = f"cash taken by {rider_id}"
    return _receive(session, order_id, "cash", amount, currency, ledger.CASH_WITH_RIDERS, rider_id, "", actor, cause, now)


def credit_from_bank(
    session: Session, order_id: UUID, amount: int, currency: str, reference: str, *, actor: Actor, now: datetime
) -> Receipt:
    """This order's money was seen in the bank's statement. PaidAlready. The caller holds the order's lock."""
    cause = f"bank transfer {reference}"
    return _receive(session, order_id, "bank", amount, currency, ledger.BANK, None, reference, actor, cause, now)


def _receive(
    session: Session,
    order_id: UUID,
    source: taking.OwnSource,
    amount: int,
    currency: str,
    debit: str,
    rider_id: UUID | None,
    reference: str,
    actor: Actor,
    cause: str,
    now: datetime,
) -> Receipt:
    capture = taking.take(session, order_id, source, amount, currency, debit=debit, actor=actor, cause=cause, now=now)
    receipt = Receipt(
        store_id=capture.store_id,
        capture_id=capture.id,
        amount=amount,
        currency=currency,
        rider_id=rider_id,
        reference=reference,
        received_at=now,
    )
    session.add(receipt)
    session.flush()
    return receipt


def hand_over(
    session: Session, rider_id: UUID, counted_amount: int, received_by_id: UUID, *, actor: Actor, now: datetime
) -> CashHandover:
    """A rider hands in all they hold, and somebody else has counted it. Safe in a race: each receipt is handed in once.

    Locks the receipts. OwnCash, StaffNotFound, NothingToHandIn.
    """
    if rider_id == received_by_id:
        raise OwnCash
    accounts.get_staff(session, rider_id)
    receipts = queries.lock_held_by(session, rider_id)
    if not receipts:
        raise NothingToHandIn
    expected = sum(receipt.amount for receipt in receipts)
    handover = CashHandover(
        store_id=store_of(session),
        id=new_id(),
        rider_id=rider_id,
        expected_amount=expected,
        counted_amount=counted_amount,
        difference_amount=counted_amount - expected,
        currency=receipts[0].currency,
        received_by_id=received_by_id,
        received_at=now,
    )
    session.add(handover)
    session.flush()
    for receipt in receipts:
        receipt.handover_id = handover.id
        session.add(receipt)
    session.flush()
    _book(session, handover)
    changes = {name: [None, getattr(handover, name)] for name in ("expected_amount", "counted_amount", "difference_amount")}
    record(session, actor, "cash.handed_over", handover, changes, cause=f"{len(receipts)} receipts of {rider_id}")
    return handover


def _book(session: Session, handover: CashHandover) -> None:
    """The rider is free of all they held: what was counted is in the till, what was not is a difference."""
    parts = (
        ("handover", ledger.CASH, ledger.CASH_WITH_RIDERS, min(handover.counted_amount, handover.expected_amount)),
        ("cash_missing", ledger.CASH_DIFFERENCES, ledger.CASH_WITH_RIDERS, -handover.difference_amount),
        ("cash_too_much", ledger.CASH, ledger.CASH_DIFFERENCES, handover.difference_amount),
    )
    for kind, debit, credit, amount in parts:
        if amount > 0:
            ledger.transfer(
                session, kind, debit=debit, credit=credit, amount=amount, currency=handover.currency, cause=handover
            )
