"""Carts, by the token a guest was given or by who is signed in. Prices are the shop's: no request carries one."""

from typing import Any
from uuid import UUID

from app.api.callers import Caller
from app.api.cart_schemas import (
    CartLineOut,
    CartOut,
    CartProblemOut,
    LineQuantity,
    NewCart,
    OpenedCart,
    PayableCart,
    PaymentMethodOut,
    PriceChangeOut,
)
from app.api.doors import Door, OpenDoor
from app.api.routing import Router
from app.api.schemas import MoneyOut
from app.carts import service
from app.carts.models import Cart
from app.carts.service import Owner
from app.carts.viewing import CartView, view
from app.checkout import paying

router = Router(prefix="/api/v1/carts", tags=["carts"])


@router.post("", status_code=201)
def open_cart(door: OpenDoor, _body: NewCart | None = None) -> OpenedCart:
    """The signed-in customer's one open cart, or a new one for a guest.

    Safe to repeat without a key: a customer gets the same cart, and a guest's unused one expires. The answer is not kept
    under the Idempotency-Key, because it holds the guest's token.
    """
    cart, token = service.open_cart(door.session, _owner(door.caller).customer_id, door.now)
    return OpenedCart(**_render(door, cart), cart_token=token)


@router.get("/{cart_id}")
def get_cart(door: OpenDoor, cart_id: UUID) -> PayableCart:
    """The cart at today's prices and stock, what changed since it was filled, what keeps it from being ordered, and in which
    ways it could be paid: by the rules of the checkout, which looks again.
    """
    owner = _owner(door.caller)
    shown = _render(door, service.find(door.session, cart_id, owner))
    offers = paying.offers(door.session, owner.customer_id, shown["total"].amount, shown["currency"])
    return PayableCart(**shown, payment_methods=[PaymentMethodOut.of(offer) for offer in offers])


@router.put("/{cart_id}/lines/{variant_id}")
def set_quantity(door: OpenDoor, cart_id: UUID, variant_id: UUID, body: LineQuantity) -> CartOut:
    """Have this many in the cart, at today's price."""

    def put() -> CartOut:
        owner = _owner(door.caller)
        cart = service.set_quantity(door.session, cart_id, owner, variant_id, body.quantity, today=door.today, now=door.now)
        return CartOut(**_render(door, cart))

    return door.once(put)


@router.delete("/{cart_id}/lines/{variant_id}")
def remove_line(door: OpenDoor, cart_id: UUID, variant_id: UUID) -> CartOut:
    """Have none of it in the cart."""

    def remove() -> CartOut:
        cart = service.remove_line(door.session, cart_id, _owner(door.caller), variant_id, now=door.now)
        return CartOut(**_render(door, cart))

    return door.once(remove)


def _owner(caller: Caller) -> Owner:
    """A customer has their own cart only; everybody else has what their token opens."""
    return Owner(customer_id=caller.id) if caller.kind == "customer" else Owner(token=caller.cart_token)


def _render(door: Door, cart: Cart) -> dict[str, Any]:
    seen: CartView = view(door.session, cart, today=door.today)

    def money(amount: int) -> MoneyOut:
        return MoneyOut(amount=amount, currency=seen.currency)

    return {
        "id": cart.id,
        "lines": [CartLineOut.of(line, seen.currency) for line in seen.lines],
        "subtotal": money(seen.basket.subtotal_amount),
        "shipping": money(seen.basket.shipping_amount),
        "tax": money(seen.basket.tax_amount),
        "round_off": money(seen.basket.round_off_amount),
        "total": money(seen.basket.total_amount),
        "can_checkout": seen.can_checkout,
        "problems": [CartProblemOut.of(problem) for problem in seen.problems],
        "changes": [PriceChangeOut.of(change, seen.currency) for change in seen.changes],
        "currency": seen.currency,
    }
