"""What a basket costs: one pure function, integer paise, and an explanation that alone re-computes the same answer.

The rule `half-up-per-line-1`: each line is taxed on its own; a line's tax is rounded half up to the paisa. Within the state
half of it is rounded and taken twice, so CGST = SGST exactly; the taxable value is what remains of a price that includes
tax. Delivery is part of the sale (a composite supply): its charge is shared among the lines by value and taxed like them.
Σ lines + shipping + round-off = total, always. What a shop owes the tax office remains its accountant's to confirm.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

from app.core.money import MAX_AMOUNT, share

ROUNDING = "half-up-per-line-1"  # stored with every basket; another way of rounding gets another name
WHOLE = 10_000  # basis points in 1
RUPEE = 100  # paise


@dataclass(frozen=True)
class BasketLine:
    """So many pieces of a variant, at a unit price in paise. Amounts and rates out of range raise ValueError."""

    variant_id: UUID
    quantity: int
    unit_amount: int
    rate_bp: int
    is_exempt: bool
    hsn: str

    def __post_init__(self) -> None:
        if self.quantity < 1 or self.unit_amount < 0 or self.quantity * self.unit_amount > MAX_AMOUNT:
            raise ValueError("a line has at least one piece and a price from 0 up to the limit")
        if not 0 <= self.rate_bp <= WHOLE or (self.is_exempt and self.rate_bp):
            raise ValueError("a tax rate is 0 to 10000 basis points, and 0 for exempt goods")


@dataclass(frozen=True)
class Terms:
    """How a basket is priced, besides its lines."""

    includes_tax: bool = True  # prices contain GST (MRP)
    within_state: bool = True  # delivered in the store's own state: CGST and SGST; otherwise IGST
    shipping_amount: int = 0  # what delivery costs, tax as in `includes_tax`
    free_shipping_from_amount: int | None = None  # lines of this sum are delivered free; None: never
    rounds_to_rupee: bool = False


@dataclass(frozen=True)
class Taxed:
    """An amount taken apart: taxable + cgst + sgst + igst = total."""

    taxable_amount: int = 0
    cgst_amount: int = 0
    sgst_amount: int = 0
    igst_amount: int = 0

    @property
    def tax_amount(self) -> int:
        return self.cgst_amount + self.sgst_amount + self.igst_amount

    @property
    def total_amount(self) -> int:
        return self.taxable_amount + self.tax_amount

    def __add__(self, other: "Taxed") -> "Taxed":
        return Taxed(
            self.taxable_amount + other.taxable_amount,
            self.cgst_amount + other.cgst_amount,
            self.sgst_amount + other.sgst_amount,
            self.igst_amount + other.igst_amount,
        )

    def __sub__(self, other: "Taxed") -> "Taxed":
        return Taxed(
            self.taxable_amount - other.taxable_amount,
            self.cgst_amount - other.cgst_amount,
            self.sgst_amount - other.sgst_amount,
            self.igst_amount - other.igst_amount,
        )


@dataclass(frozen=True)
class PricedLine:
    """A line with its amount and that line's part of the delivery charge."""

    line: BasketLine
    goods: Taxed
    shipping: Taxed


@dataclass(frozen=True)
class PricedBasket:
    lines: tuple[PricedLine, ...]
    shipping: Taxed
    round_off_amount: int
    explanation: dict[str, Any]

    @property
    def subtotal_amount(self) -> int:
        """The lines with their tax."""
        return sum(line.goods.total_amount for line in self.lines)

    @property
    def shipping_amount(self) -> int:
        return self.shipping.total_amount

    @property
    def tax_amount(self) -> int:
        """All GST in the total, that on delivery included."""
        return sum(line.goods.tax_amount for line in self.lines) + self.shipping.tax_amount

    @property
    def total_amount(self) -> int:
        return self.subtotal_amount + self.shipping_amount + self.round_off_amount


