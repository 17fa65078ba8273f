"""Kinds of text that request bodies share, with their limits."""

import re
from datetime import date
from typing import Annotated

from pydantic import BeforeValidator, StringConstraints

# One line; PostgreSQL takes no NUL, and nobody's name has a tab. Nor marks that turn the text after them round: on a packing
# slip an address would read as another. The joiners of Indian scripts (U+200C, U+200D) are letters' companions and stay.
NO_CONTROLS = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]*$"
NO_NUL = r"^[^\x00]*$"  # for what is only looked for

OptionalLine = Annotated[str, StringConstraints(strip_whitespace=True, max_length=120, pattern=NO_CONTROLS)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120, pattern=NO_CONTROLS)]
PhoneText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=5, max_length=32, pattern=NO_CONTROLS)]
EmailText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=254, pattern=NO_CONTROLS)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=NO_CONTROLS)]

ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _written_as_a_day(value: object) -> object:
    """A number of seconds, or an instant, would be taken for a day as well: of UTC, which is not the store's."""
    if not isinstance(value, str) or not ISO_DAY.fullmatch(value):
        raise ValueError("a day is written as 2026-12-04")
    return value


Day = Annotated[date, BeforeValidator(_written_as_a_day)]
