"""Amounts, rates, weights and dates in the words and figures of an Indian document. Pure, and exact: no float."""

from datetime import date
from typing import Final

_ONES: Final = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
]  # fmt: skip
_TENS: Final = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_PLACES: Final = ((10**7, "crore"), (10**5, "lakh"), (10**3, "thousand"), (100, "hundred"))
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MINUS: Final = "−"


def in_words(amount: int) -> str:
    """`Rupees one lakh twenty-three thousand four hundred and fifty paise only`. ValueError for less than nothing."""
    if amount < 0:
        raise ValueError("an amount in words is not negative")
    rupees, paise = divmod(amount, 100)
    if not rupees and paise:
        return f"Paise {_count(paise)} only"
    return f"{'Rupee' if rupees == 1 else 'Rupees'} {_count(rupees)}{f' and {_count(paise)} paise' if paise else ''} only"


def _count(number: int) -> str:
    """In crore, lakh and thousand; above a hundred crore the crores are counted the same way."""
    if number < len(_ONES):
        return _ONES[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return _TENS[tens] + (f"-{_ONES[ones]}" if ones else "")
    size, place = next((size, place) for size, place in _PLACES if number >= size)
    many, rest = divmod(number, size)
    return f"{_count(many)} {place}" + (f" {_count(rest)}" if rest else "")


def figures(amount: int) -> str:
    """`1,23,456.70`: paise as rupees, grouped the Indian way, without a currency sign."""
    rupees, paise = divmod(abs(amount), 100)
    digits = str(rupees)
    head, last = digits[:-3], digits[-3:]
    groups = [head[max(0, end - 2) : end] for end in range(len(head), 0, -2)][::-1]
    return f"{MINUS if amount < 0 else ''}{','.join([*groups, last])}.{paise:02d}"


def percent(rate_bp: int) -> str:
    """`5 %`, `2.5 %`."""
    whole, part = divmod(rate_bp, 100)
    return f"{whole}{f'.{part:02d}'.rstrip('0') if part else ''} %"


def kilograms(grams: int) -> str:
    """`1.940 kg`."""
    return f"{grams // 1000}.{grams % 1000:03d} kg"


def day(on: date) -> str:
    """`21 Nov 2026`: no two readings."""
    return f"{on.day} {_MONTHS[on.month - 1]} {on.year}"


def phone(number: str) -> str:
    """`+91 98765 43210`; others as they are."""
    is_plain = number.startswith("+91") and len(number) == 13 and number[1:].isdecimal()
    return f"+91 {number[3:8]} {number[8:]}" if is_plain else number
