"""Money is an integer number of paise, with its currency beside it. No float, no Decimal, anywhere."""

from collections.abc import Sequence
from decimal import Decimal  # only to print

from babel.numbers import format_currency

MAX_AMOUNT = 10**13  # paise, ₹1,000 crore: far above any order, far below BIGINT; larger input is a mistake or an attack


def share(amount: int, weights: Sequence[int]) -> list[int]:
    """Split `amount` by `weights` to the paisa: the parts sum to `amount`, no part is off by more than one paisa.

    The largest remainders get the left-over paise; equal ones from the front. All weights 0: everything to the first part.
    Negative weights raise ValueError.
    """
    if not weights or any(weight < 0 for weight in weights):
        raise ValueError("weights must be non-negative and not empty")
    total = sum(weights)
    if total == 0:
        return [amount, *([0] * (len(weights) - 1))]
    sign, magnitude = (-1, -amount) if amount < 0 else (1, amount)
    parts = [magnitude * weight // total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(magnitude * weights[i] % total), i))
    for i in by_remainder[: magnitude - sum(parts)]:
        parts[i] += 1
    return [sign * part for part in parts]


def format_money(amount: int, currency: str = "INR", locale: str = "en_IN") -> str:
    """`₹1,234.50` for people. Exact: the paise are placed as digits, never divided as a float."""

    return str(format_currency(Decimal(amount).scaleb(-2), currency, locale=locale))
