"""Issuing on a real database: kinds, amounts, refusals, and what never changes again."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import Session, col, select

from app.audit.models import AuditEntry
from app.core.errors import Refusal
from app.invoices import months, queries
from app.invoices.errors import (
    CreditExceedsDocument,
    HsnMissing,
    LegalDetailsMissing,
    NothingToIssue,
    NotOnDocument,
    TaxMisplaced,
)
from app.invoices.models import Document, DocumentLine
from app.pricing.rules import Taxed
from app.stores import service as stores
from app.stores.models import Store
from tests.conftest import REGISTERED
from tests.invoices.selling import CHOCOLATE, GHEE, MILK, TOMATO, Good, credit, reduce, sell
from tests.unchanged import unchanged

UnitOfWork = Callable[[], AbstractContextManager[Session]]


@pytest.mark.parametrize(
    ("goods", "place", "kind", "series"),
    [
        ((GHEE, CHOCOLATE), "29", "tax_invoice", "INV"),
        ((MILK, TOMATO), "29", "bill_of_supply", "BOS"),
        ((GHEE, MILK, TOMATO), "29", "invoice_cum_bill_of_supply", "INV"),
        ((GHEE, MILK), "27", "invoice_cum_bill_of_supply", "INV"),
    ],
)
def test_ac46_a_document_is_what_its_goods_make_it(
    session: Session, goods: tuple[Good, ...], place: str, kind: str, series: str
) -> None:
    sold = sell(session, *goods, place=place, rounds=True)
    document = sold.issue(session)
    lines = queries.lines(session, document.id)
    assert (document.kind, document.number) == (kind, f"{series}/26-27/000001")
    assert document.total_amount == sold.order.total_amount
    assert document.total_amount == sum(line.total_amount for line in lines) + document.round_off_amount
    assert document.exempt_amount == sum(line.total_amount for line in lines if not line.rate_bp)
    assert [line.order_line_id for line in lines] == [line.id for line in sold.lines]
    assert (document.igst_amount > 0) == (place == "27" and kind != "bill_of_supply")
    assert document.tax_amount == sold.order.tax_amount


def test_ac46_hsn_rate_place_seller_and_buyer_are_frozen(session: Session) -> None:
    sold = sell(session, GHEE)
    document = sold.issue(session)
    line = queries.lines(session, document.id)[0]
    assert (line.hsn, line.rate_bp, line.unit, line.quantity) == ("0405", 500, "500 ml", 2)
    assert (document.place_of_supply, document.place_of_supply_name) == ("29", "Karnataka")
    assert document.seller["legal_name"] == "Test Organics Private Limited"
    assert document.gstin == document.seller["gstin"] == REGISTERED["gstin"]
    assert document.buyer["name"] == "Asha Rao"
    assert document.order_number == sold.order.number
    entry = session.exec(select(AuditEntry).where(AuditEntry.object_id == document.id)).one()
    assert (entry.action, entry.changes) == ("document.issued", {"number": [None, document.number]})


def test_ac46_asking_again_for_a_shipment_or_a_reduction_gives_the_first_document(session: Session) -> None:
    sold = sell(session, GHEE)
    first = sold.issue(session)
    assert sold.issue(session, datetime(2027, 1, 1, tzinfo=UTC)).id == first.id
    reduction = reduce(session, first, sold.items[:1])
    note = credit(session, first, sold.items[:1], reduction_id=reduction.id)
    assert credit(session, first, sold.items[:1], reduction_id=reduction.id).id == note.id
    assert [document.id for document in queries.of_order(session, sold.order.id)] == [first.id, note.id]


def test_ac46_a_credit_note_refers_to_its_document_and_has_its_own_series(session: Session) -> None:
    sold = sell(session, GHEE, MILK)
    original = sold.issue(session)
    part = replace(sold.items[0], quantity=1, heads=Taxed(74_762, 1_869, 1_869))
    note = credit(session, original, [part])
    assert (note.kind, note.number, note.original_document_id) == ("credit_note", "CRN/26-27/000001", original.id)
    assert (note.total_amount, note.reason, note.buyer) == (78_500, "Spoilt", original.buyer)
    rest = replace(part, quantity=1, heads=Taxed(74_762, 1_869, 1_869))
    assert credit(session, original, [rest]).number == "CRN/26-27/000002"
    with pytest.raises(CreditExceedsDocument) as refusal:
        credit(session, original, [replace(part, quantity=0, heads=Taxed(1))])
    assert refusal.value.facts["left_amount"] == 0


def test_ac46_of_a_credit_note_both_halves_may_differ_by_the_last_paisa(session: Session) -> None:
    """What was taken piece by piece may leave one head a paisa more; a refund is not held up by it."""
    sold = sell(session, GHEE)
    note = credit(session, sold.issue(session), [replace(sold.items[0], quantity=0, heads=Taxed(0, 1, 0))])
    assert (note.cgst_amount, note.sgst_amount, note.total_amount) == (1, 0, 1)


def test_ac46_the_year_turns_at_midnight_in_india(session: Session) -> None:
    """A late document of the old year still gets the old year's next number."""
    before, after = datetime(2026, 3, 31, 18, 29, 59, tzinfo=UTC), datetime(2026, 3, 31, 18, 30, tzinfo=UTC)
    issued = [sell(session, GHEE).issue(session, at) for at in (before, after, after, before)]
    assert [document.number for document in issued] == [
        "INV/25-26/000001",
        "INV/26-27/000001",
        "INV/26-27/000002",
        "INV/25-26/000002",
    ]
    assert [document.issued_on for document in issued[:2]] == [date(2026, 3, 31), date(2026, 4, 1)]


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"hsn": ""}, HsnMissing),
        ({"hsn": "04"}, HsnMissing),
        ({"hsn": "04०५"}, HsnMissing),
        ({"heads": Taxed(149_524, igst_amount=7_476)}, TaxMisplaced),
        ({"rate_bp": 0}, TaxMisplaced),
        ({"is_exempt": True}, TaxMisplaced),
    ],
)
def test_ac46_a_line_that_may_not_be_printed_is_named(
    store: Store, uow: UnitOfWork, change: dict[str, Any], refusal: type[Refusal]
) -> None:
    with uow() as session:
        sold = sell(session, MILK, GHEE)
    items = [replace(item, **change) if item.name == GHEE.name else item for item in sold.items]
    with unchanged(store, change), pytest.raises(refusal) as refused, uow() as session:
        sold.issue(session, items=items)
    facts = refused.value.facts
    assert (facts["about"], facts["order_line_id"]) == (sold.order.number, str(sold.lines[2].id))
    assert facts["hsn"] == change.get("hsn", "0405")


