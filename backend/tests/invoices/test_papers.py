"""What the sheet says: every field the law asks for, on the page and in the PDF alike, in whatever script the shop writes."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from dataclasses import replace
from html import unescape

import pypdfium2
import pytest
from sqlmodel import Session

from app.invoices import lettering, queries, setting
from app.invoices.models import Document
from app.invoices.paper import Paper, paper_of
from app.invoices.pdf import pdf
from app.invoices.rendering import page
from app.invoices.tables import PrintedLine
from app.stores import service as stores
from tests.invoices.selling import CHOCOLATE, GHEE, MILK, TOMATO, Good, credit, sell
from tests.racing import race

UnitOfWork = Callable[[], AbstractContextManager[Session]]
RULE_46 = {  # clause → what must stand on the sheet
    "a: the supplier's name": ["Test Organics Private Limited"],
    "a: the supplier's address": ["1 Test Road, Bengaluru 560001, Karnataka (29)"],
    "a: the supplier's GSTIN": ["GSTIN 29AAFCR0000Q1ZB"],
    "b: a consecutive number": ["INV/26-27/000001"],
    "c: the date of issue": ["21 Nov 2026"],
    "d, e: the recipient and the address, with State and its code": [
        "Asha Rao", "12 Temple Road", "Bengaluru 560001", "Karnataka (29)", "Not registered under GST",
    ],
    "g: HSN": ["0405", "1806", "0401"],
    "h: the description": ["A2 Cow Ghee, 500 ml jar", "Dark chocolate, 100 g", "A2 Cow Milk, 1 litre bottle"],
    "i: quantity and unit": ["2 × 500 ml", "1 × 100 g", "3 × 1 l"],
    "j: the total value": ["1,570.00", "2,142.00"],
    "k: the taxable value": ["1,495.24", "211.86"],
    "l: the rates": ["5 %", "18 %", "5 % (2.5 % + 2.5 %)", "18 % (9 % + 9 %)", "exempt"],
    "m: the tax": ["37.38", "19.07"],
    "n: the place of supply": ["Place of supply", "Karnataka (29)"],
    "o: the address of delivery": ["Deliver to", "Phone +91 98765 43210"],
    "p: reverse charge": ["Reverse charge", "No"],
    "q: the signature": ["For Test Organics Private Limited", "Authorised signatory"],
    "FSSAI, for who sells food": ["FSSAI Lic. No. 10000000000000"],
}  # fmt: skip


def words_of(html: str) -> str:
    """The text of a page, as a reader sees it."""
    body = re.sub(r"<(style|title).*?</\1>", " ", html, flags=re.S)
    return _plain(unescape(re.sub(r"<[^>]+>", " ", body)))


def words_of_pdf(content: bytes) -> str:
    with closing(pypdfium2.PdfDocument(content)) as document:
        sheets = []
        for sheet in document:
            text = sheet.get_textpage()
            sheets.append(text.get_text_range())
            text.close()
            sheet.close()
    return _plain(" ".join(sheets))


def _plain(text: str) -> str:
    return " ".join(text.replace("\N{NO-BREAK SPACE}", " ").split())


def print_(session: Session, document: Document, original: Document | None = None) -> Paper:
    return paper_of(document, queries.lines(session, document.id), original)


def food_seller(session: Session) -> None:
    ours = stores.get(session)
    ours.settings = {"invoices": ours.settings["invoices"] | {"fssai": "10000000000000", "signature_name": "K. Shanthala"}}


@pytest.mark.parametrize(
    "read", [lambda paper: words_of(page(paper)), lambda paper: words_of_pdf(pdf(paper))], ids=["page", "pdf"]
)
def test_ac46_every_field_of_rule_46_is_on_the_sheet(session: Session, read: Callable[[Paper], str]) -> None:
    food_seller(session)
    sold = sell(session, GHEE, CHOCOLATE, MILK)
    text = read(print_(session, sold.issue(session))).lower()
    missing = {clause: part for clause, parts in RULE_46.items() for part in parts if part.lower() not in text}
    assert missing == {}
    assert "rupees two thousand one hundred forty-two only" in text


def test_ac46_a_credit_note_names_what_it_reduces(session: Session) -> None:
    sold = sell(session, GHEE)
    original = sold.issue(session)
    note = credit(session, original, sold.items[:1])
    paper = print_(session, note, original)
    for text in (words_of(page(paper)), words_of_pdf(pdf(paper))):
        for part in ("Credit note", "CRN/26-27/000001", "INV/26-27/000001", "Spoilt", "1,570.00", "Total credit"):
            assert part in text


def test_between_states_there_is_one_tax_and_the_states_name(session: Session) -> None:
    text = words_of(page(print_(session, sell(session, GHEE, place="27").issue(session))))
    assert "Place of supply Maharashtra (27)" in text
    assert "IGST ₹" in text
    assert "CGST" not in text


def test_a_bill_of_supply_has_no_column_for_tax(session: Session) -> None:
    paper = print_(session, sell(session, MILK, TOMATO).issue(session))
    assert paper.title == "Bill of supply"
    assert paper.tax_rows == ()
    assert not any("GST" in column.title for column in paper.columns)


def test_a_shop_that_is_not_registered_says_so(uow: UnitOfWork) -> None:
    with uow() as session:
        stores.get(session).gstin = None
    with uow() as session:
        text = words_of(page(print_(session, sell(session, MILK).issue(session))))
    assert "not registered under GST: no tax is charged" in text
    assert "GSTIN" not in text


def test_delivery_which_has_a_line_per_product_is_printed_once_per_rate(session: Session) -> None:
    sold = sell(session, GHEE, Good("Honey", hsn="0409", amount=38_500), MILK)
    paper = print_(session, sold.issue(session))
    delivery = [row for row in paper.rows if row.cells[1] == "Delivery"]
    assert [row.cells[6] for row in delivery] == ["exempt", "5 %"]
    assert len(sold.items) == 6
    assert len(paper.rows) == 5


def test_the_table_and_the_amounts_add_up_on_paper(session: Session) -> None:
    document = sell(session, GHEE, CHOCOLATE, TOMATO, rounds=True).issue(session)
    paper = print_(session, document)

    def paise(text: str) -> int:
        return int(text.replace("₹ ", "").replace(",", "").replace(".", "").replace("−", "-"))

    *parts, total = (paise(amount.value) for amount in paper.amounts)
    assert sum(parts) == total == document.total_amount
    assert sum(paise(row.cells[-1]) for row in paper.rows) == paise(paper.sums[-1]) == total - document.round_off_amount
    assert sum(column.share for column in paper.columns) == 1000


def test_weighed_goods_show_their_weight(session: Session) -> None:
    paper = print_(session, sell(session, TOMATO).issue(session))
    assert (paper.rows[0].cells[3], paper.rows[0].note) == ("0.940\N{NO-BREAK SPACE}kg", "1 × 1 kg, weighed")


def test_papers_are_printed_at_once_by_many(session: Session) -> None:
    """The fonts are shared: what one thread shapes does not change what another prints."""
    papers = [print_(session, sell(session, Good(name)).issue(session)) for name in ("देसी घी", "தேன்", "శ్రీ కృష్ణ", "Ghee")]
    alone = [pdf(paper) for paper in papers]
    assert race(4, lambda number: pdf(papers[number])) == alone


def test_what_people_write_is_escaped(session: Session) -> None:
    sold = sell(session, Good("<script>alert(1)</script> & <b>ghee</b>", unit="<i>"))
    sold.order.address = sold.order.address | {"name": '"><img src=x onerror=alert(1)>'}
    paper = print_(session, sold.issue(session))
    html = page(paper)
    assert not re.search(r"<(script|img|b|i)\b", html.replace("<b>" + paper.words, ""))
    assert "<script>alert(1)</script> & <b>ghee</b>" in words_of_pdf(pdf(paper)).replace(" </script>", "</script>")


def test_forty_lines_go_over_sheets_with_the_head_on_each(session: Session) -> None:
    paper = print_(session, sell(session, GHEE).issue(session))
    position, _, *rest = paper.rows[0].cells
    rows = [PrintedLine((position, f"Product number {number}", *rest)) for number in range(40)]
    paper = replace(paper, rows=tuple(rows))
    content = pdf(paper)
    with closing(pypdfium2.PdfDocument(content)) as document:
        assert len(document) == 2
    text = words_of_pdf(content)
    assert text.count("Description HSN Quantity") == 2
    assert "Sheet 1 of 2" in text
    assert "Sheet 2 of 2" in text
    assert all(f"Product number {number}" in text for number in range(40))


def test_a_document_is_the_same_bytes_each_time(session: Session) -> None:
    paper = print_(session, sell(session, GHEE, TOMATO).issue(session))
    assert pdf(paper) == pdf(paper)
    assert page(paper) == page(paper)


@pytest.mark.parametrize(
    "name",
    ["देसी घी, 500 मिली", "ಸಿರಿಧಾನ್ಯ ಹಿಟ್ಟು", "తేనె", "கொண்டைக்கடலை", "মধু", "ઘઉંનો લોટ", "ਸ਼ਹਿਦ", "വെളിച്ചെണ്ണ", "ଗୁଡ଼", "Ghee ₹"],
)
def test_every_script_of_india_has_letters(name: str) -> None:
    """A letter that no font has would be printed as an empty box."""
    lettering.prepare()
    known = lettering._font(lettering.INDIC).face.charToGlyph
    assert [letter for letter in name if ord(letter) not in known] == []


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("Ghee & oil", "Ghee &amp; oil"),
        ("Mango 🥭\ufe0f, ripe ☘", "Mango , ripe"),
        ("घी Ghee", '<font name="NotoSansIndic-Regular">घी</font> Ghee'),
        ("Ghee/घी", 'Ghee/ <font name="NotoSansIndic-Regular">घी</font>'),
        ("500मिली,", '<font name="NotoSansIndic-Regular">500मिली,</font>'),
        ("2\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}1", "2\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}1"),
    ],
)
def test_a_word_is_set_in_one_font(text: str, markup: str) -> None:
    """The renderer shapes a word with the font of its first letter: the rest would come out as other letters."""
    assert lettering.markup(text) == markup


def test_scripts_are_shaped() -> None:
    """Unshaped, the vowel of कि would be printed behind its consonant, where it is typed; Latin is left alone."""
    lettering.prepare()

    def drawn(words: str) -> str:
        paragraph = setting.text(words, setting.CELL_TEXT)
        paragraph.wrap(500, 100)
        line = paragraph.blPara.lines[0]
        return " ".join(line[1]) if isinstance(line, tuple) else "".join(word.text for word in line.words)

    vowel, consonant = list(drawn("कि"))
    assert (vowel, consonant) != ("क", "ि")
    assert consonant == "क"
    assert drawn("Ghee") == "Ghee"
