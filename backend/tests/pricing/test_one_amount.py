"""One amount from the basket to the bank and the documents, on real rows."""

from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import col, func, select

from app.carts import service as carts
from app.catalog import service as catalog
from app.checkout.fulfilling import Packed
from app.core.clock import machine_now
from app.core.work import unit_of_work
from app.invoices.models import Document
from app.orders import queries as orders
from app.orders.models import Order
from app.stores import service as stores
from app.stores.models import Store
from tests.builders import make_variant
from tests.fulfilment import again, buy, lines_of, pack, send
from tests.sandbox_control import Sandbox
from tests.shopping import Shopper, make_shopper, work_off

PRICING = {"shipping_amount": 4_900, "free_shipping_from_amount": 150_000, "rounds_to_rupee": True}


@pytest.mark.parametrize("includes_tax", [True, False], ids=["tax included", "tax put on"])
def test_ac10_order_provider_books_and_documents_say_the_same_amount(
    store: Store, sandbox: Sandbox, includes_tax: bool
) -> None:
    """Mixed rates and exempt goods, some by weight, delivery, round-off; two parcels lighter than agreed, refunds for them."""
    chance = Random(28)
    with unit_of_work(store.id) as session:
        row = stores.get(session)
        row.settings = {**row.settings, "pricing": PRICING}
        catalog.default_price_list(session).includes_tax = includes_tax
    for _ in range(2):
        order = buy(filled(store, chance), sandbox)
        asked = sandbox.calls("orders.create")[-1]["body"]["amount"]
        captured = sandbox.ledger()["captures"][-1]["amount"]
        with unit_of_work(store.id) as session:
            lines = orders.charged_lines(session, order.id)
        total = sum(line.total_amount for line in lines) + order.round_off_amount
        assert total == order.total_amount == asked == captured
        assert order.tax_amount == sum(line.taxed.tax_amount for line in lines)
        go_out_in_two(order, chance)
        work_off(store)
        order = again(order)
        owed = order.total_amount - order.reduced_amount
        assert documented(order) == owed
    paid = sum(entry["amount"] for entry in sandbox.ledger()["captures"])
    given_back = sum(entry["amount"] for entry in sandbox.ledger()["refunds"])
    with unit_of_work(store.id) as session:
        assert paid - given_back == session.exec(select(func.sum(Order.total_amount - Order.reduced_amount))).one()


def filled(store: Store, chance: Random) -> Shopper:
    """A cart of five things at all sorts of rates and odd prices."""
    shopper = make_shopper(store, chance.randint(1, 9), amount=chance.randint(100, 90_000), stock_quantity=99)
    with unit_of_work(store.id) as session:
        for rate_bp in (0, 500, 1_800, 4_000):
            grams = chance.randint(200, 2_000) if rate_bp in (0, 500) else None
            facts: dict[str, Any] = {"is_exempt": rate_bp == 0, "sold_by_weight": grams is not None, "weight_grams": grams}
            variant = make_variant(session, rate_bp=rate_bp, amount=chance.randint(1, 90_000), stock_quantity=99, **facts)
            owner, now = carts.Owner(customer_id=shopper.customer.id), machine_now()
            carts.set_quantity(session, shopper.cart_id, owner, variant.id, chance.randint(1, 9), today=now.date(), now=now)
    return shopper


def go_out_in_two(order: Order, chance: Random) -> None:
    """Some pieces of everything first, then the rest; what is weighed is a little lighter."""
    for is_last in (False, True):
        contents: dict[UUID, Packed] = {}
        for line in lines_of(order):
            left = line.quantity - line.packed_quantity
            pieces = left if is_last else chance.randint(0, left)
            grams = chance.randint(pieces * line.piece_grams * 8 // 10, pieces * line.piece_grams) if line.piece_grams else None
            if pieces:
                contents[line.id] = Packed(pieces, grams)
        if contents:
            send(pack(order, contents))


def documented(order: Order) -> int:
    with unit_of_work(order.store_id) as session:
        issued = select(func.sum(Document.total_amount)).where(Document.order_id == order.id)
        charged, credited = (
            session.exec(issued.where(which)).one() or 0
            for which in (col(Document.kind) != "credit_note", col(Document.kind) == "credit_note")
        )
        return int(charged - credited)
