"""Pictures for the documentation, taken while a test runs.

ROZANA_SCREENSHOTS=docs/screenshots scripts/test backend/tests/browser
"""

import io
import os
from contextlib import closing
from pathlib import Path

import pypdfium2
from PIL import Image, ImageChops
from playwright.sync_api import Page

from tests.browser.browsers import Screen

DIRECTORY = "ROZANA_SCREENSHOTS"
MAX_BYTES = 250_000  # a repository keeps every version of a picture for ever
COLOURS = 256
MARGIN = 40  # pixels
PAPER_SCALE = 1.2  # 86 dpi: readable, and small
DRAWN = "[...document.images].every((image) => image.complete) && document.fonts.status === 'loaded'"


class Camera:
    """Writes `<name>-<screen>.png` when the environment names a directory, otherwise does nothing."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        named = os.environ.get(DIRECTORY)
        self.directory = Path(named) if named else None

    def print(self, page: Page, name: str) -> int:
        """How many sheets of paper the page becomes; the first of them is the picture."""
        page.wait_for_function(DRAWN)
        with closing(pypdfium2.PdfDocument(page.pdf(prefer_css_page_size=True))) as document:
            if self.directory is not None:
                self._write(_cropped(document[0].render(scale=PAPER_SCALE).to_pil().convert("RGB")), name)
            return len(document)

    def shoot(self, page: Page, name: str) -> None:
        """What is on the screen, from the top of the page, with the pointer and the focus out of the way."""
        if self.directory is None:
            return
        page.wait_for_function(DRAWN)
        page.mouse.move(0, 0)
        page.evaluate("scrollTo(0, 0); document.activeElement?.blur()")
        shot = page.screenshot(animations="disabled", caret="hide")
        with Image.open(io.BytesIO(shot)) as image:
            self._write(image, f"{name}-{self.screen.name}")

    def _write(self, image: Image.Image, name: str) -> None:
        assert self.directory is not None
        self.directory.mkdir(parents=True, exist_ok=True)
        path = self.directory / f"{name}.png"
        image.convert("RGB").quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(
            path, optimize=True
        )
        assert path.stat().st_size < MAX_BYTES, f"{path} has {path.stat().st_size} bytes"


def _cropped(sheet: Image.Image) -> Image.Image:
    """Without the empty rest of the paper."""
    written = ImageChops.invert(sheet).getbbox()
    return sheet.crop((0, 0, sheet.width, min(sheet.height, written[3] + MARGIN))) if written else sheet
