"""Write transfers and read balances."""

from uuid import UUID

from sqlalchemy import bindparam, func
from sqlalchemy import select as columns
from sqlmodel import Session, col

from app.core.db import Row, add_once, metadata
from app.core.work import store_of
from app.ledger.models import LedgerAccount, Transfer

RAZORPAY, ORDERS = "razorpay", "orders"  # what the provider holds for us; what customers paid for
RAZORPAY_FEES, GST_ON_FEES, BANK = "razorpay_fees", "gst_on_fees", "bank"  # what a settlement makes of it
DISPUTES_HELD, DISPUTES_LOST = "disputes_held", "disputes_lost"  # taken from what the provider holds, until decided; for good
MANDATE_APPROVALS = "mandate_approvals"  # the rupee by which a mandate is approved: owed back to the customer
TOP_UPS = "top_ups"  # captured for a wallet and at once credited to it: zero between any two transactions
GOODWILL = "goodwill"  # what the shop gave away
CASH_WITH_RIDERS, CASH, CASH_DIFFERENCES = "cash_with_riders", "cash", "cash_differences"


_ACCOUNTS = metadata.tables[str(LedgerAccount.__tablename__)]
_ACCOUNT_IDS = columns(_ACCOUNTS.c.code, _ACCOUNTS.c.id).where(_ACCOUNTS.c.code.in_(bindparam("codes", expanding=True)))


def transfer(session: Session, kind: str, *, debit: str, credit: str, amount: int, currency: str, cause: Row) -> bool:
    """Record that `amount` moved, once per (kind, cause): False when it already had been. Safe to run twice."""
    ids = account_ids(session, debit, credit)
    row = Transfer(
        store_id=store_of(session),
        kind=kind,
        debit_account_id=ids[debit],
        credit_account_id=ids[credit],
        amount=amount,
        currency=currency,
        cause_type=str(cause.__tablename__),
        cause_id=cause.id,
    )
    return add_once(session, row, "kind", "cause_id")


def balance(session: Session, code: str) -> int:
    """Debits minus credits of the account, in paise; 0 for one that was never used."""
    account = columns(col(LedgerAccount.id)).where(col(LedgerAccount.code) == code).scalar_subquery()
    taken_in = columns(func.coalesce(func.sum(col(Transfer.amount)), 0)).where(col(Transfer.debit_account_id) == account)
    given_out = columns(func.coalesce(func.sum(col(Transfer.amount)), 0)).where(col(Transfer.credit_account_id) == account)
    return int(session.execute(columns(taken_in.scalar_subquery() - given_out.scalar_subquery())).scalar_one())


def account_ids(session: Session, *codes: str) -> dict[str, UUID]:
    """The accounts' ids by code; those that are missing are made."""
    rows = session.connection().execute(_ACCOUNT_IDS, {"codes": codes})
    found: dict[str, UUID] = {row.code: row.id for row in rows}
    missing = [code for code in codes if code not in found]
    for code in missing:
        add_once(session, LedgerAccount(store_id=store_of(session), code=code), "code")
    return found | account_ids(session, *missing) if missing else found
