"""Prices from a day on: announced, and taken back before that day."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_
from sqlmodel import Session, col, select

from app.audit.service import record
from app.catalog import service
from app.catalog.errors import PriceChangeInForce, PriceChangeNotFound, PriceChangeTaken, PriceInvalid, VariantNotFound
from app.catalog.models import Product, Variant
from app.catalog.price_models import PriceChange
from app.core.actor import Actor
from app.core.ids import new_id
from app.core.work import store_of


def announce(
    session: Session, variant_id: UUID, amount: int, mrp_amount: int | None, effective_on: date, *, today: date, actor: Actor
) -> PriceChange:
    """Another price in the default list. Safe to repeat. PriceInvalid (above the printed price), PriceChangeTaken."""
    known = next((one for one in changes_of(session, [variant_id], today) if one.effective_on == effective_on), None)
    if known is not None:
        if (known.amount, known.mrp_amount) != (amount, mrp_amount or known.mrp_amount):
            raise PriceChangeTaken(price_change_id=str(known.id))
        return known
    before = next(iter(service.sellable(session, [variant_id], effective_on)), None)
    if before is None:
        raise VariantNotFound(field="variant_id")
    printed = mrp_amount or before.mrp_amount
    if amount > printed:
        raise PriceInvalid(field="amount", maximum=printed)
    change = PriceChange(
        store_id=store_of(session),
        id=new_id(),
        price_list_id=service.default_price_list(session).id,
        variant_id=variant_id,
        amount=amount,
        mrp_amount=printed,
        effective_on=effective_on,
    )
    session.add(change)
    session.flush()
    changes = {"amount": [before.amount, amount], "effective_on": [None, effective_on.isoformat()]}
    record(session, actor, "price_change.announced", change, changes)
    return change


def check_product(session: Session, product_id: UUID, variant_id: UUID) -> None:
    """VariantNotFound for one of another product."""
    found = select(Variant.id).where(Variant.id == variant_id, Variant.product_id == product_id)
    if session.exec(found).one_or_none() is None:
        raise VariantNotFound(field="variant_id")


def take_back(session: Session, product_id: UUID, change_id: UUID, *, today: date, now: datetime, actor: Actor) -> PriceChange:
    """Before its day. Safe to repeat. PriceChangeNotFound, PriceChangeInForce."""
    found = (
        select(PriceChange).join(Variant, _of_variant()).where(PriceChange.id == change_id, Variant.product_id == product_id)
    )
    change = session.exec(found.with_for_update(of=PriceChange)).one_or_none()
    if change is None:
        raise PriceChangeNotFound
    if change.cancelled_at is None:
        if change.effective_on <= today:
            raise PriceChangeInForce(effective_on=change.effective_on.isoformat())
        change.cancelled_at = now
        session.add(change)
        record(session, actor, "price_change.taken_back", change, {"cancelled_at": [None, now.isoformat()]})
    return change


def changes_of(session: Session, variant_ids: Sequence[UUID], since: date) -> Sequence[PriceChange]:
    """Those of these variants from that day on that were not taken back, in order."""
    found = select(PriceChange).where(
        col(PriceChange.variant_id).in_(variant_ids),
        col(PriceChange.effective_on) >= since,
        col(PriceChange.cancelled_at).is_(None),
    )
    return session.exec(found.order_by(col(PriceChange.effective_on), col(PriceChange.id))).all()


def untold(session: Session) -> PriceChange | None:
    """The oldest whose subscribers were not all told, locked; None also while somebody else is at it."""
    found = select(PriceChange).where(col(PriceChange.noticed_at).is_(None), col(PriceChange.cancelled_at).is_(None))
    return session.exec(found.order_by(col(PriceChange.created_at)).limit(1).with_for_update(skip_locked=True)).first()


def _of_variant() -> ColumnElement[bool]:
    return and_(col(Variant.store_id) == col(PriceChange.store_id), col(Variant.id) == col(PriceChange.variant_id))


def variant_ids(session: Session, product: Product) -> list[UUID]:
    return list(session.exec(select(Variant.id).where(Variant.product_id == product.id)))
