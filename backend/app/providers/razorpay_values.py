"""The values inside Razorpay's entities, read without guessing."""

from typing import Any


def number(value: Any) -> int | None:
    return None if value is None else int(value)


def paise(value: Any) -> int:
    """A whole number of paise; ValueError for 19.99, which `int` would make 19."""
    if isinstance(value, bool | float):
        raise ValueError(f"{value!r} is no whole number of paise")
    return int(value)


def maybe_paise(value: Any) -> int | None:
    return None if value is None else paise(value)


def one_of(known: frozenset[str], word: Any) -> str:
    if word not in known:
        raise ValueError(f"unknown status {word!r}")
    return str(word)
