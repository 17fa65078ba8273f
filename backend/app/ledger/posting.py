"""Many transfers at once, because of rows that were just written."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from app.core.db import Row
from app.core.work import store_of
from app.ledger.models import Transfer
from app.ledger.service import account_ids


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
    accounts = account_ids(session, *sorted({code for posting in postings for code in (posting.debit, posting.credit)}))
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
