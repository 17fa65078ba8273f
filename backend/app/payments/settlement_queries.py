"""Settlements and their lines: what is there, what does not fit, what is missing."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_
from sqlmodel import Session, col, select

from app.payments.models import Capture
from app.payments.refund_models import Refund
from app.payments.settlement_models import Settlement, SettlementLine

MOVED = func.coalesce(func.sum(col(SettlementLine.credit_amount) - col(SettlementLine.debit_amount)), 0)
FEES = func.coalesce(func.sum(col(SettlementLine.fee_amount)), 0)


@dataclass(frozen=True)
class Sums:
    """A settlement, and what its lines say: how many, what they move, what they leave unexplained. Paise."""

    settlement: Settlement
    lines: int
    fees_amount: int
    missing_amount: int

    @property
    def adds_up(self) -> bool:
        """A normal settlement shows no fees of its own: they stand on its lines."""
        return self.missing_amount == 0 and self.settlement.fees_amount in (0, self.fees_amount)


def by_provider_id(session: Session, ids: Collection[str]) -> dict[str, Settlement]:
    found = session.exec(select(Settlement).where(col(Settlement.provider_settlement_id).in_(ids)))
    return {settlement.provider_settlement_id: settlement for settlement in found}


def lines_by_entity(session: Session, ids: Collection[str]) -> dict[str, SettlementLine]:
    """Locked, in one order."""
    statement = select(SettlementLine).where(col(SettlementLine.entity_id).in_(ids)).order_by(col(SettlementLine.id))
    return {line.entity_id: line for line in session.exec(statement.with_for_update())}


def captures_by_provider_id(session: Session, ids: Collection[str]) -> dict[str, Capture]:
    found = session.exec(select(Capture).where(col(Capture.provider_payment_id).in_(ids)))
    return {capture.provider_payment_id: capture for capture in found}


def refunds_by_provider_id(session: Session, ids: Collection[str]) -> dict[str, Refund]:
    found = session.exec(select(Refund).where(col(Refund.provider_refund_id).in_(ids)))
    return {refund.provider_refund_id or "": refund for refund in found}


def made_between(session: Session, from_: datetime, to: datetime) -> Sequence[Sums]:
    """Settlements made in [from_, to), oldest first, with the sums of their lines."""
    statement = (
        select(Settlement, func.count(col(SettlementLine.id)), FEES, MOVED)
        .outerjoin(SettlementLine, col(SettlementLine.settlement_id) == col(Settlement.id))
        .where(Settlement.made_at >= from_, Settlement.made_at < to)
        .group_by(col(Settlement.store_id), col(Settlement.id))
        .order_by(col(Settlement.made_at), col(Settlement.id))
    )
    return _sums(session, statement)


def incomplete(session: Session, since: datetime, limit: int) -> Sequence[Sums]:
    """Settlements made since then whose lines do not make their amount, or not their fees, newest first."""
    shown = col(Settlement.fees_amount)
    statement = (
        select(Settlement, func.count(col(SettlementLine.id)), FEES, MOVED)
        .outerjoin(SettlementLine, col(SettlementLine.settlement_id) == col(Settlement.id))
        .where(Settlement.made_at >= since)
        .group_by(col(Settlement.store_id), col(Settlement.id))
        .having(or_(col(Settlement.amount) != MOVED, and_(shown != 0, shown != FEES)))
        .order_by(col(Settlement.made_at).desc())
        .limit(limit)
    )
    return _sums(session, statement)


def lines_of(session: Session, settlement_id: UUID) -> Sequence[SettlementLine]:
    lines = select(SettlementLine).where(SettlementLine.settlement_id == settlement_id)
    return session.exec(lines.order_by(col(SettlementLine.id))).all()


def with_problem(session: Session, limit: int) -> Sequence[SettlementLine]:
    """Lines that do not fit our books, oldest first."""
    lines = select(SettlementLine).where(col(SettlementLine.problem).is_not(None))
    return session.exec(lines.order_by(col(SettlementLine.id)).limit(limit)).all()


def captures_not_settled(session: Session, before: datetime, limit: int) -> Sequence[Capture]:
    """Money the provider took before `before` and that no settlement names, oldest first."""
    named = select(SettlementLine.id).where(
        SettlementLine.capture_id == Capture.id, col(SettlementLine.settlement_id).is_not(None)
    )
    owed = select(Capture).where(Capture.source == "razorpay", Capture.captured_at < before, ~named.exists())
    return session.exec(owed.order_by(col(Capture.captured_at)).limit(limit)).all()


def _sums(session: Session, statement: Any) -> list[Sums]:
    found = session.execute(statement)
    return [Sums(one, lines, int(fees), one.amount - int(moved)) for one, lines, fees, moved in found]
