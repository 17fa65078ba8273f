"""What stands on the sheet, as text: the page and the PDF are two ways of setting one `Paper`, so both say the same."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from app.invoices import tables
from app.invoices.models import Document, DocumentLine
from app.invoices.states import state_name
from app.invoices.tables import Amount, Column, PrintedLine
from app.invoices.wording import day, in_words, phone

TITLES = {
    "tax_invoice": "Tax invoice",
    "bill_of_supply": "Bill of supply",
    "invoice_cum_bill_of_supply": "Invoice-cum-bill of supply",
    "credit_note": "Credit note",
}
REASONS = {  # those whose name alone would not tell a customer
    "line_cancelled": "Cancelled in part",
    "weight": "Weighed less than ordered",
    "unwanted": "Returned",
    "made_at_provider": "Refunded",
}
UNREGISTERED = "The supplier is not registered under GST: no tax is charged."


@dataclass(frozen=True)
class Party:
    """A name, and the lines below it."""

    heading: str
    name: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Paper:
    title: str
    number: str
    copy: str
    seller: Party
    facts: tuple[tuple[str, str], ...]  # number, date, …
    parties: tuple[Party, ...]
    columns: tuple[Column, ...]
    rows: tuple[PrintedLine, ...]
    sums: tuple[str, ...]  # the table's last row
    tax_columns: tuple[str, ...]  # empty: no tax is charged
    tax_rows: tuple[tuple[str, ...], ...]
    amounts: tuple[Amount, ...]
    words: str
    declaration: str
    signature: tuple[str, ...]
    footer: str

    @property
    def file_name(self) -> str:
        """`INV-26-27-000123`: the number without what a file system would stumble over."""
        return self.number.replace("/", "-")


def paper_of(document: Document, lines: Sequence[DocumentLine], original: Document | None = None) -> Paper:
    """`original`: what a credit note refers to."""
    title, legal_name = TITLES[document.kind], document.seller["legal_name"]
    return Paper(
        title=title,
        number=document.number,
        copy="Original for recipient",
        seller=seller_party(document.seller),
        facts=tuple(_facts(document, original)),
        parties=tuple(_buyers(document)),
        columns=tables.columns(document),
        rows=tuple(tables.rows(document, lines)),
        sums=tables.sums(document, lines),
        tax_columns=tables.tax_columns(document),
        tax_rows=tuple(tables.tax_rows(document, lines)),
        amounts=tuple(tables.amounts(document)),
        words=in_words(document.total_amount),
        declaration=_declaration(document),
        signature=(f"For {legal_name}", document.seller.get("signature_name", ""), "Authorised signatory"),
        footer=f"{title} {document.number} · {day(document.issued_on)} · {legal_name}",
    )


def seller_party(seller: dict[str, Any]) -> Party:
    legal, trade = seller["legal_name"], seller.get("trade_name") or seller["legal_name"]
    state = f"{seller['state_name']} ({seller['state_code']})"
    contact = " · ".join(part for part in (phone(seller.get("phone", "")), seller.get("email")) if part)
    registered = [
        f"{label} {seller[name]}" for name, label in (("gstin", "GSTIN"), ("fssai", "FSSAI Lic. No.")) if seller.get(name)
    ]
    address = ", ".join([*seller["address_lines"], state])
    lines = [legal if legal != trade else "", address, contact, " · ".join(registered)]
    return Party("", trade, tuple(line for line in lines if line))


def _facts(document: Document, original: Document | None) -> Iterable[tuple[str, str]]:
    yield "Credit note no." if document.is_credit_note else "Number", document.number
    yield "Date", day(document.issued_on)
    if original is not None:
        yield "Against", original.number
        yield "Dated", day(original.issued_on)
    if document.reason:
        yield "Reason", REASONS.get(document.reason, document.reason.replace("_", " ").capitalize())
    yield "Order", document.order_number
    yield "Place of supply", f"{document.place_of_supply_name} ({document.place_of_supply})"
    yield "Reverse charge", "No"


def _buyers(document: Document) -> Iterable[Party]:
    """A buyer with another address than the goods' gets two."""
    buyer = {"state_code": document.place_of_supply, **document.buyer}
    lines = list(buyer_lines(buyer))
    contact = [f"Phone {phone(buyer['phone'])}"] if buyer.get("phone") else []
    registered = [f"GSTIN {buyer['gstin']}"] if buyer.get("gstin") else ["Not registered under GST"]
    yield Party("Bill to", buyer.get("name", ""), tuple(lines + registered))
    yield Party("Deliver to", buyer.get("name", ""), tuple(lines + contact))


def buyer_lines(buyer: dict[str, Any]) -> Iterable[str]:
    """The buyer's address, as far as it is known."""
    state = buyer.get("state_code", "")
    address = (
        buyer.get("line1", ""),
        buyer.get("line2", ""),
        f"{buyer.get('city', '')} {buyer.get('pin', '')}".strip(),
        f"{buyer.get('state_name') or state_name(state)} ({state})" if state else "",
    )
    return (line for line in address if line)


def _declaration(document: Document) -> str:
    """The shop's own words; else the usual ones."""
    own = document.seller.get("declaration", "")
    if own:
        return str(own)
    if not document.gstin:
        return UNREGISTERED
    sheet = TITLES[document.kind].lower()
    return f"We declare that this {sheet} shows the actual price of the goods described, and that all particulars are true."
