"""A line of the report against what our books say of the same payment or refund."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session

from app.payments import disputes
from app.payments import settlement_queries as queries
from app.payments.dispute_models import Dispute
from app.payments.models import Capture
from app.payments.refund_models import Refund
from app.payments.settlement_models import Settlement, SettlementLine
from app.payments.settlement_rules import Line, Ours, problem_of
from app.providers.razorpay_report_facts import SettlementLineFacts


@dataclass(frozen=True)
class Books:
    """What we have of the entities some lines name, by the provider's ids."""

    settlements: dict[str, Settlement]
    captures: dict[str, Capture]
    refunds: dict[str, Refund]
    disputes: dict[str, Dispute]


def books_of(session: Session, lines: Sequence[SettlementLineFacts]) -> Books:
    named = [line.entity_id for line in lines]
    return Books(
        queries.by_provider_id(session, [line.settlement_id for line in lines if line.settlement_id]),
        queries.captures_by_provider_id(session, named),
        queries.refunds_by_provider_id(session, named),
        disputes.with_ids(session, [line.dispute_id for line in lines if line.dispute_id]),
    )


def match(row: SettlementLine, facts: SettlementLineFacts, books: Books) -> None:
    capture, refund = books.captures.get(facts.entity_id), books.refunds.get(facts.entity_id)
    dispute = books.disputes.get(facts.dispute_id or "")
    settlement = books.settlements.get(facts.settlement_id or "") if facts.settled else None
    for name, value in figures(facts).items():
        setattr(row, name, value)
    row.settlement_id = settlement.id if settlement else None
    row.capture_id = capture.id if capture else None
    row.refund_id = refund.id if refund else None
    row.dispute_id = dispute.id if dispute else None
    row.provider_payment_id = facts.payment_id or (facts.entity_id if facts.type == "payment" else None)
    row.settled_at = datetime.fromtimestamp(facts.settled_at, UTC) if facts.settled_at else None
    row.problem = problem_of(_line(facts), _ours(facts, capture, refund), is_explained=dispute is not None)


def figures(facts: SettlementLineFacts) -> dict[str, Any]:
    return {
        "kind": facts.type[:20],
        "credit_amount": facts.credit,
        "debit_amount": facts.debit,
        "gross_amount": facts.amount,
        "fee_amount": facts.fee,
        "fee_tax_amount": facts.tax,
    }


def has_changed(row: SettlementLine, facts: SettlementLineFacts) -> bool:
    return any(getattr(row, name) != value for name, value in figures(facts).items())


def _line(facts: SettlementLineFacts) -> Line:
    return Line(facts.type, facts.credit, facts.debit, facts.amount, facts.fee, facts.tax)


def _ours(facts: SettlementLineFacts, capture: Capture | None, refund: Refund | None) -> Ours | None:
    if facts.type == "payment" and capture is not None:
        return Ours(capture.amount, capture.fee_amount, capture.fee_tax_amount)
    return Ours(refund.amount) if facts.type == "refund" and refund is not None else None
