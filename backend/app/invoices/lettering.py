"""The fonts of the PDF: one for Latin, in two weights, and one that has India's scripts too, read when a text needs it.

India's scripts are shaped (HarfBuzz), or their vowels and conjuncts would stand in the wrong places. A word is shaped as a
whole, by one font and the rules of one script: so the font is chosen per word, and a word of two scripts is parted.
"""

import functools
import re
import threading
import unicodedata
from html import escape
from pathlib import Path

from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfbase.ttfonts import TTFont

FONTS = Path(__file__).parent / "fonts"
REGULAR, BOLD, INDIC = "NotoSans-Regular", "NotoSans-Bold", "NotoSansIndic-Regular"
INDIC_SCRIPTS = range(0x0900, 0x0D80)  # in blocks of 128: Devanagari, Bengali, …, Malayalam
BLOCK = 0x80
PICTURES = ("So", "Sk", "Mn", "Cf", "Cs", "Co")  # Unicode's kinds of which emoji are made
_LOADING = threading.RLock()
COMMON = "\u0964\u0965"  # danda: every script ends its sentences with Devanagari's


def prepare() -> None:
    """Make the Latin fonts known. Safe to run twice."""
    for name in (REGULAR, BOLD):
        _font(name)


def markup(text: str) -> str:
    """`text` for a reportlab paragraph: escaped, and each word in a font that has its letters."""
    return " ".join(_word(word) for word in re.split(r"[ \t\r\n]+", _part_scripts(_without_pictures(text))))


def is_latin(text: str) -> bool:
    """The Latin font has all its letters: it need not be shaped."""
    known = _font(REGULAR).face.charToGlyph
    return all(ord(letter) in known for letter in text)


def _word(word: str) -> str:
    escaped = escape(word, quote=False)
    if is_latin(word):
        return escaped
    _font(INDIC)
    return f'<font name="{INDIC}">{escaped}</font>'


def _without_pictures(text: str) -> str:
    """Emoji are left out: an empty box in their place says less."""
    return "".join(letter for letter in text if unicodedata.category(letter) not in PICTURES or _has(letter)).strip()


def _has(letter: str) -> bool:
    return ord(letter) in _font(REGULAR).face.charToGlyph or ord(letter) in _font(INDIC).face.charToGlyph


def _part_scripts(text: str) -> str:
    """`Ghee/घी` → `Ghee/ घी`: a space wherever a word goes over into another script."""
    parted: list[str] = []
    last = ""
    for letter in text:
        script = _script(letter)
        if script and last and script != last:
            parted.append(" ")
        parted.append(letter)
        last = "" if letter.isspace() else script or last
    return "".join(parted)


def _script(letter: str) -> str:
    """Which of those that are shaped by rules of their own; empty for digits and signs, which belong to any."""
    if ord(letter) in INDIC_SCRIPTS and letter not in COMMON:
        return str(ord(letter) // BLOCK)
    return "Latin" if re.match(r"[^\W\d_]", letter) else ""


def _font(name: str) -> TTFont:
    with _LOADING:
        return _load(name)


@functools.cache
def _load(name: str) -> TTFont:
    font = TTFont(name, str(FONTS / f"{name}.ttf"), shapable=True)
    _name_all_glyphs(font)
    registerFont(font)
    return font


def _name_all_glyphs(font: TTFont) -> None:
    """The renderer needs a letter for each glyph and makes them up where shaping first meets one. Made up in the glyphs' order,
    they are the same in every process, so the same document is the same bytes; and threads find nothing left to change.
    """
    shaper, face = font.hbFont(), font.face
    for glyph in range(face.numGlyphs):
        if glyph not in face.glyphToChar:
            font.hbAddPrivate(shaper.glyph_to_string(glyph), glyph, shaper.get_glyph_h_advance(glyph))
