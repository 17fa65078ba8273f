"""Settlements against our books: each line is matched to its payment or refund, to the paisa, and what it costs is booked.

The report is the provider's statement, so fees and the bank's credit are booked as it says, once; whether that fits what we
expected is the line's `problem`. Everything here may be run again: a line is one row per entity, a transfer once per line.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlmodel import Session

from app.audit.service import record
from app.core.actor import Actor
from app.core.db import add_once
from app.core.work import store_of
from app.ledger import service as ledger
from app.payments import settlement_queries as queries
from app.payments.settlement_matching import books_of, figures, has_changed, match
from app.payments.settlement_models import Settlement, SettlementLine
from app.providers.razorpay_report_facts import SettlementFacts, SettlementLineFacts


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
    books = books_of(session, lines)
    known = queries.lines_by_entity(session, [line.entity_id for line in lines])
    told: Counter[str] = Counter()
    for facts in lines:
        row = known.get(facts.entity_id) or SettlementLine(
            store_id=store_of(session), entity_id=facts.entity_id[:40], currency=facts.currency, **figures(facts)
        )
        is_booked = facts.entity_id in known and row.settlement_id is not None
        if is_booked and has_changed(row, facts):
            row.problem = "changed"
        else:
            match(row, facts, books)
        session.add(row)
        session.flush()
        _book_fee(session, row)
        told[row.problem or "matched"] += 1
    return told


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
