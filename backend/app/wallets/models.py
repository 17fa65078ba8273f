"""Prepaid money: a balance per customer, every change of it, and what is paid in through the provider."""

from datetime import date, datetime
from typing import Literal, get_args
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, String

from app.core.db import Row, belongs_to

MovementKind = Literal["top_up", "spend", "refund", "goodwill", "taken_back"]
MIN_TOP_UP_AMOUNT = 100_00  # below it the provider's fee is out of proportion
MAX_TOP_UP_AMOUNT = 10_000_00  # a household's month; no more should ever have to be given back for one slip
MAX_GOODWILL_AMOUNT = 2_000_00  # of one credit: a spoilt basket, not a salary


class Wallet(Row, table=True):
    """What a customer has paid in and not spent, in paise. Its row is the lock; its ledger account says the same, negated."""

    __tablename__ = "wallets"
    __table_args__ = (
        belongs_to("customers"),
        UniqueConstraint("store_id", "customer_id"),
        CheckConstraint("balance_amount >= 0", name="balance_not_negative"),
    )

    customer_id: UUID
    balance_amount: int = Field(default=0, sa_type=BigInteger)
    currency: str = Field(sa_type=String(3))


class WalletMovement(Row, table=True):
    """A line of the wallet's statement, never changed: once per (kind, cause)."""

    __tablename__ = "wallet_movements"
    __table_args__ = (
        belongs_to("wallets"),
        UniqueConstraint("store_id", "kind", "cause_id"),
        CheckConstraint(f"kind in {get_args(MovementKind)!r}", name="kind_known"),
        CheckConstraint("amount <> 0 and (kind in ('spend', 'taken_back')) = (amount < 0)", name="direction"),
        CheckConstraint("balance_amount >= 0 and balance_amount >= amount", name="balance_follows"),
        Index("ix_wallet_movements_wallet", "store_id", "wallet_id", "id"),
    )

    wallet_id: UUID
    kind: str = Field(sa_type=String(10))
    amount: int = Field(sa_type=BigInteger)  # negative: spent, or given back where it came from
    balance_amount: int = Field(sa_type=BigInteger)  # afterwards
    cause_type: str = Field(max_length=40)  # the table of the cause: a capture, a refund, or the movement itself
    cause_id: UUID
    note: str = Field(default="", max_length=200)
    moved_at: datetime  # in the store's time


class WalletHold(Row, table=True):
    """What a subscription's deliveries until a day will cost: nobody else spends it. A wish: it may exceed the balance."""

    __tablename__ = "wallet_holds"
    __table_args__ = (
        belongs_to("wallets"),
        belongs_to("subscriptions", "holder_id"),
        UniqueConstraint("store_id", "holder_id"),
        CheckConstraint("amount > 0", name="amount_positive"),
        Index("ix_wallet_holds_wallet", "store_id", "wallet_id"),
    )

    wallet_id: UUID
    holder_id: UUID
    amount: int = Field(sa_type=BigInteger)
    until_on: date


class TopUp(Row, table=True):
    """Money that a customer wants to pay in; it is theirs to spend once the provider says that it was captured."""

    __tablename__ = "top_ups"
    __table_args__ = (
        belongs_to("customers"),
        CheckConstraint("amount > 0", name="amount_positive"),
        Index("ix_top_ups_customer", "store_id", "customer_id", "id"),
    )

    customer_id: UUID
    amount: int = Field(sa_type=BigInteger)
    currency: str = Field(sa_type=String(3))
    started_at: datetime
    paid_at: datetime | None = None  # both in the store's time
