"""What the provider says of a dispute, and where the money is meanwhile: held apart, back with us, or lost."""

from collections.abc import Collection
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from app.audit.service import record
from app.core.actor import Actor
from app.core.db import add_once
from app.core.work import store_of
from app.ledger import service as ledger
from app.payments import queries
from app.payments.dispute_models import Dispute
from app.payments.dispute_rules import OPEN, may_become, outcome_of
from app.payments.errors import OrderUnknown
from app.payments.models import Capture, Payment
from app.providers.razorpay_report_facts import DisputeFacts


def apply_facts(session: Session, facts: DisputeFacts, actor: Actor, cause: str, now: datetime) -> tuple[Dispute, str]:
    """Move the dispute forward by what was just fetched; what changed: `opened`, its new status, or `nothing`.

    Safe to run any number of times, in any order of arrival. Locks the capture, then the dispute. OrderUnknown: the payment it
    is about is not in the books (yet).
    """
    capture = queries.capture(session, facts.payment_id)
    if capture is None:
        raise OrderUnknown(f"no captured payment of ours is {facts.payment_id}")
    queries.capture_locked(session, capture.id)
    is_new = add_once(session, _opened(session, capture, facts), "provider_dispute_id")
    dispute = get_locked(session, facts.id)
    before = dispute.status
    if not dispute.is_open:
        return dispute, "nothing"  # decided stays decided
    _hold_back(session, dispute, facts)
    dispute.phase, dispute.reason_code, dispute.respond_by = _words(facts)
    if may_become(before, facts.status):
        dispute.status, dispute.decided_at = facts.status, None if facts.status in OPEN else now
    session.add(dispute)
    session.flush()
    _move_money(session, dispute, outcome_of(dispute.status, facts.amount_deducted))
    if not is_new and dispute.status == before:
        return dispute, "nothing"
    changes = {"status": [None if is_new else before, dispute.status], "deducted_amount": [None, dispute.deducted_amount]}
    record(
        session, actor, f"dispute.{dispute.status if not is_new else 'opened'}", dispute, changes, cause=f"{cause}, {facts.id}"
    )
    return dispute, "opened" if is_new else dispute.status


def get_locked(session: Session, provider_dispute_id: str) -> Dispute:
    statement = select(Dispute).where(Dispute.provider_dispute_id == provider_dispute_id)
    return session.exec(statement.with_for_update().execution_options(populate_existing=True)).one()


def with_ids(session: Session, provider_dispute_ids: Collection[str]) -> dict[str, Dispute]:
    """Those of the provider's disputes that are in the books, by the provider's id."""
    found = session.exec(select(Dispute).where(col(Dispute.provider_dispute_id).in_(provider_dispute_ids)))
    return {dispute.provider_dispute_id: dispute for dispute in found}


def open_ids(session: Session, limit: int) -> list[str]:
    """The provider's ids of the disputes nobody has decided, those with the nearest deadline first."""
    undecided = select(Dispute.provider_dispute_id).where(col(Dispute.status).in_(OPEN))
    return list(session.exec(undecided.order_by(col(Dispute.respond_by).nulls_last(), col(Dispute.id)).limit(limit)))


def deducted_of(session: Session, capture_ids: Collection[UUID]) -> int:
    """What disputes of these captures took out of our balance and did not give back, in paise."""
    statement = select(func.coalesce(func.sum(col(Dispute.deducted_amount)), 0))
    return int(session.scalar(statement.where(col(Dispute.capture_id).in_(capture_ids))) or 0)


def listed(session: Session, limit: int, after: UUID | None, *, is_decided: bool) -> list[tuple[Dispute, UUID | None]]:
    """Disputes with the orders they are about, oldest first; `after` is the last id of the page before."""
    statement = select(Dispute, Payment.order_id).join(Payment, col(Payment.id) == col(Dispute.payment_id))
    statement = statement.where(col(Dispute.status).not_in(OPEN) if is_decided else col(Dispute.status).in_(OPEN))
    if after is not None:
        statement = statement.where(col(Dispute.id) > after)
    return list(session.exec(statement.order_by(col(Dispute.id)).limit(limit)).all())


def _opened(session: Session, capture: Capture, facts: DisputeFacts) -> Dispute:
    """As it began; what the provider says now is applied to it like any later word."""
    phase, reason_code, respond_by = _words(facts)
    return Dispute(
        store_id=store_of(session),
        payment_id=capture.payment_id,
        capture_id=capture.id,
        provider_dispute_id=facts.id,
        status="open",
        phase=phase,
        reason_code=reason_code,
        amount=facts.amount,
        currency=facts.currency,
        respond_by=respond_by,
        opened_at=datetime.fromtimestamp(facts.created_at, UTC),
    )


def _words(facts: DisputeFacts) -> tuple[str | None, str | None, datetime | None]:
    respond_by = datetime.fromtimestamp(facts.respond_by, UTC) if facts.respond_by else None
    return (facts.phase or "")[:30] or None, (facts.reason_code or "")[:60] or None, respond_by


def _hold_back(session: Session, dispute: Dispute, facts: DisputeFacts) -> None:
    """What is deducted is no longer the provider's to pay out. It may grow from phase to phase."""
    deducted = min(facts.amount_deducted, dispute.amount)
    more = deducted - dispute.deducted_amount
    if more <= 0:
        return
    kind = f"dispute_held_{deducted}" if dispute.deducted_amount else "dispute_held"
    dispute.deducted_amount = deducted
    ledger.transfer(
        session,
        kind,
        debit=ledger.DISPUTES_HELD,
        credit=ledger.RAZORPAY,
        amount=more,
        currency=dispute.currency,
        cause=dispute,
    )


def _move_money(session: Session, dispute: Dispute, outcome: str | None) -> None:
    if outcome is None or not dispute.deducted_amount:
        return
    is_back = outcome == "back"
    ledger.transfer(
        session,
        f"dispute_{outcome}",
        debit=ledger.RAZORPAY if is_back else ledger.DISPUTES_LOST,
        credit=ledger.DISPUTES_HELD,
        amount=dispute.deducted_amount,
        currency=dispute.currency,
        cause=dispute,
    )
    if is_back:
        dispute.deducted_amount = 0
        session.add(dispute)
