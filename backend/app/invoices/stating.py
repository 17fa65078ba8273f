"""Statements of account: what was charged, credited and received in a month, and what is owed at its end.

Each customer has one per month, however often it is asked for, and everything stands on one of them: what was booked late is on
the next. The opening balance is the closing one before.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session

from app.accounts import service as accounts
from app.audit.service import record
from app.core import clock
from app.core.actor import Actor
from app.core.ids import new_id
from app.invoices import notifying, rules
from app.invoices import statement_queries as queries
from app.invoices.account_months import Month, ended_month
from app.invoices.account_movements import Movement
from app.invoices.seller import Seller, seller_of
from app.invoices.statement_models import Statement, StatementLine
from app.stores import service as stores
from app.stores.models import Store

CHUNK = 20  # statements in one transaction: each locks a customer, and the number series


def issue_due(session: Session, actor: Actor, now: datetime) -> int:
    """Issue the statements that are due by the store's clock, and tell their customers; how many. Again until it is 0.

    Safe to run twice, also at once. A customer for whom nothing happened and nothing is owed gets none.
    """
    store = stores.get(session)
    month = ended_month(now, store.zone)
    due = queries.due(session, month.on, month.from_at, month.to_at, CHUNK)
    for customer_id in due:
        issue(session, store, customer_id, month, actor, now)
    return len(due)


def issue(session: Session, store: Store, customer_id: UUID, month: Month, actor: Actor, now: datetime) -> Statement:
    """The customer's statement of a month that is over, issued now or found. Locks the customer, last the number series.

    LegalDetailsMissing, as for any document.
    """
    accounts.lock_customer(session, customer_id)
    if found := queries.of_month(session, customer_id, month.on):
        return found
    seller = seller_of(store, charges_tax=False)
    known = queries.first_and_last(session, customer_id)
    since = known[0].from_at if known else month.from_at
    opening = known[1].closing_amount if known else queries.balance_before(session, customer_id, since)
    movements = queries.unstated(session, customer_id, since, month.to_at)
    statement = _write(session, store, seller, customer_id, month, opening, movements, now)
    changes = {"number": [None, statement.number], "closing_amount": [opening, statement.closing_amount]}
    record(session, actor, "statement.issued", statement, changes, cause=f"{month.on:%B %Y}")
    notifying.statement_issued(session, statement)
    return statement


def next_due_at(session: Session) -> datetime | None:
    """When statements are due next, in the store's time; in the past: they are overdue. None: nobody is on account."""
    store = stores.get(session)
    month = ended_month(clock.now(store), store.zone)
    if queries.due(session, month.on, month.from_at, month.to_at, 1):
        return month.due_at
    return Month.of(month.last_on + timedelta(days=1), store.zone).due_at if queries.is_anybody_on_account(session) else None


def _write(
    session: Session,
    store: Store,
    seller: Seller,
    customer_id: UUID,
    month: Month,
    opening: int,
    movements: Sequence[Movement],
    now: datetime,
) -> Statement:
    issued_on = now.astimezone(ZoneInfo(store.zone)).date()
    year, series = rules.financial_year(issued_on), f"{seller.prefix}S" if seller.prefix else "STM"
    serial = stores.take_number(session, f"statements:{series}:{year}")
    charged = sum(one.amount for one in movements if one.amount > 0)
    credited = -sum(one.amount for one in movements if one.amount < 0)
    statement = Statement(
        store_id=store.id,
        id=new_id(),
        customer_id=customer_id,
        number=rules.document_number(series, year, serial),
        month_on=month.on,
        from_at=month.from_at,
        to_at=month.to_at,
        issued_on=issued_on,
        issued_at=now,
        seller=seller.frozen,
        buyer=_buyer(session, customer_id),
        currency=store.currency,
        line_count=len(movements),
        opening_amount=opening,
        charged_amount=charged,
        credited_amount=credited,
        closing_amount=opening + charged - credited,
    )
    session.add(statement)
    session.flush()
    balances = list(accumulate((one.amount for one in movements), initial=opening))[1:]
    zone = ZoneInfo(store.zone)
    session.add_all(
        StatementLine(
            store_id=store.id,
            statement_id=statement.id,
            line_count=len(movements),
            position=position,
            kind=one.kind,
            cause_id=one.cause_id,
            happened_on=one.at.astimezone(zone).date(),
            number=one.number[:60],
            order_number=one.order_number,
            amount=one.amount,
            balance_amount=balance,
        )
        for position, (one, balance) in enumerate(zip(movements, balances, strict=True), 1)
    )
    session.flush()
    return statement


def _buyer(session: Session, customer_id: UUID) -> dict[str, Any]:
    """Whom the documents are made out to; by name only, where none was issued yet."""
    return queries.latest_buyer(session, customer_id) or {"name": accounts.get_customer(session, customer_id).name}
