"""The document as a PDF, set by the same `Paper` as the page: A4, the table's head on every sheet, sheets numbered."""

import io
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    HRFlowable,
    KeepTogether,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from app.invoices import lettering
from app.invoices import setting as look
from app.invoices.numbered import NumberedCanvas
from app.invoices.paper import Paper, Party
from app.invoices.setting import beside, grid, ruled, text
from app.invoices.tables import Amount, PrintedLine


def pdf(paper: Paper) -> bytes:
    """The same bytes for the same document, whenever it is asked for."""
    lettering.prepare()
    to = io.BytesIO()
    template = BaseDocTemplate(
        to,
        pagesize=A4,
        title=f"{paper.title} {paper.number}",
        author=paper.seller.name,
        creator="Rozana",
        lang="en-IN",
        invariant=1,
    )
    none = dict.fromkeys(("leftPadding", "rightPadding", "topPadding", "bottomPadding"), 0)
    frame = Frame(look.MARGIN, look.FOOT, look.WIDTH, look.HEIGHT - look.MARGIN - look.FOOT, **none)
    template.addPageTemplates(PageTemplate(frames=[frame]))
    template.build(_story(paper), canvasmaker=NumberedCanvas.with_foot(paper.footer))
    return to.getvalue()


def _story(paper: Paper) -> list[Flowable]:
    words = Paragraph(f"In words: {look.bold(paper.words)}", look.TEXT)
    return [
        _head(paper),
        HRFlowable(width="100%", thickness=1.6, color=look.LEAF, spaceBefore=3 * mm, spaceAfter=4 * mm),
        _about(paper),
        Spacer(0, 4 * mm),
        _lines(paper),
        Spacer(0, 5 * mm),
        KeepTogether([beside(_tax(paper), _comes_to(paper)), Spacer(0, 4 * mm), words, Spacer(0, 8 * mm), _signed(paper)]),
    ]


def _head(paper: Paper) -> Table:
    seller = [text(paper.seller.name, look.SHOP), *(text(line, look.TEXT) for line in paper.seller.lines)]
    return grid([[seller, [text(paper.title, look.TITLE), text(paper.copy.upper(), look.SMALL_RIGHT)]]], [0.6, 0.4])


def _about(paper: Paper) -> Table:
    facts = grid([[text(label, look.SMALL), text(value, look.STRONG)] for label, value in paper.facts], [0.13, 0.23])
    return grid([[*(_party(party) for party in paper.parties), facts]], [0.32, 0.32, 0.36])


def _party(party: Party) -> list[Flowable]:
    lines = [text(line, look.TEXT) for line in party.lines]
    return [text(party.heading.upper(), look.LABEL), text(party.name, look.STRONG), *lines]


def _lines(paper: Paper) -> Table:
    kinds = [column.kind for column in paper.columns]
    rows = [[_cell(row, cell, kind) for cell, kind in zip(row.cells, kinds, strict=True)] for row in paper.rows]
    titles, widths = [column.title for column in paper.columns], [column.share / 1000 for column in paper.columns]
    return look.with_sums(ruled(titles, [*rows, list(paper.sums)], kinds, widths))


def _cell(row: PrintedLine, cell: str, kind: str) -> Any:
    if kind == "text":
        return [text(cell, look.CELL_TEXT), *([text(row.note, look.SMALL)] if row.note else [])]
    return text(cell, look.CELL_RIGHT) if kind == "measure" else cell


def _tax(paper: Paper) -> list[Flowable] | str:
    if not paper.tax_rows:
        return ""
    others = len(paper.tax_columns) - 1
    kinds, widths = ["text", *["number"] * others], [0.17, *[0.39 / others] * others]
    return [text("TAX BY RATE", look.LABEL), Spacer(0, 1.5 * mm), ruled(paper.tax_columns, paper.tax_rows, kinds, widths)]


def _comes_to(paper: Paper) -> Table:
    table = grid([_amount(amount) for amount in paper.amounts], [0.16, 0.2])
    table.setStyle(TableStyle([("LINEABOVE", (0, -1), (-1, -1), 1, look.LEAF), ("TOPPADDING", (0, -1), (-1, -1), 4)]))
    return table


def _amount(amount: Amount) -> list[Flowable]:
    left, right = (look.TOTAL, look.TOTAL_RIGHT) if amount.is_total else (look.TEXT, look.RIGHT)
    return [text(amount.label, left), text(amount.value, right)]


def _signed(paper: Paper) -> Table:
    whose, name, role = paper.signature
    rule = HRFlowable(width="100%", thickness=0.6, color=look.INK, spaceBefore=0, spaceAfter=1 * mm)
    block = [text(whose, look.CENTER), Spacer(0, 12 * mm), rule, *([text(name, look.CENTER)] if name else [])]
    return beside(text(paper.declaration, look.SMALL), [*block, text(role, look.SMALL_CENTER)], "BOTTOM")
