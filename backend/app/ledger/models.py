"""The books: a row is a transfer, so it balances by its shape."""

from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, String

from app.core.db import Row, belongs_to


class LedgerAccount(Row, table=True):
    """Where money is or is owed: `razorpay`, `orders`, … One per code and store, made at first use."""

    __tablename__ = "ledger_accounts"
    __table_args__ = (UniqueConstraint("store_id", "code"),)

    code: str = Field(max_length=60)


class Transfer(Row, table=True):
    """`amount` moved from the credited to the debited account because of `cause_id`. Once per (kind, cause); never changed."""

    __tablename__ = "transfers"
    __table_args__ = (
        belongs_to("ledger_accounts", "debit_account_id"),
        belongs_to("ledger_accounts", "credit_account_id"),
        UniqueConstraint("store_id", "kind", "cause_id"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("debit_account_id <> credit_account_id", name="two_accounts"),
        Index("ix_transfers_debit", "store_id", "debit_account_id"),
        Index("ix_transfers_credit", "store_id", "credit_account_id"),
    )

    kind: str = Field(max_length=40)  # capture, …
    debit_account_id: UUID
    credit_account_id: UUID
    amount: int = Field(sa_type=BigInteger)
    currency: str = Field(sa_type=String(3))
    cause_type: str = Field(max_length=40)  # the table of the cause
    cause_id: UUID
