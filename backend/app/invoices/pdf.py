"""The document as a PDF, set by the same `Paper` as the page: A4, the table's head on every sheet, sheets numbered."""

import io
from collections.abc import Sequence
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_CENTER, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
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
from app.invoices.numbered import NumberedCanvas
from app.invoices.paper import Paper, Party
from app.invoices.tables import Amount, Column

MARGIN, FOOT = 13 * mm, 16 * mm
WIDTH = A4[0] - 2 * MARGIN
INK, SOFT, LINE, WASH, LEAF = (HexColor(code) for code in ("#16211b", "#56655c", "#d5ddd8", "#f1f5f2", "#1d6b45"))
_BASE: dict[str, Any] = {"fontName": lettering.REGULAR, "fontSize": 8.5, "leading": 11.5, "textColor": INK, "shaping": 1}


def _style(name: str, **more: Any) -> ParagraphStyle:
    return ParagraphStyle(name, **_BASE | more)


TEXT = _style("text")
RIGHT = _style("right", alignment=TA_RIGHT)
STRONG = _style("strong", fontName=lettering.BOLD)
STRONG_RIGHT = _style("strong right", fontName=lettering.BOLD, alignment=TA_RIGHT)
SMALL = _style("small", textColor=SOFT, fontSize=7.5, leading=10)
SMALL_RIGHT = _style("small right", textColor=SOFT, fontSize=7.5, leading=10, alignment=TA_RIGHT)
HEAD = _style("head", fontName=lettering.BOLD, textColor=SOFT, fontSize=7.2, leading=9)
HEAD_RIGHT = _style("head right", fontName=lettering.BOLD, textColor=SOFT, fontSize=7.2, leading=9, alignment=TA_RIGHT)
SHOP = _style("shop", fontName=lettering.BOLD, textColor=LEAF, fontSize=16, leading=20)
TITLE = _style("title", fontName=lettering.BOLD, fontSize=13, leading=20, alignment=TA_RIGHT)
TOTAL = _style("total", fontName=lettering.BOLD, textColor=LEAF, fontSize=11.5, leading=15)
TOTAL_RIGHT = _style("total right", fontName=lettering.BOLD, textColor=LEAF, fontSize=11.5, leading=15, alignment=TA_RIGHT)
CENTER = _style("center", alignment=TA_CENTER)
SMALL_CENTER = _style("small center", textColor=SOFT, fontSize=7.5, leading=10, alignment=TA_CENTER)


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
    frame = Frame(MARGIN, FOOT, WIDTH, A4[1] - MARGIN - FOOT, leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0)
    template.addPageTemplates(PageTemplate(frames=[frame]))
    template.build(_story(paper), canvasmaker=NumberedCanvas.with_foot(paper.footer))
    return to.getvalue()


def _story(paper: Paper) -> list[Flowable]:
    end = [_comes_to(paper), Spacer(0, 4 * mm), _words(paper), Spacer(0, 8 * mm), _signed(paper)]
    return [
        _head(paper),
        HRFlowable(width="100%", thickness=1.6, color=LEAF, spaceBefore=3 * mm, spaceAfter=4 * mm),
        _about(paper),
        Spacer(0, 5 * mm),
        _lines(paper),
        Spacer(0, 5 * mm),
        KeepTogether(end),
    ]


def _head(paper: Paper) -> Table:
    seller = [_text(paper.seller.name, SHOP), *(_text(line, TEXT) for line in paper.seller.lines)]
    title = [_text(paper.title, TITLE), _text(paper.copy.upper(), SMALL_RIGHT)]
    return _grid([[seller, title]], [WIDTH * 0.6, WIDTH * 0.4])


def _about(paper: Paper) -> Table:
    facts = _grid([[_text(label, SMALL), _text(value, STRONG)] for label, value in paper.facts], [WIDTH * 0.13, WIDTH * 0.25])
    return _grid([[*(_party(party) for party in paper.parties), facts]], [WIDTH * 0.31, WIDTH * 0.31, WIDTH * 0.38])


def _party(party: Party) -> list[Flowable]:
    return [_text(party.heading.upper(), HEAD), _text(party.name, STRONG), *(_text(line, TEXT) for line in party.lines)]


