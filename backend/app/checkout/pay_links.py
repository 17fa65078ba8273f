"""Links of ours by which an order is paid without signing in, from a phone: signed, for one order of one store, for a while.

A link says who may pay, never what: the order tells that when it is opened. Whoever has it sees what is owed and can pay it,
nothing else. Money comes in by the provider's page and the one confirm path, as with any other payment.
"""

import base64
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal
from uuid import UUID

from sqlmodel import Session

from app.checkout.errors import PayLinkExpired, PayLinkInvalid
from app.core.security import constant_time_equal, sign
from app.core.work import store_of
from app.orders import queries as orders
from app.orders.models import Order
from app.stores import service as stores

PURPOSE: Final = "pay links"
SIGNATURE_BYTES = 16  # 128 bits: nobody guesses that, and the link still fits into an SMS
TOKEN = re.compile(r"[A-Za-z0-9_-]{48}")  # 16 bytes of order, 4 of expiry, 16 of signature: no bits are left over

Standing = Literal["owed", "paid", "cancelled", "closed"]


@dataclass(frozen=True)
class Owed:
    """What a genuine link leads to. `closed`: it is not paid in this way."""

    order: Order
    standing: Standing


def url(session: Session, order: Order, until: datetime) -> str:
    """The order's link, good until then by the store's clock."""
    return f"{stores.api_url(stores.get(session))}/pay/{make(order.store_id, order.id, until)}"


def make(store_id: UUID, order_id: UUID, until: datetime) -> str:
    signed = order_id.bytes + int(until.timestamp()).to_bytes(4, "big")
    return base64.urlsafe_b64encode(signed + _signature(store_id, signed)).decode()


def read(store_id: UUID, token: str, now: datetime) -> UUID:
    """The order that the link names. PayLinkInvalid for one that we did not make for this store, PayLinkExpired."""
    if not TOKEN.fullmatch(token):
        raise PayLinkInvalid
    given = base64.urlsafe_b64decode(token)
    signed, signature = given[:-SIGNATURE_BYTES], given[-SIGNATURE_BYTES:]
    if not constant_time_equal(signature.hex(), _signature(store_id, signed).hex()):
        raise PayLinkInvalid
    if now >= datetime.fromtimestamp(int.from_bytes(signed[16:], "big"), UTC):
        raise PayLinkExpired
    return UUID(bytes=signed[:16])


def find(session: Session, token: str, now: datetime) -> Owed:
    """What is owed by this link; refuses as `read` does. Locks nothing."""
    order = orders.get(session, read(store_of(session), token, now), None)
    return Owed(order, standing_of(order))


def standing_of(order: Order) -> Standing:
    if order.payment_status == "paid":
        return "paid"
    if order.status == "cancelled":
        return "cancelled"
    return "owed" if order.can_be_paid and order.payment_method != "provider" else "closed"


def _signature(store_id: UUID, signed: bytes) -> bytes:
    """The store is signed too: in another store the same link is none."""
    return sign(PURPOSE, store_id.bytes + signed)[:SIGNATURE_BYTES]
