"""What the happenings at a merchant share: whose they are, and what becomes of an impossible one."""

from typing import NoReturn

from fastapi import HTTPException

from sandbox import accounts, clock
from sandbox.razorpay.happening import Happening
from sandbox.store import Db
from sandbox.wire import Refused


def happening_of(db: Db, entity_id: str, send_webhooks: bool = True) -> Happening:
    """At the merchant that an order, a payment or whatever else belongs to."""
    row = db.execute("SELECT account FROM entities WHERE id = ?", (entity_id,)).fetchone()
    if row is None:
        raise HTTPException(404, "nothing has this id")
    return happening_at(db, row["account"], send_webhooks)


def happening_at(db: Db, account: str, send_webhooks: bool = True) -> Happening:
    merchant = accounts.find(db, "razorpay", account)
    if merchant is None:
        raise HTTPException(404, "no such merchant")
    return Happening(db, merchant, clock.now(db, merchant.id), drop=not send_webhooks)


def as_problem(refusal: Refused) -> NoReturn:
    """409: the happening is impossible in this state, and nothing changed."""
    raise HTTPException(409, bytes(refusal.response.body).decode()) from refusal
