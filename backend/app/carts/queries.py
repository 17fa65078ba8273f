"""Finding carts by who owns them, and locking them."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, delete, func, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from app.carts.models import Cart, CartLine, CartStatus
from app.carts.rules import MAX_QUANTITY
from app.core.ids import new_id
from app.core.work import store_of

_IS_OPEN = col(Cart.status) == CartStatus.OPEN.value
_LOCKED_OF_CUSTOMER = (
    select(Cart)
    .where(Cart.id == bindparam("cart_id"), Cart.customer_id == bindparam("customer_id"))
    .with_for_update()
    .execution_options(populate_existing=True)
)
_LINES = select(CartLine).where(CartLine.cart_id == bindparam("cart_id")).order_by(col(CartLine.id))


def owned(session: Session, cart_id: UUID, is_owner: ColumnElement[bool], *, lock: bool = False) -> Cart | None:
    """That cart if the caller owns it; `lock`: until the transaction ends, and as it is then."""
    statement = select(Cart).where(Cart.id == cart_id, is_owner)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return session.exec(statement).one_or_none()


def lock_of_customer(session: Session, cart_id: UUID, customer_id: UUID) -> Cart | None:
    """That cart if it is the customer's, locked until the transaction ends, and as it is then."""
    return session.exec(_LOCKED_OF_CUSTOMER, params={"cart_id": cart_id, "customer_id": customer_id}).one_or_none()


def open_of_customer(session: Session, customer_id: UUID, now: datetime) -> Cart:
    """The customer's one open cart, made if there is none; racing callers get the same one. Locked."""
    row = Cart(store_id=store_of(session), customer_id=customer_id, created_at=now, touched_at=now)
    statement = (
        insert(Cart)
        .values(row.model_dump())
        .on_conflict_do_update(
            index_elements=["store_id", "customer_id"], index_where=text("status = 'open'"), set_={"touched_at": now}
        )
        .returning(Cart)
    )
    return session.scalars(statement, execution_options={"populate_existing": True}).one()


def lines(session: Session, cart_id: UUID) -> Sequence[CartLine]:
    """In the order they were put in."""
    return session.exec(_LINES, params={"cart_id": cart_id}).all()


def count_other_lines(session: Session, cart_id: UUID, variant_id: UUID) -> int:
    others = select(func.count()).select_from(CartLine).where(CartLine.cart_id == cart_id, CartLine.variant_id != variant_id)
    return session.exec(others).one()


class Wish(NamedTuple):
    """So many pieces, at the price that was shown for one; None: none was."""

    quantity: int
    seen_amount: int | None


def put_line(session: Session, cart_id: UUID, variant_id: UUID, wish: Wish, now: datetime) -> None:
    """This many pieces at this price, whatever the line said before."""
    _put(session, cart_id, {variant_id: wish}, now, add=False)


def add_lines(session: Session, cart_id: UUID, wishes: dict[UUID, Wish], now: datetime) -> None:
    """This many more of each, up to the limit of a line; the price shown last is theirs."""
    _put(session, cart_id, wishes, now, add=True)


def _put(session: Session, cart_id: UUID, wishes: dict[UUID, Wish], now: datetime, *, add: bool) -> None:
    if not wishes:
        return
    statement = insert(CartLine)
    new = statement.excluded
    fixed = {"store_id": store_of(session), "created_at": now, "cart_id": cart_id}
    session.execute(
        statement.values(
            [{**fixed, "id": new_id(), "variant_id": variant_id, **wish._asdict()} for variant_id, wish in wishes.items()]
        ).on_conflict_do_update(
            index_elements=["store_id", "cart_id", "variant_id"],
            set_={
                "quantity": func.least(MAX_QUANTITY, col(CartLine.quantity) + new.quantity) if add else new.quantity,
                "seen_amount": func.coalesce(new.seen_amount, col(CartLine.seen_amount)),
            },
        )
    )


def remove_line(session: Session, cart_id: UUID, variant_id: UUID) -> None:
    session.execute(delete(CartLine).where(col(CartLine.cart_id) == cart_id, col(CartLine.variant_id) == variant_id))


def expire_untouched(session: Session, before: datetime, limit: int) -> Sequence[UUID]:
    """Close open carts that nobody touched since `before`, at most `limit`, passing over those in use. Their ids."""
    old = (
        select(col(Cart.store_id), col(Cart.id))
        .where(_IS_OPEN, col(Cart.touched_at) < before)
        .order_by(col(Cart.touched_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("old")
        .prefix_with("MATERIALIZED")  # else the planner may run it per row, and the limit limits nothing
    )
    statement = (
        update(Cart)
        .where(col(Cart.store_id) == old.c.store_id, col(Cart.id) == old.c.id)
        .values(status=CartStatus.EXPIRED)
        .returning(col(Cart.id))
    )
    return session.scalars(statement, execution_options={"synchronize_session": False}).all()
