"""A document and its lines as rows: checked, summed, and numbered last."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session

from app.core.ids import new_id
from app.invoices import rules
from app.invoices.errors import HsnMissing, NothingToIssue, TaxMisplaced
from app.invoices.models import Document, DocumentLine
from app.invoices.rules import Item
from app.invoices.seller import Seller
from app.invoices.states import state_name
from app.orders.models import Order, OrderLine
from app.pricing.rules import Taxed
from app.stores import service as stores


def item_of(line: OrderLine, quantity: int, heads: Taxed, grams: int | None = None) -> Item:
    """So much of an order line as a line of a document; `heads` is what that much costs."""
    return Item(
        order_line_id=line.id,
        name=line.name,
        unit=line.unit,
        hsn=line.hsn,
        rate_bp=line.tax_rate_bp,
        is_exempt=line.is_exempt,
        quantity=quantity,
        grams=grams,
        unit_price_amount=line.unit_price_amount,
        heads=heads,
        is_delivery=line.kind == "shipping",
    )


def check(items: Sequence[Item], about: str, *, within_state: bool) -> None:
    """Refuse what may not be printed, naming what it is about, the line and its code."""
    if not items:
        raise NothingToIssue(f"{about}: there is nothing to put on a document", about=about)
    for item in items:
        facts = {"about": about, "order_line_id": str(item.order_line_id), "hsn": item.hsn, "rate_bp": item.rate_bp}
        if not rules.is_hsn(item.hsn):
            raise HsnMissing(f"{about}: {item.name!r} has no HSN code of 4 to 8 digits, but {item.hsn!r}", **facts)
        if not rules.fits_place(item, within_state=within_state):
            raise TaxMisplaced(f"{about}: the taxes of {item.name!r} do not fit its rate or the place of supply", **facts)


def write(
    session: Session,
    seller: Seller,
    order: Order,
    items: Sequence[Item],
    *,
    kind: str,
    round_off_amount: int,
    now: datetime,
    **about: Any,
) -> Document:
    """The document with its lines, numbered: the series is held from here to the commit, so call it last."""
    issued_on = rules.date_in_india(now)
    year, series = rules.financial_year(issued_on), rules.series_of(kind, seller.prefix)
    serial = stores.take_number(session, f"documents:{seller.gstin or 'unregistered'}:{series}:{year}")
    document = Document(
        store_id=order.store_id,
        id=new_id(),
        kind=kind,
        number=rules.document_number(series, year, serial),
        gstin=seller.gstin,
        series=series,
        serial=serial,
        financial_year=year,
        issued_on=issued_on,
        issued_at=now,
        order_id=order.id,
        order_number=order.number,
        seller=seller.frozen,
        place_of_supply=order.place_of_supply,
        place_of_supply_name=state_name(order.place_of_supply),
        currency=order.currency,
        line_count=len(items),
        **_amounts(items, round_off_amount),
        **about,
    )
    session.add(document)
    session.flush()
    session.add_all(_line(document, position, item) for position, item in enumerate(items, 1))
    session.flush()
    return document


def _amounts(items: Sequence[Item], round_off_amount: int) -> dict[str, Any]:
    taxed = sum((item.heads for item in items if item.rate_bp), Taxed())
    exempt = sum(item.heads.total_amount for item in items if not item.rate_bp)
    total = taxed.total_amount + exempt + round_off_amount
    return {**vars(taxed), "exempt_amount": exempt, "round_off_amount": round_off_amount, "total_amount": total}


def _line(document: Document, position: int, item: Item) -> DocumentLine:
    facts = dict(vars(item))
    heads: Taxed = facts.pop("heads")
    return DocumentLine(
        store_id=document.store_id,
        document_id=document.id,
        line_count=document.line_count,
        position=position,
        total_amount=heads.total_amount,
        **vars(heads),
        **facts,
    )
