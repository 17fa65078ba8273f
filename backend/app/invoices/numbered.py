"""A canvas that writes `Sheet 2 of 3` at the foot of every sheet, known only when the last one is done."""

from functools import partial
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from app.invoices import lettering

SOFT = HexColor("#56655c")
SIDE, HEIGHT, SIZE = 13 * mm, 9 * mm, 7.5


class NumberedCanvas(Canvas):  # type: ignore[misc]  # reportlab has no types
    """Keeps the state of each finished sheet, and writes them all out at the end."""

    def __init__(self, *arguments: Any, foot: str, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._foot = foot
        self._sheets: list[dict[str, Any]] = []

    @classmethod
    def with_foot(cls, foot: str) -> "partial[NumberedCanvas]":
        return partial(cls, foot=foot)

    def showPage(self) -> None:  # noqa: N802 - its name there
        self._sheets.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        for number, sheet in enumerate(self._sheets, 1):
            self.__dict__.update(sheet)
            self._write_foot(f"Sheet {number} of {len(self._sheets)}")
            super().showPage()
        super().save()

    def _write_foot(self, count: str) -> None:
        self.setFont(lettering.REGULAR, SIZE)
        self.setFillColor(SOFT)
        self.drawString(SIDE, HEIGHT, self._foot)
        self.drawRightString(self._pagesize[0] - SIDE, HEIGHT, count)
