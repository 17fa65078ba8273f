"""What was documented in a month, as the tax office wants it told."""

from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from app.invoices import queries
from app.pricing.rules import Taxed


@dataclass(frozen=True)
class HsnMonth:
    """What was documented of one HSN code and rate, and what credit notes took off it again; quantities are the difference."""

    hsn: str
    rate_bp: int
    quantity: int
    grams: int  # of weighed goods
    documents: Taxed
    credit_notes: Taxed


def gst_month(session: Session, from_on: date, to_on: date) -> list[HsnMonth]:
    """Per HSN and rate, what was issued from one day to another, both included (as table 12 of GSTR-1 has it)."""
    found: dict[tuple[str, int], HsnMonth] = {}
    for hsn, rate_bp, is_credit, quantity, grams, *heads in queries.sums_by_hsn(session, from_on, to_on):
        sums, sign = Taxed(*map(int, heads)), -1 if is_credit else 1
        known = found.get((hsn, rate_bp)) or HsnMonth(hsn, rate_bp, 0, 0, Taxed(), Taxed())
        found[hsn, rate_bp] = HsnMonth(
            hsn,
            rate_bp,
            known.quantity + sign * int(quantity),
            known.grams + sign * int(grams),
            known.documents + (Taxed() if is_credit else sums),
            known.credit_notes + (sums if is_credit else Taxed()),
        )
    return list(found.values())