def _lines(paper: Paper) -> Table:
    cells: list[list[Any]] = [[_text(column.title, HEAD if _is_left(column) else HEAD_RIGHT) for column in paper.columns]]
    cells += [
        [_cell(text, column, row.note) for text, column in zip(row.cells, paper.columns, strict=True)] for row in paper.rows
    ]
    strong = (STRONG, STRONG_RIGHT)
    cells.append([_text(text, strong[not _is_left(column)]) for text, column in zip(paper.sums, paper.columns, strict=True)])
    table = Table(cells, [WIDTH * column.share / 1000 for column in paper.columns], repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                *_PADDING,
                ("VALIGN", (0, 0), (-1, 0), "BOTTOM"),
                ("BACKGROUND", (0, 0), (-1, 0), WASH),
                ("BACKGROUND", (0, -1), (-1, -1), WASH),
                ("LINEBELOW", (0, 1), (-1, -2), 0.4, LINE),
                ("LINEBELOW", (0, 0), (-1, 0), 0.8, LEAF),
                ("LINEBELOW", (0, -1), (-1, -1), 0.8, LEAF),
                ("NOSPLIT", (0, -2), (-1, -1)),  # the sum never stands alone on a sheet
            ]
        )
    )
    return table


def _cell(text: str, column: Column, note: str) -> list[Flowable]:
    style = TEXT if _is_left(column) else STRONG_RIGHT if column.kind == "sum" else RIGHT
    cell: list[Flowable] = [_text(text, style)]
    return [*cell, _text(note, SMALL)] if note and column.kind == "text" else cell


def _comes_to(paper: Paper) -> Table:
    amounts = _grid([_amount(amount) for amount in paper.amounts], [WIDTH * 0.17, WIDTH * 0.19])
    amounts.setStyle(TableStyle([("LINEABOVE", (0, -1), (-1, -1), 1, LEAF), ("TOPPADDING", (0, -1), (-1, -1), 4)]))
    return _grid([[_tax(paper), "", amounts]], [WIDTH * 0.57, WIDTH * 0.07, WIDTH * 0.36])


def _amount(amount: Amount) -> list[Flowable]:
    left, right = (TOTAL, TOTAL_RIGHT) if amount.is_total else (TEXT, RIGHT)
    return [_text(amount.label, left), _text(amount.value, right)]


def _tax(paper: Paper) -> list[Flowable] | str:
    if not paper.tax_rows:
        return ""
    cells = [[_text(title, HEAD_RIGHT if place else HEAD) for place, title in enumerate(paper.tax_columns)]]
    cells += [[_text(text, RIGHT if place else TEXT) for place, text in enumerate(row)] for row in paper.tax_rows]
    rest = WIDTH * 0.57 * 0.7 / (len(paper.tax_columns) - 1)
    table = Table(cells, [WIDTH * 0.57 * 0.3, *([rest] * (len(paper.tax_columns) - 1))])
    table.setStyle(TableStyle([*_PADDING, ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE), ("BACKGROUND", (0, 0), (-1, 0), WASH)]))
    return [_text("TAX BY RATE", HEAD), Spacer(0, 1.5 * mm), table]


def _words(paper: Paper) -> Paragraph:
    return Paragraph(f'In words: <font name="{lettering.BOLD}">{lettering.markup(paper.words)}</font>', TEXT)


def _signed(paper: Paper) -> Table:
    whose, name, role = paper.signature
    block: list[Flowable] = [_text(whose, CENTER), Spacer(0, 13 * mm), HRFlowable(width="100%", thickness=0.6, color=INK)]
    block += [_text(name, CENTER)] if name else []
    widths = [WIDTH * share for share in (0.5, 0.14, 0.36)]
    return _grid([[_text(paper.declaration, SMALL), "", [*block, _text(role, SMALL_CENTER)]]], widths, "BOTTOM")


_PADDING = [
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), 3.5),
    ("RIGHTPADDING", (0, 0), (-1, -1), 3.5),
    ("TOPPADDING", (0, 0), (-1, -1), 3.5),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 3.5),
]


def _grid(cells: Sequence[Sequence[Any]], widths: Sequence[float], align: str = "TOP") -> Table:
    """Things beside and below one another, without lines."""
    table = Table(cells, widths)
    sides = [(side, (0, 0), (-1, -1), 0) for side in ("LEFTPADDING", "TOPPADDING", "BOTTOMPADDING")]
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), align),
                *sides,
                ("RIGHTPADDING", (0, 0), (-2, -1), 8),
                ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
            ]
        )
    )
    return table


def _text(text: str, style: ParagraphStyle) -> Paragraph:
    return Paragraph(lettering.markup(text), style)


def _is_left(column: Column) -> bool:
    return column.kind in ("text", "code")
