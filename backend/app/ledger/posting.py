"""Many transfers at once, because of rows that were just written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, col, select

from app.core.db import Row, add_once
from app.core.work import store_of
from app.ledger.models import LedgerAccount, Transfer


@dataclass(frozen=True)
class Posting:
    """`amount` moves from the credited to the debited account because of `cause`."""

    debit: str
    credit: str
    amount: int
    currency: str
    cause: Row


def transfer_many(session: Session, kind: str, postings: Sequence[Posting]) -> None:
    """Record transfers whose causes are new, in a few statements. An IntegrityError for one that is booked already."""
    accounts = _account_ids(session, {code for posting in postings for code in (posting.debit, posting.credit)})
    session.add_all(
        Transfer(
            store_id=store_of(session),
            kind=kind,
            debit_account_id=accounts[posting.debit],
            credit_account_id=accounts[posting.credit],
            amount=posting.amount,
            currency=posting.currency,
            cause_type=str(posting.cause.__tablename__),
            cause_id=posting.cause.id,
        )
        for posting in postings
    )
    session.flush()


def _account_ids(session: Session, codes: set[str]) -> Mapping[str, UUID]:
    """By code; those that are missing are made."""
    found = select(LedgerAccount.code, LedgerAccount.id).where(col(LedgerAccount.code).in_(codes))
    accounts = dict(session.exec(found).all())
    for code in sorted(codes - accounts.keys()):
        add_once(session, LedgerAccount(store_id=store_of(session), code=code), "code")
    return accounts if len(accounts) == len(codes) else dict(session.exec(found).all())