def test_nothing_is_not_a_document(session: Session) -> None:
    with pytest.raises(NothingToIssue):
        sell(session, GHEE).issue(session, items=[])


@pytest.mark.parametrize(
    ("gstin", "settings", "setting"),
    [
        (None, {}, "gstin"),
        ("29AAFCR0000Q1ZC", {}, "gstin"),
        ("27AAPFU0939F1ZV", {}, "gstin"),  # Maharashtra's
        (REGISTERED["gstin"], {"legal_name": " "}, "invoices.legal_name"),
        (REGISTERED["gstin"], {"address_lines": []}, "invoices.address_lines"),
        (REGISTERED["gstin"], {"address_lines": "1 Test Road"}, "invoices.address_lines"),
        (REGISTERED["gstin"], {"fssai": "123"}, "invoices.fssai"),
        (REGISTERED["gstin"], {"prefix": "ABC"}, "invoices.prefix"),
    ],
)
def test_ac46_missing_legal_details_are_named(
    store: Store, uow: UnitOfWork, gstin: str | None, settings: dict[str, Any], setting: str
) -> None:
    with uow() as session:
        sold = sell(session, GHEE)
        ours = stores.get(session)
        ours.gstin, ours.settings = gstin, {"invoices": REGISTERED["settings"]["invoices"] | settings}
    with unchanged(store, setting), pytest.raises(LegalDetailsMissing) as refused, uow() as session:
        sold.issue(session)
    assert refused.value.facts["setting"] == setting


def test_ac46_a_shop_that_is_not_registered_issues_bills_without_tax_only(store: Store, uow: UnitOfWork) -> None:
    with uow() as session:
        stores.get(session).gstin = None
    with uow() as session:
        bill = sell(session, MILK).issue(session)
        assert (bill.kind, bill.number, bill.gstin) == ("bill_of_supply", "BOS/26-27/000001", "")
    with uow() as session:
        mixed = sell(session, MILK, GHEE)
    with unchanged(store), pytest.raises(LegalDetailsMissing), uow() as session:
        mixed.issue(session)


