"""One order through the service, in its three transactions, with a stub for the provider's answers. The doors are left out."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.carts.models import Cart, CartLine
from app.checkout import confirming, placing
from app.core.actor import provider
from app.core.clock import machine_now
from app.core.ids import new_id
from app.core.work import unit_of_work
from app.payments import starting
from app.payments.starting import StartCall, Started
from app.providers.razorpay_facts import PaymentFacts, read_order, read_payment
from benchmarks.shop import PIECES, Buyer, Shop

RAZORPAY = provider("razorpay")
FEE, FEE_TAX = 472, 72  # what the provider keeps, in paise


@dataclass(frozen=True)
class Basket:
    """A cart that can be placed, and whose it is."""

    buyer: Buyer
    cart_id: UUID


def fill_baskets(shop: Shop, buyers: Sequence[Buyer]) -> list[Basket]:
    """An open cart with one line for each: what a checkout begins with, so not measured. Nobody may have one already."""
    baskets, now = [Basket(buyer, new_id()) for buyer in buyers], machine_now()
    with unit_of_work(shop.id) as session:
        session.add_all(
            Cart(store_id=shop.id, id=basket.cart_id, customer_id=basket.buyer.id, created_at=now, touched_at=now)
            for basket in baskets
        )
        session.flush()
        session.add_all(
            CartLine(store_id=shop.id, cart_id=basket.cart_id, variant_id=basket.buyer.variant_id, quantity=PIECES)
            for basket in baskets
        )
    return baskets


def place(shop: Shop, basket: Basket) -> tuple[UUID, StartCall]:
    """The first transaction: order, lines, stock, payment, and the attempt in our hands."""
    with unit_of_work(shop.id) as session:
        order, attempt = placing.place(
            session,
            basket.cart_id,
            basket.buyer.address_id,
            "razorpay",
            customer_id=basket.buyer.id,
            actor=basket.buyer.actor,
            now=machine_now(),
        )
        call = starting.claim(session, attempt.id, placing.notes_of(order)) if attempt else None
        if call is None:
            raise RuntimeError("there is nothing to call the provider for")
        return order.id, call


def start(shop: Shop, call: StartCall) -> None:
    """The second: the provider has an order for it."""
    entity = {
        "id": f"order_{call.attempt.id.hex}",
        "receipt": call.attempt.receipt,
        "amount": call.attempt.amount,
        "currency": call.attempt.currency,
        "status": "created",
        "created_at": 0,
    }
    with unit_of_work(shop.id) as session:
        starting.settle(session, call, Started(read_order(entity)))


def confirm(shop: Shop, order_id: UUID, call: StartCall) -> None:
    """The third: it is paid, its stock firm, its messages queued."""
    facts = _captured(call)
    with unit_of_work(shop.id) as session:
        confirming.confirm(session, facts, actor=RAZORPAY, cause="a benchmark", now=machine_now(), order_id=order_id)


def buy(shop: Shop, basket: Basket) -> None:
    order_id, call = place(shop, basket)
    start(shop, call)
    confirm(shop, order_id, call)


def _captured(call: StartCall) -> PaymentFacts:
    return read_payment(
        {
            "id": f"pay_{call.attempt.id.hex}",
            "order_id": f"order_{call.attempt.id.hex}",
            "amount": call.attempt.amount,
            "currency": call.attempt.currency,
            "status": "captured",
            "captured": True,
            "method": "upi",
            "fee": FEE,
            "tax": FEE_TAX,
            "created_at": 0,
        }
    )
