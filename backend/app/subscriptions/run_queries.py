"""Billing runs, read and locked; what is due by an instant; and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session, col, select

from app.subscriptions.errors import BillingRunNotFound
from app.subscriptions.run_models import BillingRun


@dataclass(frozen=True)
class Expected:
    """How many deliveries, and what their goods cost at the prices of the day: a quick count, wishes left out."""

    count: int
    amount: int


_EXPECTED = text("""
SELECT count(DISTINCT one.id), coalesce(sum(line.quantity * price.amount), 0)
FROM subscriptions AS one CROSS JOIN LATERAL (
        SELECT id FROM subscription_terms WHERE subscription_id = one.id AND from_on <= one.next_on
        ORDER BY from_on DESC LIMIT 1) AS held
    LEFT JOIN subscription_lines AS line ON line.terms_id = held.id
    LEFT JOIN price_lists AS list ON list.is_default
    LEFT JOIN prices AS price ON price.variant_id = line.variant_id AND price.price_list_id = list.id
WHERE one.plans_at <= :now AND one.held_at IS NULL
""")
_REPORT = text("""
SELECT cycle.status, cycle.reason, count(*) AS count, coalesce(sum(sale.total_amount), 0) AS amount
FROM cycles AS cycle LEFT JOIN orders AS sale ON sale.cycle_id = cycle.id
WHERE cycle.slot_id = :run_id GROUP BY cycle.status, cycle.reason ORDER BY cycle.status, cycle.reason
""")


def open_locked(session: Session) -> BillingRun | None:
    """The store's run that is not done; whoever works on it at the same time is waited for."""
    statement = select(BillingRun).where(BillingRun.status != "done").with_for_update()
    return session.exec(statement.execution_options(populate_existing=True)).one_or_none()


def held(session: Session) -> BillingRun | None:
    """The store's run that waits for approval."""
    return session.exec(select(BillingRun).where(BillingRun.status == "held")).one_or_none()


def get_locked(session: Session, run_id: UUID) -> BillingRun:
    """BillingRunNotFound."""
    statement = select(BillingRun).where(BillingRun.id == run_id).with_for_update()
    found = session.exec(statement.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise BillingRunNotFound
    return found


def hold_reason(session: Session, run_id: UUID) -> str:
    """Why the run waits for approval; empty: it does not."""
    reason = select(BillingRun.hold_reason).where(BillingRun.id == run_id, BillingRun.status == "held")
    return session.exec(reason).one_or_none() or ""


def page(session: Session, limit: int, after: UUID | None) -> Sequence[BillingRun]:
    """Newest first."""
    statement = select(BillingRun).order_by(col(BillingRun.id).desc()).limit(limit)
    if after is not None:
        statement = statement.where(col(BillingRun.id) < after)
    return session.exec(statement).all()


def expected(session: Session, now: datetime) -> Expected:
    """What is due by `now`. One statement."""
    row = session.execute(_EXPECTED, {"now": now}).one()
    return Expected(int(row[0]), int(row[1]))


def report(session: Session, run_id: UUID) -> dict[str, Any]:
    """Deliveries by outcome and reason, with what the orders cost, in paise."""
    rows = session.execute(_REPORT, {"run_id": run_id}).mappings()
    outcomes = [
        {"status": row["status"], "reason": row["reason"], "count": row["count"], "amount": int(row["amount"])} for row in rows
    ]
    return {"outcomes": outcomes}
