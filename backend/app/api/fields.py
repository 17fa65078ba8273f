"""Kinds of text that request bodies share, with their limits."""

from typing import Annotated

from pydantic import StringConstraints

NO_CONTROLS = r"^[^\x00-\x1f\x7f-\x9f]*$"  # one line; PostgreSQL takes no NUL, and nobody's name has a tab

OptionalLine = Annotated[str, StringConstraints(strip_whitespace=True, max_length=120, pattern=NO_CONTROLS)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120, pattern=NO_CONTROLS)]
PhoneText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=5, max_length=32, pattern=NO_CONTROLS)]
EmailText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=254, pattern=NO_CONTROLS)]
