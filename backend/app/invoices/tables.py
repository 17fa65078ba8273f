"""The tables of the sheet, cell by cell: what is sold, the tax by rate, and what it comes to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.invoices import summing
from app.invoices.models import Document, DocumentLine
from app.invoices.states import state_tax
from app.invoices.wording import figures, kilograms, percent
from app.pricing.rules import Taxed

EXEMPT = "exempt"
DELIVERY = "Delivery"
DELIVERY_NOTE = "taxed with the goods"
SHORT = 14  # a quantity of so many letters stays on one line
TOGETHER = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True)
class Column:
    """`kind`: text | code | measure | number | sum. `share` of the width, in thousandths."""

    title: str
    kind: str
    share: int


@dataclass(frozen=True)
class PrintedLine:
    """One row of the table; `note` stands small under its name."""

    cells: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True)
class Amount:
    label: str
    value: str
    is_total: bool = False


def _has_tax(document: Document) -> bool:
    return document.tax_amount > 0 or document.taxable_amount > 0


def columns(document: Document) -> tuple[Column, ...]:
    """Shares sum to a thousand; they leave room for HSN codes of eight digits and amounts of lakhs."""
    if not _has_tax(document):
        wide = (Column("#", "number", 35), Column("Description", "text", 425), Column("HSN", "code", 100))
        return (*wide, Column("Quantity", "measure", 150), Column("Rate ₹", "number", 130), Column("Amount ₹", "sum", 160))
    described = (Column("#", "number", 32), Column("Description", "text", 252), Column("HSN", "code", 86))
    measured = (Column("Quantity", "measure", 98), Column("Rate ₹", "number", 84))
    value = (Column("Value ₹", "number", 96), Column("GST", "number", 70))
    if document.is_within_state:
        halves = (Column("CGST ₹", "number", 82), Column(f"{state_tax(document.place_of_supply)} ₹", "number", 82))
        return (*described, *measured, *value, *halves, Column("Total ₹", "sum", 118))
    return (*described, *measured, *value, Column("IGST ₹", "number", 130), Column("Total ₹", "sum", 152))


def rows(document: Document, lines: Sequence[DocumentLine]) -> Iterable[PrintedLine]:
    """The goods one by one; delivery, which stands on a line per product in the books, together by rate."""
    goods = [line for line in lines if not line.is_delivery]
    for position, line in enumerate(goods, 1):
        yield _row(document, line, position)
    for found in summing.sums_by_rate(line for line in lines if line.is_delivery):
        yield _delivery_row(document, found)


def _row(document: Document, line: DocumentLine, position: int) -> PrintedLine:
    pieces = f"{line.quantity} × {line.unit}".removesuffix(" × ") if line.quantity else "–"
    quantity = kilograms(line.grams) if line.grams else pieces
    if len(quantity) <= SHORT:
        quantity = quantity.replace(" ", TOGETHER)
    note = f"{pieces}, weighed" if line.grams else ("price reduced" if not line.quantity else "")
    described = (str(position), line.name, line.hsn, quantity, figures(line.unit_price_amount))
    return PrintedLine((*described, *_money(document, line.rate_bp, line.heads)), note)


def _delivery_row(document: Document, found: summing.RateSum) -> PrintedLine:
    return PrintedLine(("", DELIVERY, "–", "", "", *_money(document, found.rate_bp, found.heads)), DELIVERY_NOTE)


def _money(document: Document, rate_bp: int, heads: Taxed) -> tuple[str, ...]:
    total = figures(heads.total_amount)
    if not _has_tax(document):
        return (total,)
    if not rate_bp:
        return (figures(heads.taxable_amount), EXEMPT, *(["–", "–"] if document.is_within_state else ["–"]), total)
    return (figures(heads.taxable_amount), percent(rate_bp), *_taxes(document, heads), total)


def _taxes(document: Document, heads: Taxed) -> tuple[str, ...]:
    if document.is_within_state:
        return figures(heads.cgst_amount), figures(heads.sgst_amount)
    return (figures(heads.igst_amount),)


def sums(document: Document, lines: Sequence[DocumentLine]) -> tuple[str, ...]:
    whole = sum((line.heads for line in lines), Taxed())
    blank = ("", "Total", "", "", "")
    if not _has_tax(document):
        return (*blank, figures(whole.total_amount))
    return (*blank, figures(whole.taxable_amount), "", *_taxes(document, whole), figures(whole.total_amount))


def tax_columns(document: Document) -> tuple[str, ...]:
    if not _has_tax(document):
        return ()
    names = ("CGST", state_tax(document.place_of_supply)) if document.is_within_state else ("IGST",)
    return ("GST rate", "Value ₹", *(f"{name} ₹" for name in names), "Tax ₹")


def tax_rows(document: Document, lines: Sequence[DocumentLine]) -> Iterable[tuple[str, ...]]:
    for found in summing.sums_by_rate(lines) if _has_tax(document) else ():
        heads = found.heads
        label = _rate_label(document, found.rate_bp)
        yield (label, figures(heads.taxable_amount), *_taxes(document, heads), figures(heads.tax_amount))


def _rate_label(document: Document, rate_bp: int) -> str:
    if not rate_bp:
        return "Exempt"
    if document.is_within_state:
        half = percent(rate_bp // 2) if rate_bp % 2 == 0 else f"{percent(rate_bp)} / 2"
        return f"{percent(rate_bp)} ({half} + {half})"
    return percent(rate_bp)


def amounts(document: Document) -> Iterable[Amount]:
    if _has_tax(document):
        yield Amount("Taxable value", figures(document.taxable_amount))
    if document.exempt_amount:
        yield Amount("Exempt value" if document.gstin else "Value", figures(document.exempt_amount))
    if document.is_within_state and document.tax_amount:
        yield Amount("CGST", figures(document.cgst_amount))
        yield Amount(state_tax(document.place_of_supply), figures(document.sgst_amount))
    elif document.tax_amount:
        yield Amount("IGST", figures(document.igst_amount))
    if document.round_off_amount:
        yield Amount("Round-off", figures(document.round_off_amount))
    yield Amount("Total credit" if document.is_credit_note else "Total", f"₹ {figures(document.total_amount)}", is_total=True)
