"""What the law says of a document, as pure functions: which kind, which number, which year.

Sections and rules are of the CGST Act and Rules, 2017. What a shop owes the tax office is its accountant's to confirm.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Final
from uuid import UUID

from app.pricing.rules import Taxed

KINDS: Final = ("tax_invoice", "bill_of_supply", "invoice_cum_bill_of_supply", "credit_note")
CREDIT_NOTE: Final = "credit_note"
MAX_NUMBER_LENGTH: Final = 16  # rule 46(b)
MAX_PREFIX_LENGTH: Final = 2
NUMBER_PATTERN: Final = "^[A-Za-z0-9/-]{1,16}$"
HSN_PATTERN: Final = "^[0-9]{4,8}$"  # 4 digits up to a turnover of ₹5 crore, then 6 (notification 78/2020)
IST: Final = timezone(timedelta(hours=5, minutes=30), "IST")  # India's only zone, and the law's
APRIL: Final = 4
SERIES: Final = {  # kind → (its series where the shop has no prefix, the letter after a prefix)
    "tax_invoice": ("INV", "I"),
    "invoice_cum_bill_of_supply": ("INV", "I"),
    "bill_of_supply": ("BOS", "B"),
    "credit_note": ("CRN", "C"),
}
_GSTIN = re.compile(r"^[0-9]{2}[A-Z]{5}[0-9]{4}[A-Z][0-9A-Z]Z[0-9A-Z]$")
_GSTIN_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class Item:
    """One line to be: so much of an order line, by tax head. `quantity` 0: only the price fell; `grams`: the packed weight."""

    order_line_id: UUID
    name: str
    unit: str
    hsn: str
    rate_bp: int
    is_exempt: bool
    quantity: int
    grams: int | None
    unit_price_amount: int
    heads: Taxed
    is_delivery: bool = False  # a share of the delivery charge: printed together with the others


def kind_of(rates_bp: Iterable[int]) -> str:
    """A tax invoice where all is taxed, a bill of supply (rule 49) where nothing is, both in one (rule 46A) for a mixed basket.

    Nil-rated goods are exempt supplies too (section 2(47)): what counts is that the rate is 0. ValueError without lines.
    """
    taxed = {rate > 0 for rate in rates_bp}
    if not taxed:
        raise ValueError("a document without lines is of no kind")
    if taxed == {True}:
        return "tax_invoice"
    return "bill_of_supply" if taxed == {False} else "invoice_cum_bill_of_supply"


def series_of(kind: str, prefix: str) -> str:
    """The first part of the number: `INV`, or with a shop's own prefix `BLI` (several shops may share a GSTIN)."""
    alone, letter = SERIES[kind]
    return f"{prefix}{letter}" if prefix else alone


def document_number(series: str, financial_year: str, serial: int) -> str:
    """`INV/26-27/000123`; from the millionth on `INV/2627/1000000`, which still fits. ValueError past ten million."""
    short = financial_year[2:]
    number = f"{series}/{short}/{serial:06d}"
    if len(number) > MAX_NUMBER_LENGTH:
        number = f"{series}/{short.replace('-', '')}/{serial}"
    if len(number) > MAX_NUMBER_LENGTH:
        raise ValueError(f"series {series} of {financial_year} is full")
    return number


def date_in_india(instant: datetime) -> date:
    return instant.astimezone(IST).date()


def financial_year(day: date) -> str:
    """`2026-27`: from 1 April to 31 March."""
    first = day.year if day.month >= APRIL else day.year - 1
    return f"{first}-{(first + 1) % 100:02d}"


def is_gstin(text: str) -> bool:
    """Well formed, with the right check character."""
    if not _GSTIN.match(text):
        return False
    total = 0
    for position, sign in enumerate(text[:14]):
        product = _GSTIN_ALPHABET.index(sign) * (1 + position % 2)
        total += product // 36 + product % 36
    return _GSTIN_ALPHABET[(36 - total % 36) % 36] == text[14]


def is_hsn(text: str) -> bool:
    return re.fullmatch(HSN_PATTERN.strip("^$"), text) is not None


def fits_place(item: Item, *, within_state: bool) -> bool:
    """No tax without a rate, and the right heads: CGST = SGST within the state, IGST between states."""
    heads = item.heads
    if item.rate_bp == 0 or item.is_exempt:
        return heads.tax_amount == 0 and item.rate_bp == 0
    return heads.igst_amount == 0 if within_state else heads.cgst_amount == heads.sgst_amount == 0
