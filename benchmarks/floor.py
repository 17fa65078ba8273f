"""The same rows by plain SQL: what an order costs when nothing but the database is asked for anything.

One order goes through the service, and what each of its three transactions wrote is read back. From that the floor is made:
one INSERT for each table, however many rows; one UPDATE for each row that changes; a lock or a read only where an order cannot
do without it. Rows that orders share (levels of stock, the number series) are changed by the difference and last, as we do it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, groupby, pairwise
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from app.core.ids import new_id
from benchmarks import orders, rows
from benchmarks.orders import Basket
from benchmarks.rows import Changed, Made
from benchmarks.shop import Shop

Connection = psycopg.Connection[Any]
Tokens = dict[str, str]  # what stands in the model order's rows → what stands in its place in another's
Recipe = Callable[[Tokens], Any]

_ENTER = "SELECT set_config('app.store_id', %s, true)"
_serial = count(1)

# The reads without which nobody can price a basket, hold its stock, or know whose money came.
PRICES = """
SELECT cart.id, line.variant_id, line.quantity, variant.sku, product.name, price.amount, tax.rate_bp, tax.hsn, address.line1
  FROM carts cart JOIN cart_lines line ON line.cart_id = cart.id JOIN variants variant ON variant.id = line.variant_id
  JOIN products product ON product.id = variant.product_id JOIN prices price ON price.variant_id = variant.id
  JOIN variant_taxes tax ON tax.variant_id = variant.id JOIN addresses address ON address.customer_id = cart.customer_id
 WHERE cart.id = %(cart)s AND cart.customer_id = %(customer)s FOR UPDATE OF cart
"""
LEVEL = "SELECT on_hand, reserved FROM stock_levels WHERE variant_id = %(variant)s FOR UPDATE"
OWNER = """
SELECT payment.*, attempt.amount, customer.name, customer.email, customer.phone
  FROM payment_attempts attempt JOIN payments payment ON payment.id = attempt.payment_id
  JOIN orders ON orders.id = payment.order_id JOIN customers customer ON customer.id = orders.customer_id
 WHERE attempt.provider_order_id = %(provider_order)s FOR UPDATE OF payment, orders
"""
LINES = "SELECT name, unit, quantity, total_amount FROM order_lines WHERE order_id = %(order)s ORDER BY position"
READS: tuple[tuple[str, ...], ...] = ((PRICES, LEVEL), (), (OWNER, LINES))


@dataclass(frozen=True)
class Statement:
    text: str
    recipes: Sequence[Recipe]

    def run(self, connection: Connection, tokens: Tokens) -> None:
        connection.execute(self.text, [recipe(tokens) for recipe in self.recipes])


class Floor:
    """Made from one order; `buy` does the same for another basket."""

    def __init__(self, shop: Shop, url: str, basket: Basket) -> None:
        self._shop = shop
        with rows.connect(url, shop.id) as connection:
            seen = [rows.read(connection)]
            order_id, call = orders.place(shop, basket)
            seen.append(rows.read(connection))
            orders.start(shop, call)
            seen.append(rows.read(connection))
            orders.confirm(shop, order_id, call)
            seen.append(rows.read(connection))
        self._levels = {level["variant_id"]: level["id"] for level in seen[0]["stock_levels"].values()}
        steps = [rows.differences(before, after) for before, after in pairwise(seen)]
        fresh = [made.values for mades, _ in steps for made in mades]
        self._model = self._tokens_of(basket, next(row for row in fresh if "pricing" in row), call.attempt.id)
        self._ids = [str(row["id"]) for row in fresh if row["id"] not in (order_id, call.attempt.id)]
        own = {row["id"] for row in fresh}
        self._known = {*self._model.values(), *self._ids}
        self._steps = [[*self._inserts(made), *self._updates(changed, own)] for made, changed in steps]

    def buy(self, connection: Connection, basket: Basket) -> None:
        """Three transactions, as through the service."""
        names = self._tokens_of(basket, {"id": new_id(), "number": f"F-{next(_serial)}"}, new_id())
        tokens = {self._model[name]: value for name, value in names.items()} | {old: str(new_id()) for old in self._ids}
        for reads, statements in zip(READS, self._steps, strict=True):
            with connection.transaction():
                connection.execute(_ENTER, [str(self._shop.id)])
                for text in reads:
                    connection.execute(text, names).fetchall()
                for statement in statements:
                    statement.run(connection, tokens)

    def _tokens_of(self, basket: Basket, order: Mapping[str, Any], attempt_id: UUID) -> Tokens:
        """What tells one order's rows from another's, besides the ids of rows."""
        return {
            "cart": str(basket.cart_id),
            "customer": str(basket.buyer.id),
            "variant": str(basket.buyer.variant_id),
            "level": str(self._levels[basket.buyer.variant_id]),
            "order": str(order["id"]),
            "number": str(order["number"]),
            "attempt": str(attempt_id),
            "attempt_hex": attempt_id.hex,
            "provider_order": f"order_{attempt_id.hex}",
        }

    def _inserts(self, made: Sequence[Made]) -> list[Statement]:
        statements = []
        for table, group in groupby(made, key=lambda row: row.table):
            values = [row.values for row in group]
            row = f"({', '.join(['%s'] * len(values[0]))})"
            text = f"INSERT INTO {table} ({', '.join(values[0])}) VALUES {', '.join([row] * len(values))}"  # noqa: S608
            statements.append(Statement(text, [self._recipe(value) for one in values for value in one.values()]))
        return statements

    def _updates(self, changed: Sequence[Changed], own: set[UUID]) -> list[Statement]:
        """The order's own rows first, then what it shares with others."""
        ordered = sorted(changed, key=lambda row: (row.before["id"] not in own, row.table == "number_series"))
        return [self._update(row, is_own=row.before["id"] in own) for row in ordered]

    def _update(self, row: Changed, *, is_own: bool) -> Statement:
        settings, recipes = [], list[Recipe]()
        for column, (before, after) in row.columns.items():
            is_sum = not is_own and isinstance(after, int) and not isinstance(after, bool)
            settings.append(f"{column} = {column} + %s" if is_sum else f"{column} = %s")
            recipes.append(self._recipe(after - before if is_sum else after))
        text = f"UPDATE {row.table} SET {', '.join(settings)} WHERE store_id = %s AND id = %s"  # noqa: S608
        return Statement(text, [*recipes, self._recipe(row.before["store_id"]), self._recipe(row.before["id"])])

    def _recipe(self, value: Any) -> Recipe:
        """How a value is made for another order: the same, or with the other's ids in it."""
        if isinstance(value, dict | list):
            return lambda _: Jsonb(value)
        if isinstance(value, UUID | str):
            text = str(value)
            found = [known for known in self._known if known in text]
            if text in found:
                return lambda tokens: tokens[text]
            if found:
                return lambda tokens: _replaced(text, found, tokens)
        return lambda _: value


def _replaced(text: str, found: Sequence[str], tokens: Tokens) -> str:
    for known in found:
        text = text.replace(known, tokens[known])
    return text
