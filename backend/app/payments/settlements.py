"""Settlements against our books: each line is matched to its payment or refund, to the paisa, and what it costs is booked.

The report is the provider's statement, so fees and the bank's credit are booked as it says, once; whether that fits what we
expected is the line's `problem`. Everything here may be run again: a line is one row per entity, a transfer once per line.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from app.audit.service import record
from app.core.actor import Actor
from app.core.db import add_once
from app.core.work import store_of
from app.ledger import service as ledger
from app.payments import disputes
from app.payments import settlement_queries as queries
from app.payments.dispute_models import Dispute
from app.payments.models import Capture
from app.payments.refund_models import Refund
from app.payments.settlement_models import Settlement, SettlementLine
from app.payments.settlement_rules import Line, Ours, problem_of
from app.providers.razorpay_report_facts import SettlementFacts, SettlementLineFacts


@dataclass(frozen=True)
class Books:
    """What we have of the entities some lines name, by the provider's ids."""

    settlements: dict[str, Settlement]
    captures: dict[str, Capture]
    refunds: dict[str, Refund]
    disputes: dict[str, Dispute]


def take_in(session: Session, account_id: UUID, facts: SettlementFacts, currency: str, actor: Actor) -> Settlement:
    """The settlement as the provider says now; the bank's credit is booked once it is on its way. Safe to run twice."""
    row = Settlement(
        store_id=store_of(session),
        account_id=account_id,
        provider_settlement_id=facts.id,
        status="created",
        amount=facts.amount,
        fees_amount=facts.fees,
        tax_amount=facts.tax,
        currency=currency,
        made_at=datetime.fromtimestamp(facts.created_at, UTC),
    )
    add_once(session, row, "provider_settlement_id")
    settlement = queries.by_provider_id(session, [facts.id])[facts.id]
    before, settlement.status, settlement.utr = settlement.status, facts.status, (facts.utr or "")[:40] or None
    if before == "created":  # what is on its way no longer changes
        settlement.amount, settlement.fees_amount, settlement.tax_amount = facts.amount, facts.fees, facts.tax
    session.add(settlement)
    session.flush()
    if before != settlement.status:
        record(session, actor, f"settlement.{settlement.status}", settlement, {"status": [before, settlement.status]})
        _book_payout(session, settlement, before)
    return settlement


def _book_payout(session: Session, settlement: Settlement, before: str) -> None:
    if settlement.amount <= 0:
        return
    kind, debit, credit = "settlement", ledger.BANK, ledger.RAZORPAY
    if settlement.status == "failed" and before == "processed":  # the bank sent it back
        kind, debit, credit = "settlement_failed", ledger.RAZORPAY, ledger.BANK
    elif settlement.status != "processed":
        return
    ledger.transfer(
        session, kind, debit=debit, credit=credit, amount=settlement.amount, currency=settlement.currency, cause=settlement
    )


def take_in_lines(session: Session, lines: Sequence[SettlementLineFacts]) -> Counter[str]:
    """Match these lines of the report with our books, and book their fees; how many fit, and how many have which problem.

    Safe to run twice: what was a problem and has been repaired fits the next time.
    """
    books = _books(session, lines)
    known = queries.lines_by_entity(session, [line.entity_id for line in lines])
    told: Counter[str] = Counter()
    for facts in lines:
        row = known.get(facts.entity_id) or SettlementLine(
            store_id=store_of(session), entity_id=facts.entity_id[:40], currency=facts.currency, **_figures(facts)
        )
        is_booked = facts.entity_id in known and row.settlement_id is not None
        if is_booked and _has_changed(row, facts):
            row.problem = "changed"
        else:
            _match(row, facts, books)
        session.add(row)
        session.flush()
        _book_fee(session, row)
        told[row.problem or "matched"] += 1
    return told


def _books(session: Session, lines: Sequence[SettlementLineFacts]) -> Books:
    named = [line.entity_id for line in lines]
    return Books(
        queries.by_provider_id(session, [line.settlement_id for line in lines if line.settlement_id]),
        queries.captures_by_provider_id(session, named),
        queries.refunds_by_provider_id(session, named),
        disputes.with_ids(session, [line.dispute_id for line in lines if line.dispute_id]),
    )


def _match(row: SettlementLine, facts: SettlementLineFacts, books: Books) -> None:
    capture, refund = books.captures.get(facts.entity_id), books.refunds.get(facts.entity_id)
    dispute = books.disputes.get(facts.dispute_id or "")
    settlement = books.settlements.get(facts.settlement_id or "") if facts.settled else None
    for name, value in _figures(facts).items():
        setattr(row, name, value)
    row.settlement_id = settlement.id if settlement else None
    row.capture_id = capture.id if capture else None
    row.refund_id = refund.id if refund else None
    row.dispute_id = dispute.id if dispute else None
    row.provider_payment_id = facts.payment_id or (facts.entity_id if facts.type == "payment" else None)
    row.settled_at = datetime.fromtimestamp(facts.settled_at, UTC) if facts.settled_at else None
    row.problem = problem_of(_line(facts), _ours(facts, capture, refund), is_explained=dispute is not None)


def _figures(facts: SettlementLineFacts) -> dict[str, Any]:
    return {
        "kind": facts.type[:20],
        "credit_amount": facts.credit,
        "debit_amount": facts.debit,
        "gross_amount": facts.amount,
        "fee_amount": facts.fee,
        "fee_tax_amount": facts.tax,
    }


def _has_changed(row: SettlementLine, facts: SettlementLineFacts) -> bool:
    return any(getattr(row, name) != value for name, value in _figures(facts).items())


def _line(facts: SettlementLineFacts) -> Line:
    return Line(facts.type, facts.credit, facts.debit, facts.amount, facts.fee, facts.tax)


def _ours(facts: SettlementLineFacts, capture: Capture | None, refund: Refund | None) -> Ours | None:
    if facts.type == "payment" and capture is not None:
        return Ours(capture.amount, capture.fee_amount, capture.fee_tax_amount)
    return Ours(refund.amount) if facts.type == "refund" and refund is not None else None


def _book_fee(session: Session, line: SettlementLine) -> None:
    """What the provider kept, apart from the tax on it, which may be claimed back. Once per line, when it was settled."""
    if line.settlement_id is None:
        return
    parts = (
        ("fee", ledger.RAZORPAY_FEES, line.fee_amount - line.fee_tax_amount),
        ("fee_tax", ledger.GST_ON_FEES, line.fee_tax_amount),
    )
    for kind, account, amount in parts:
        if amount > 0:
            ledger.transfer(
                session, kind, debit=account, credit=ledger.RAZORPAY, amount=amount, currency=line.currency, cause=line
            )