def test_a_new_registration_counts_from_one(uow: UnitOfWork) -> None:
    with uow() as session:
        sell(session, GHEE).issue(session)
        stores.get(session).gstin = "29AAPFU0939F1ZR"
    with uow() as session:
        assert sell(session, GHEE).issue(session).number == "INV/26-27/000001"


def test_a_credit_note_takes_off_only_what_stands_on_the_document(session: Session) -> None:
    original, other = sell(session, GHEE).issue(session), sell(session, MILK)
    with pytest.raises(NotOnDocument):
        credit(session, original, [replace(other.items[0], hsn="0405")], reduction_id=reduce(session, original, []).id)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE documents SET total_amount = total_amount",
        "UPDATE documents SET buyer = '{}'",
        "DELETE FROM documents",
        "UPDATE document_lines SET hsn = '9999'",
        "DELETE FROM document_lines",
        "TRUNCATE documents CASCADE",
    ],
)
def test_ac46_an_issued_document_is_never_changed(store: Store, uow: UnitOfWork, change: str) -> None:
    with uow() as session:
        sell(session, GHEE, MILK).issue(session)
    with unchanged(store, change), pytest.raises(DBAPIError, match=r"permission denied|append-only"), uow() as session:
        session.execute(text(change))


def test_ac46_no_line_is_added_to_an_issued_document(store: Store, uow: UnitOfWork) -> None:
    with uow() as session:
        document = sell(session, GHEE).issue(session)
        last = queries.lines(session, document.id)[-1]
        facts = last.model_dump(exclude={"id", "created_at"})
        other = sell(session, MILK)
    for line_count, position in [(2, 3), (3, 3), (2, 2)]:
        more = facts | {"line_count": line_count, "position": position, "order_line_id": other.lines[0].id}
        with unchanged(store, more), pytest.raises(IntegrityError), uow() as session:
            session.add(DocumentLine(**more))


@pytest.mark.parametrize(
    "change",
    [
        {"total_amount": 1},
        {"cgst_amount": 1},
        {"round_off_amount": 150},
        {"number": "INV/26-27/0001234"},
        {"number": "INV 26"},
        {"kind": "tax_invoice", "exempt_amount": 5},
        {"kind": "credit_note"},
        {"serial": 1},
    ],
)
def test_ac46_the_database_itself_refuses_a_document_that_does_not_add_up(
    store: Store, uow: UnitOfWork, change: dict[str, Any]
) -> None:
    with uow() as session:
        sold, other = sell(session, GHEE), sell(session, GHEE)
        facts = sold.issue(session).model_dump(exclude={"id", "created_at"})
    facts |= {"serial": 2, "number": "INV/26-27/000002", "shipment_id": other.shipment_id} | change
    with unchanged(store, change), pytest.raises((IntegrityError, DBAPIError)), uow() as session:
        session.add(Document(**facts))


def test_gst_month_is_the_sum_of_the_documents(session: Session) -> None:
    december = datetime(2026, 12, 1, tzinfo=UTC)
    first = sell(session, GHEE, CHOCOLATE, TOMATO, rounds=True)
    original = first.issue(session)
    sell(session, MILK, GHEE, place="27").issue(session)
    sell(session, GHEE).issue(session, december)
    credit(session, original, [replace(first.items[0], quantity=1, heads=Taxed(74_762, 1_869, 1_869))])
    month = months.gst_month(session, date(2026, 11, 1), date(2026, 11, 30))
    issued = session.exec(select(Document).where(col(Document.issued_on) < date(2026, 12, 1))).all()
    for is_credit in (False, True):
        found = sum((row.credit_notes if is_credit else row.documents for row in month), Taxed())
        wanted = [document for document in issued if document.is_credit_note is is_credit]
        assert found.total_amount == sum(document.total_amount - document.round_off_amount for document in wanted)
        for head in ("cgst_amount", "sgst_amount", "igst_amount"):
            assert getattr(found, head) == sum(getattr(document, head) for document in wanted)
    by_hsn = {(row.hsn, row.rate_bp): row for row in month}
    assert by_hsn["0405", 500].quantity == 2 + 2 - 1
    assert by_hsn["0702", 0].grams == 940
