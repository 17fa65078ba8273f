"""Carts on the wire."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.api.schemas import MoneyOut, RequestBody
from app.carts.rules import MAX_QUANTITY, CartProblem, PriceChange
from app.carts.viewing import ViewedLine
from app.checkout.paying import Offer, PaymentMethod

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
CHANGE: dict[str, Any] = {
    "code": "price_fell",
    "variant_id": LINE["variant_id"],
    "seen_price": {"amount": 66900, "currency": "INR"},
    "new_price": {"amount": 64900, "currency": "INR"},
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
    "changes": [CHANGE],
    "currency": "INR",
}


METHODS: list[dict[str, Any]] = [
    {"method": "razorpay", "is_offered": True, "reason": None, "maximum_amount": None},
    {
        "method": "cash_on_delivery",
        "is_offered": False,
        "reason": "cash_not_offered",
        "maximum_amount": 100000,
    },
]


class CartProblemOut(BaseModel):
    """Why the cart cannot be placed; `detail` says what fixes it."""

    code: str = Field(examples=["not_enough_stock"])
    detail: str = Field(examples=["Only 3 of A2 Cow Ghee 500 ml left: lower the quantity to 3."])
    variant_id: UUID | None = None
    available_quantity: int | None = None
    seen_amount: int | None = Field(None, description="`price_changed`: what a piece cost when the line was put; paise")
    new_amount: int | None = Field(None, description="`price_changed`: what it costs now; paise")

    @classmethod
    def of(cls, problem: CartProblem) -> "CartProblemOut":
        return cls(**vars(problem))


class PriceChangeOut(BaseModel):
    """A piece costs something else than when its line was put; said until the line is put again.

    One that fell needs nothing. One that rose is a problem too, `price_changed`: a shopper agrees to it by setting the quantity
    again, the same or another.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [CHANGE]})

    code: Literal["price_rose", "price_fell"]
    variant_id: UUID
    seen_price: MoneyOut
    new_price: MoneyOut

    @classmethod
    def of(cls, change: PriceChange, currency: str) -> "PriceChangeOut":
        return cls(
            code=change.code,
            variant_id=change.variant_id,
            seen_price=MoneyOut(amount=change.seen_amount, currency=currency),
            new_price=MoneyOut(amount=change.new_amount, currency=currency),
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
            available=line.can_be_had,
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
    changes: list[PriceChangeOut]
    currency: str


class PaymentMethodOut(BaseModel):
    """Whether the cart as it stands may be paid in this way: what the checkout would say."""

    model_config = ConfigDict(json_schema_extra={"examples": [METHODS[1]]})

    method: PaymentMethod
    is_offered: bool
    reason: str | None = Field(description="The code with which the checkout would refuse it; null: it is offered")
    maximum_amount: int | None = Field(description="The most that can be paid in this way now, paise; null: any amount")

    @classmethod
    def of(cls, offer: Offer) -> "PaymentMethodOut":
        reason = offer.refusal.code if offer.refusal else None
        facts = {"method": offer.method, "is_offered": reason is None, "reason": reason}
        return cls.model_validate(facts | {"maximum_amount": offer.maximum_amount})


class PayableCart(CartOut):
    """With the ways to pay for it, for whoever asks: of a guest, nothing is known that would allow a wallet or an account."""

    model_config = ConfigDict(json_schema_extra={"examples": [CART | {"payment_methods": METHODS}]})

    payment_methods: list[PaymentMethodOut]


class OpenedCart(CartOut):
    """`cart_token` proves that a guest's cart is theirs: told only here, sent back as `X-Cart-Token`. Null when signed in."""

    model_config = ConfigDict(json_schema_extra={"examples": [CART | {"cart_token": "kq0Yx…"}]})

    cart_token: str | None


class NewCart(RequestBody):
    """Nothing is needed."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})


class LineQuantity(RequestBody):
    model_config = ConfigDict(json_schema_extra={"examples": [{"quantity": 2}]})

    quantity: Annotated[int, Field(strict=True, ge=1, le=MAX_QUANTITY, examples=[2])]
