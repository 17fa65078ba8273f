"""Looking at a cart: today's prices and stock, and one answer to "can I place this, and if not, what fixes it"."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import Session

from app.carts import queries
from app.carts.models import Cart, CartLine
from app.carts.rules import EMPTY, CartProblem, line_problem
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
    problem: CartProblem | None


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
    def can_checkout(self) -> bool:
        return not self.problems

    @property
    def quantities(self) -> dict[UUID, int]:
        """What to reserve."""
        return {line.variant_id: line.quantity for line in self.lines}


def view(session: Session, cart: Cart, *, today: date, delivery_state_code: str | None = None) -> CartView:
    """Price the cart as of `today`, delivered to a state (None: not known yet). Changes and locks nothing; five statements."""
    chosen = queries.lines(session, cart.id)
    variant_ids = [line.variant_id for line in chosen]
    store = stores.get(session)
    items = {item.variant_id: item for item in catalog.sellable(session, variant_ids, today)}
    available = stock.availability(session, variant_ids)
    names = catalog.names(session, [variant_id for variant_id in variant_ids if variant_id not in items])
    sold = [(items[line.variant_id], line.quantity) for line in chosen if line.variant_id in items]
    basket = pricing.price(store, sold, delivery_state_code)
    priced = {line.line.variant_id: line for line in basket.lines}
    lines = tuple(_line(line, items.get(line.variant_id), names, available, priced) for line in chosen)
    return CartView(cart, lines, basket, store.currency)


def _line(
    line: CartLine,
    item: Sellable | None,
    names: dict[UUID, Name],
    available: dict[UUID, int],
    priced: dict[UUID, PricedLine],
) -> ViewedLine:
    sku, name, unit = (item.sku, item.name, item.unit) if item else names[line.variant_id]
    left = available[line.variant_id] if item else 0
    problem = line_problem(line.variant_id, f"{name} {unit}", line.quantity, left, is_sold=item is not None)
    return ViewedLine(line.variant_id, line.quantity, sku, name, unit, left, item, priced.get(line.variant_id), problem)
