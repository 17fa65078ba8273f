"""Carts: opened, filled, looked at, merged at sign-in, taken to the checkout, forgotten.

Whose cart it is decides the WHERE clause: to anybody else it does not exist.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_
from sqlmodel import Session, col

from app.audit.service import record
from app.carts import queries
from app.carts.errors import CartClosed, CartFull, CartNotFound, QuantityOutOfRange
from app.carts.models import Cart, CartStatus
from app.carts.queries import Wish
from app.carts.rules import MAX_LINES, MAX_QUANTITY
from app.catalog import service as catalog
from app.catalog.errors import VariantNotFound
from app.core.actor import Actor
from app.core.security import hash_token, new_token
from app.core.work import store_of

EXPIRE_LIMIT = 1000  # carts closed in one transaction: a second or so, far from any statement timeout


@dataclass(frozen=True)
class Owner:
    """Who asks for a cart: a signed-in customer, or whoever shows a token. Neither owns nothing."""

    customer_id: UUID | None = None
    token: str | None = None

    @property
    def is_owner(self) -> ColumnElement[bool]:
        if self.customer_id is not None:
            return col(Cart.customer_id) == self.customer_id
        if not self.token:
            raise CartNotFound
        return and_(col(Cart.customer_id).is_(None), col(Cart.token_hash) == hash_token(self.token))


def open_cart(session: Session, customer_id: UUID | None, now: datetime) -> tuple[Cart, str | None]:
    """A customer's one open cart, found or made; for a guest a new one, and the token that proves it theirs, told only now."""
    if customer_id is not None:
        return queries.open_of_customer(session, customer_id, now), None
    token = new_token()
    cart = Cart(store_id=store_of(session), token_hash=hash_token(token), created_at=now, touched_at=now)
    session.add(cart)
    session.flush()
    return cart, token


def find(session: Session, cart_id: UUID, owner: Owner) -> Cart:
    """The owner's open cart. CartNotFound for everybody else's, and for one that is no longer open."""
    cart = queries.owned(session, cart_id, owner.is_owner)
    if cart is None or not cart.is_open:
        raise CartNotFound
    return cart


def set_quantity(
    session: Session, cart_id: UUID, owner: Owner, variant_id: UUID, quantity: int, *, today: date, now: datetime
) -> Cart:
    """Have exactly `quantity` pieces of a variant in the cart, at today's price; safe to repeat.

    That there are fewer, or that they became dearer since, is for `view` to say: putting the line again agrees to the price.
    """
    if not 1 <= quantity <= MAX_QUANTITY:
        raise QuantityOutOfRange(field="quantity", minimum=1, maximum=MAX_QUANTITY)
    cart = _lock_open(session, cart_id, owner)
    items = catalog.sellable(session, [variant_id], today)
    if not items:
        raise VariantNotFound
    if queries.count_other_lines(session, cart.id, variant_id) >= MAX_LINES:
        raise CartFull
    queries.put_line(session, cart.id, variant_id, Wish(quantity, items[0].amount), now)
    cart.touched_at = now
    return cart


def remove_line(session: Session, cart_id: UUID, owner: Owner, variant_id: UUID, *, now: datetime) -> Cart:
    """Have nothing of a variant in the cart; safe to repeat."""
    cart = _lock_open(session, cart_id, owner)
    queries.remove_line(session, cart.id, variant_id)
    cart.touched_at = now
    return cart


def merge(session: Session, cart_id: UUID, cart_token: str, customer_id: UUID, now: datetime, actor: Actor) -> UUID | None:
    """At sign-in, put what the guest chose into the customer's cart: quantities add up, to the limit of a line and of a cart.

    The customer's cart; None when that token has no such open cart (a repeat, somebody else's): signing in goes on.
    """
    guest = queries.owned(session, cart_id, Owner(token=cart_token).is_owner, lock=True) if cart_token else None
    if guest is None or not guest.is_open:
        return None
    own = queries.open_of_customer(session, customer_id, now)
    chosen = {line.variant_id: Wish(line.quantity, line.seen_amount) for line in queries.lines(session, guest.id)}
    queries.add_lines(session, own.id, _that_fit(session, own.id, chosen), now)
    guest.status = CartStatus.MERGED
    _record_end(session, actor, guest, f"merged into cart {own.id}")
    return own.id


def _that_fit(session: Session, cart_id: UUID, chosen: dict[UUID, Wish]) -> dict[UUID, Wish]:
    """What the cart has already, and of the rest as much as it has room for, first come first."""
    there = {line.variant_id for line in queries.lines(session, cart_id)}
    new = [variant_id for variant_id in chosen if variant_id not in there]
    left_out = set(new[MAX_LINES - len(there) :])
    return {variant_id: wish for variant_id, wish in chosen.items() if variant_id not in left_out}


def lock_for_checkout(session: Session, cart_id: UUID, customer_id: UUID) -> Cart:
    """The customer's open cart, locked until the transaction ends. CartNotFound: not theirs; CartClosed: already an order."""
    return _require_open(queries.lock_of_customer(session, cart_id, customer_id))


def convert(session: Session, cart: Cart, order_id: UUID, actor: Actor) -> None:
    """The cart has become this order. The cart is locked by `lock_for_checkout`; CartClosed for the second try."""
    if not cart.is_open:
        raise CartClosed(cart_status=cart.status)
    cart.status = CartStatus.CONVERTED
    _record_end(session, actor, cart, f"became order {order_id}")


def expire_old(session: Session, days_old: int, now: datetime, actor: Actor, limit: int = EXPIRE_LIMIT) -> int:
    """Close carts nobody touched for `days_old` days, at most `limit`: call again, in a new transaction, until it says 0."""
    expired = queries.expire_untouched(session, now - timedelta(days=days_old), limit)
    changes = {"status": [CartStatus.OPEN, CartStatus.EXPIRED]}
    for cart_id in expired:
        record(session, actor, "cart.expired", ("carts", cart_id), changes, f"untouched for {days_old} days")
    return len(expired)


def _lock_open(session: Session, cart_id: UUID, owner: Owner) -> Cart:
    return _require_open(queries.owned(session, cart_id, owner.is_owner, lock=True))


def _require_open(cart: Cart | None) -> Cart:
    if cart is None:
        raise CartNotFound
    if not cart.is_open:
        raise CartClosed(cart_status=cart.status)
    return cart


def _record_end(session: Session, actor: Actor, cart: Cart, cause: str) -> None:
    session.add(cart)
    record(session, actor, f"cart.{cart.status}", cart, {"status": [CartStatus.OPEN, cart.status]}, cause)