def price_basket(lines: Iterable[BasketLine], terms: Terms) -> PricedBasket:
    """Price the lines. Same lines and terms, same answer to the paisa, for ever."""
    lines = tuple(lines)
    goods = [_tax(line.quantity * line.unit_amount, line.rate_bp, terms) for line in lines]
    value = sum(taxed.total_amount for taxed in goods)
    charge = _shipping_charge(value, terms) if lines else 0
    shares = share(charge, [taxed.total_amount for taxed in goods]) if lines else []
    shipping = [_tax(part, line.rate_bp, terms) for part, line in zip(shares, lines, strict=True)]
    priced = tuple(PricedLine(*parts) for parts in zip(lines, goods, shipping, strict=True))
    whole_shipping = sum(shipping, Taxed())
    exact = value + whole_shipping.total_amount
    round_off = _round_off(exact) if terms.rounds_to_rupee else 0
    return PricedBasket(priced, whole_shipping, round_off, _explain(priced, terms, charge, round_off))


def reprice(explanation: dict[str, Any]) -> PricedBasket:
    """Price again what a stored explanation tells of. ValueError when it was rounded by a rule this version does not know."""
    if explanation["rounding"] != ROUNDING:
        raise ValueError(f"unknown rounding rule {explanation['rounding']!r}")
    lines = (_line(step) for step in explanation["steps"] if step["rule"] == "line")
    return price_basket(lines, Terms(**explanation["terms"]))


def _shipping_charge(value: int, terms: Terms) -> int:
    is_free = terms.free_shipping_from_amount is not None and value >= terms.free_shipping_from_amount
    return 0 if is_free else terms.shipping_amount


def _tax(amount: int, rate_bp: int, terms: Terms) -> Taxed:
    """Take the tax out of an amount that includes it, or put it on one that does not."""
    base = WHOLE + rate_bp if terms.includes_tax else WHOLE
    if terms.within_state:
        half = _half_up(amount * rate_bp, 2 * base)
        return Taxed(amount - 2 * half if terms.includes_tax else amount, cgst_amount=half, sgst_amount=half)
    tax = _half_up(amount * rate_bp, base)
    return Taxed(amount - tax if terms.includes_tax else amount, igst_amount=tax)


def _round_off(exact: int) -> int:
    """To the nearest rupee, half up; but what costs something never comes to nothing."""
    rounded = (exact + RUPEE // 2) // RUPEE * RUPEE
    return rounded - exact if rounded else 0


def _half_up(numerator: int, denominator: int) -> int:
    """Division of non-negative integers, rounded half up."""
    return (2 * numerator + denominator) // (2 * denominator)


def _line(step: dict[str, Any]) -> BasketLine:
    facts = {field.name: step[field.name] for field in fields(BasketLine)}
    return BasketLine(**facts | {"variant_id": UUID(step["variant_id"])})


def _explain(lines: Sequence[PricedLine], terms: Terms, charge: int, round_off: int) -> dict[str, Any]:
    """Which rule gave which paise: the terms, then a step per line, delivery, round-off. Plain values, for JSON."""
    steps: list[dict[str, Any]] = []
    for priced in lines:
        facts = vars(priced.line) | {"variant_id": str(priced.line.variant_id)}
        steps.append({"rule": "line", **facts, **vars(priced.goods), "total_amount": priced.goods.total_amount})
    if charge:
        parts = [{"variant_id": str(priced.line.variant_id), **vars(priced.shipping)} for priced in lines]
        steps.append({"rule": "shipping", "charge_amount": charge, "shared_by": "line value", "parts": parts})
    elif lines and terms.shipping_amount:
        steps.append({"rule": "free_shipping", "from_amount": terms.free_shipping_from_amount, "charge_amount": 0})
    if terms.rounds_to_rupee:
        steps.append({"rule": "round_to_rupee", "round_off_amount": round_off})
    return {"rounding": ROUNDING, "terms": dict(vars(terms)), "steps": steps}
