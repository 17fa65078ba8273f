"""Carts, by the token a guest was given or by who is signed in. Prices are the shop's: no request carries one."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from app.api.callers import Caller
from app.api.doors import Door, OpenDoor
from app.api.schemas import MoneyOut, RequestBody
from app.carts import service
from app.carts.models import Cart
from app.carts.rules import MAX_QUANTITY, CartProblem
from app.carts.service import Owner
from app.carts.viewing import CartView, ViewedLine, view

router = APIRouter(prefix="/api/v1/carts", tags=["carts"])

LINE: dict[str, Any] = {
    "variant_id": "01980a2e-5d6c-7c3e-9d2b-8f1f6d0c4a11",
    "sku": "GHEE-500ML",
    "name": "A2 Cow Ghee",
    "unit": "500 ml",
    "quantity": 2,
    "unit_price": {"amount": 64900, "currency": "INR"},
    "line_total": {"amount": 129800, "currency": "INR"},
    "available": True,
    "available_quantity": 40,
    "problem": None,
}
CART: dict[str, Any] = {
    "id": "01980a2f-11aa-7b22-a3c4-5d6e7f809102",
    "lines": [LINE],
    "subtotal": {"amount": 129800, "currency": "INR"},
    "shipping": {"amount": 0, "currency": "INR"},
    "tax": {"amount": 6180, "currency": "INR"},
    "round_off": {"amount": 0, "currency": "INR"},
    "total": {"amount": 129800, "currency": "INR"},
    "can_checkout": True,
    "problems": [],
    "currency": "INR",
}


class CartProblemOut(BaseModel):
    """Why the cart cannot be placed; `detail` says what fixes it."""

    code: str = Field(examples=["not_enough_stock"])
    detail: str = Field(examples=["Only 3 of A2 Cow Ghee 500 ml left: lower the quantity to 3."])
    variant_id: UUID | None = None
    available_quantity: int | None = None

    @classmethod
    def of(cls, problem: CartProblem) -> "CartProblemOut":
        return cls(
            code=problem.code,
            detail=problem.detail,
            variant_id=problem.variant_id,
            available_quantity=problem.available_quantity,
        )


class CartLineOut(BaseModel):
    """`available`: as many as asked for can be had now. What is no longer sold has no price and counts for nothing."""

    model_config = ConfigDict(json_schema_extra={"examples": [LINE]})

    variant_id: UUID
    sku: str
    name: str
    unit: str
    quantity: int
    unit_price: MoneyOut
    line_total: MoneyOut
    available: bool
    available_quantity: int
    problem: CartProblemOut | None

    @classmethod
    def of(cls, line: ViewedLine, currency: str) -> "CartLineOut":
        return cls(
            variant_id=line.variant_id,
            sku=line.sku,
            name=line.name,
            unit=line.unit,
            quantity=line.quantity,
            unit_price=MoneyOut(amount=line.item.amount if line.item else 0, currency=currency),
            line_total=MoneyOut(amount=line.priced.goods.total_amount if line.priced else 0, currency=currency),
            available=line.problem is None,
            available_quantity=line.available_quantity,
            problem=CartProblemOut.of(line.problem) if line.problem else None,
        )


class CartOut(BaseModel):
    """Priced now. `tax` is contained in the other amounts; subtotal + shipping + round_off = total."""

    model_config = ConfigDict(json_schema_extra={"examples": [CART]})

    id: UUID
    lines: list[CartLineOut]
    subtotal: MoneyOut
    shipping: MoneyOut
    tax: MoneyOut
    round_off: MoneyOut
    total: MoneyOut
    can_checkout: bool
    problems: list[CartProblemOut]
    currency: str


class OpenedCart(CartOut):
    """`cart_token` proves that a guest's cart is theirs: told only here, sent back as `X-Cart-Token`. Null when signed in."""

    model_config = ConfigDict(json_schema_extra={"examples": [CART | {"cart_token": "kq0Yx…"}]})

    cart_token: str | None


class NewCart(RequestBody):
    """Nothing is needed."""


class LineQuantity(RequestBody):
    quantity: Annotated[int, Field(strict=True, ge=1, le=MAX_QUANTITY, examples=[2])]


@router.post("", status_code=201)
def open_cart(door: OpenDoor, _body: NewCart | None = None) -> OpenedCart:
    """The signed-in customer's one open cart, or a new one for a guest.

    Safe to repeat without a key: a customer gets the same cart, and a guest's unused one expires. The answer is not kept
    under the Idempotency-Key, because it holds the guest's token.
    """
    cart, token = service.open_cart(door.session, _owner(door.caller).customer_id, door.now)
    return OpenedCart(**_render(door, cart), cart_token=token)


@router.get("/{cart_id}")
def get_cart(door: OpenDoor, cart_id: UUID) -> CartOut:
    """The cart at today's prices and stock, and what keeps it from being ordered."""
    return CartOut(**_render(door, service.find(door.session, cart_id, _owner(door.caller))))


@router.put("/{cart_id}/lines/{variant_id}")
def set_quantity(door: OpenDoor, cart_id: UUID, variant_id: UUID, body: LineQuantity) -> CartOut:
    """Have this many in the cart."""

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
        "currency": seen.currency,
    }
