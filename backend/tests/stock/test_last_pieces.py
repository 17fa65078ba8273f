"""The last pieces of something, wanted by many more than there are."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import UUID

import httpx2
from sqlmodel import Session, col, func, select

from app.accounts.models import Address, Customer
from app.carts.models import Cart, CartLine
from app.core.work import unit_of_work
from app.orders.models import Order, OrderLine
from app.payments.models import PaymentAttempt
from app.stock.models import Reservation, StockLevel
from app.stores.models import Store
from tests.builders import make_variant
from tests.conftest import UnitOfWork
from tests.sandbox_control import Sandbox
from tests.shopping import ADDRESS, Shopper

BUYERS, PIECES = 200, 7
PATIENCE = 100  # seconds; on an idle machine all is over in six


def test_ac28_two_hundred_checkouts_for_seven_pieces_and_exactly_seven_succeed(
    live_api: str, store: Store, sandbox: Sandbox, uow: UnitOfWork
) -> None:
    with uow() as session:
        mango = make_variant(session, stock_quantity=PIECES).id
    shoppers = crowd(store, mango)
    together = Barrier(BUYERS)

    with httpx2.Client(
        base_url=live_api, headers={"Host": store.host or ""}, timeout=PATIENCE, limits=httpx2.Limits(max_connections=None)
    ) as http:

        def check_out(shopper: Shopper) -> httpx2.Response:
            headers = shopper.headers  # the key stays the same
            together.wait(PATIENCE)
            while True:
                answer = http.post("/api/v1/checkouts", json=shopper.checkout, headers=headers)
                if answer.status_code != 503:  # too busy at the moment, says the shop: the same request again
                    return answer

        with ThreadPoolExecutor(BUYERS) as pool:
            answers = list(pool.map(check_out, shoppers))

    assert Counter(answer.status_code for answer in answers) == {201: PIECES, 409: BUYERS - PIECES}
    for refused in (answer.json() for answer in answers if answer.status_code == 409):
        reasons = {problem["code"] for problem in refused.get("problems", [])} or {refused["code"]}
        assert reasons == {"out_of_stock"}, refused
    asked = {answer.json()["payment"]["provider_order_id"] for answer in answers if answer.status_code == 201}
    assert len(sandbox.calls("orders.create")) == len(asked) == PIECES, "nobody else was taken to the provider"
    with uow() as session:
        level = session.exec(select(StockLevel).where(StockLevel.variant_id == mango)).one()
        assert (level.on_hand, level.reserved) == (PIECES, PIECES)
        assert held(session) == open_lines(session) == PIECES
        assert session.exec(select(func.count()).select_from(PaymentAttempt)).one() == PIECES


def crowd(store: Store, variant_id: UUID) -> list[Shopper]:
    """Customers with one of it in the cart, written table by table: one by one they take longer than to sell out."""
    own: dict[str, Any] = {"store_id": store.id}
    customers = [Customer(**own, phone=f"+9197{number:08d}", name="Asha") for number in range(BUYERS)]
    addresses = [Address(**own, **ADDRESS, customer_id=customer.id) for customer in customers]
    carts = [Cart(**own, customer_id=customer.id) for customer in customers]
    lines = [CartLine(**own, cart_id=cart.id, variant_id=variant_id, quantity=1) for cart in carts]
    with unit_of_work(store.id) as session:
        for rows in (customers, addresses, carts, lines):
            session.add_all(rows)
            session.flush()
    return [
        Shopper(store, customer, address.id, cart.id, variant_id)
        for customer, address, cart in zip(customers, addresses, carts, strict=True)
    ]


def held(session: Session) -> int:
    return session.exec(select(func.sum(Reservation.quantity)).where(Reservation.status == "held")).one() or 0


def open_lines(session: Session) -> int:
    wanted = select(func.sum(OrderLine.quantity)).join(
        Order, (col(Order.store_id) == col(OrderLine.store_id)) & (col(Order.id) == col(OrderLine.order_id))
    )
    return session.exec(wanted.where(Order.status == "pending_payment", OrderLine.kind == "goods")).one() or 0
