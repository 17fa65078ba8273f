"""How the PDF looks: its measures, colours, letters, and the two kinds of table it is made of."""

import functools
from collections.abc import Sequence
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_CENTER, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph, Table, TableStyle

from app.invoices import lettering

MARGIN, FOOT = 13 * mm, 16 * mm
HEIGHT, WIDTH = A4[1], A4[0] - 2 * MARGIN
INK, SOFT, LINE, WASH, LEAF = (HexColor(code) for code in ("#16211b", "#56655c", "#d5ddd8", "#f1f5f2", "#1d6b45"))
CELL, HEAD_SIZE, PADDING = 8, 7, 2.6  # points; a cell of 8 points has room for amounts of lakhs
ALL = ((0, 0), (-1, -1))


def _style(name: str, **more: Any) -> ParagraphStyle:
    base: dict[str, Any] = {"fontName": lettering.REGULAR, "fontSize": 8.5, "leading": 11.5, "textColor": INK}
    return ParagraphStyle(name, **base | more)


TEXT, STRONG = _style("text"), _style("strong", fontName=lettering.BOLD)
RIGHT, CENTER = _style("right", alignment=TA_RIGHT), _style("center", alignment=TA_CENTER)
SMALL = _style("small", textColor=SOFT, fontSize=7.2, leading=9.4)
SMALL_RIGHT, SMALL_CENTER = SMALL.clone("small right", alignment=TA_RIGHT), SMALL.clone("small center", alignment=TA_CENTER)
LABEL = _style("label", fontName=lettering.BOLD, textColor=SOFT, fontSize=HEAD_SIZE, leading=9)
CELL_TEXT = _style("cell", fontSize=CELL, leading=10.5)
CELL_RIGHT = CELL_TEXT.clone("cell right", alignment=TA_RIGHT)
SHOP = _style("shop", fontName=lettering.BOLD, textColor=LEAF, fontSize=16, leading=20)
TITLE = _style("title", fontName=lettering.BOLD, fontSize=13, leading=20, alignment=TA_RIGHT)
TOTAL = _style("total", fontName=lettering.BOLD, textColor=LEAF, fontSize=11.5, leading=15)
TOTAL_RIGHT = TOTAL.clone("total right", alignment=TA_RIGHT)


def text(words: str, style: ParagraphStyle) -> Paragraph:
    """Lines that wrap. Only what is not Latin is shaped: shaping costs more than all the rest."""
    return Paragraph(lettering.markup(words), style if lettering.is_latin(words) else _shaped(style))


def bold(words: str) -> str:
    """Markup of a part that stands out."""
    return f'<font name="{lettering.BOLD}">{lettering.markup(words)}</font>'


def grid(cells: Sequence[Sequence[Any]], widths: Sequence[float], align: str = "TOP") -> Table:
    """Things beside and below one another, without lines; `widths` are shares of the sheet's."""
    table = Table(cells, [WIDTH * share for share in widths])
    none = [(side, *ALL, 0) for side in ("LEFTPADDING", "TOPPADDING", "BOTTOMPADDING", "RIGHTPADDING")]
    table.setStyle(TableStyle([*none, ("VALIGN", *ALL, align), ("RIGHTPADDING", (0, 0), (-2, -1), 8)]))
    return table


def ruled(head: Sequence[str], rows: Sequence[Sequence[Any]], kinds: Sequence[str], widths: Sequence[float]) -> Table:
    """A head, repeated on every sheet, and rows parted by lines. Cells are flowables, or text of one line: figures, codes."""
    table = Table([list(head), *rows], [WIDTH * share for share in widths], repeatRows=1)
    style: list[Any] = [
        ("FONT", *ALL, lettering.REGULAR, CELL, 10.5),
        ("TEXTCOLOR", *ALL, INK),
        ("VALIGN", *ALL, "TOP"),
        *((side, *ALL, PADDING) for side in ("LEFTPADDING", "RIGHTPADDING")),
        *((side, *ALL, 3.2) for side in ("TOPPADDING", "BOTTOMPADDING")),
        ("LINEBELOW", *ALL, 0.4, LINE),
        ("FONT", (0, 0), (-1, 0), lettering.BOLD, HEAD_SIZE, 9),
        ("TEXTCOLOR", (0, 0), (-1, 0), SOFT),
        ("BACKGROUND", (0, 0), (-1, 0), WASH),
        ("LINEBELOW", (0, 0), (-1, 0), 0.8, LEAF),
    ]
    for place, kind in enumerate(kinds):
        if kind in ("number", "sum", "measure"):
            style.append(("ALIGN", (place, 0), (place, -1), "RIGHT"))
        if kind == "sum":
            style.append(("FONTNAME", (place, 1), (place, -1), lettering.BOLD))
    table.setStyle(TableStyle(style))
    return table


def with_sums(table: Table) -> Table:
    """The last row is the sum of the others, and never stands alone on a sheet."""
    last = ((0, -1), (-1, -1))
    style = [("FONTNAME", *last, lettering.BOLD), ("BACKGROUND", *last, WASH), ("LINEBELOW", *last, 0.8, LEAF)]
    table.setStyle(TableStyle([*style, ("NOSPLIT", (0, -2), (-1, -1))]))
    return table


def beside(left: Flowable | list[Flowable] | str, right: Flowable | list[Flowable], align: str = "TOP") -> Table:
    """A wide block, and one at the right edge."""
    return grid([[left, "", right]], [0.56, 0.08, 0.36], align)


@functools.cache
def _shaped(style: ParagraphStyle) -> ParagraphStyle:
    return style.clone(f"{style.name} shaped", shaping=1)
