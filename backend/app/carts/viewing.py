"""Looking at a cart: today's prices and stock, what changed, and one answer to "can I place this, and what fixes it"."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import Session

from app.carts import queries
from app.carts.models import Cart, CartLine
from app.carts.rules import EMPTY, CartProblem, PriceChange, line_problem, price_change, price_problem
from app.catalog import service as catalog
from app.catalog.models import Name, Sellable
from app.pricing import service as pricing
from app.pricing.rules import PricedBasket, PricedLine
from app.stock import service as stock
from app.stores import service as stores


@dataclass(frozen=True)
class ViewedLine:
    """A line as it stands today. What is no longer sold has no price and counts for nothing."""

    variant_id: UUID
    quantity: int
    sku: str
    name: str
    unit: str
    available_quantity: int
    item: Sellable | None
    priced: PricedLine | None
    change: PriceChange | None
    problem: CartProblem | None

    @property
    def can_be_had(self) -> bool:
        """As many as asked for, whatever they cost."""
        return self.item is not None and self.quantity <= self.available_quantity


@dataclass(frozen=True)
class CartView:
    """The whole answer: lines in the order they were put in, what they cost together, and what stands in the way."""

    cart: Cart
    lines: tuple[ViewedLine, ...]
    basket: PricedBasket
    currency: str

    @property
    def problems(self) -> list[CartProblem]:
        return [line.problem for line in self.lines if line.problem] if self.lines else [EMPTY]

    @property
    def changes(self) -> list[PriceChange]:
        """What costs something else than when it was put in; said until the line is put again."""
        return [line.change for line in self.lines if line.change]

    @property
    def can_checkout(self) -> bool:
        return not self.problems

    @property
    def quantities(self) -> dict[UUID, int]:
        """What to reserve."""
        return {line.variant_id: line.quantity for line in self.lines}


def view(
    session: Session, cart: Cart, *, today: date, delivery_state_code: str | None = None, lock_stock: bool = False
) -> CartView:
    """Price the cart as of `today`, delivered to a state (None: not known yet). Changes nothing; five statements.

    `lock_stock`: what is there stays so until the transaction ends, for `stock.reserve_locked`. Else nothing is locked.
    """
    chosen = queries.lines(session, cart.id)
    variant_ids = [line.variant_id for line in chosen]
    store = stores.get(session)
    items = {item.variant_id: item for item in catalog.sellable(session, variant_ids, today)}
    names = catalog.names(session, [variant_id for variant_id in variant_ids if variant_id not in items])
    available = stock.availability(session, variant_ids, lock=lock_stock)
    sold = [(items[line.variant_id], line.quantity) for line in chosen if line.variant_id in items]
    basket = pricing.price(store, sold, delivery_state_code)
    priced = {line.line.variant_id: line for line in basket.lines}
    lines = tuple(
        _line(line, items.get(line.variant_id), names, available[line.variant_id], priced.get(line.variant_id))
        for line in chosen
    )
    return CartView(cart, lines, basket, store.currency)


def _line(
    line: CartLine, item: Sellable | None, names: dict[UUID, Name], available: int, priced: PricedLine | None
) -> ViewedLine:
    variant_id, quantity = line.variant_id, line.quantity
    sku, name, unit = (item.sku, item.name, item.unit) if item else names[variant_id]
    left, full_name = available if item else 0, f"{name} {unit}"
    change = price_change(variant_id, line.seen_amount, item.amount) if item else None
    problem = line_problem(variant_id, full_name, quantity, left, is_sold=item is not None)
    if item and not problem:
        problem = price_problem(full_name, change, item.currency, left)
    return ViewedLine(variant_id, quantity, sku, name, unit, left, item, priced, change, problem)
