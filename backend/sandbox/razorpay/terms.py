"""The terms of a mandate that an order may ask its customer to approve: limit, frequency, validity."""

from dataclasses import asdict, dataclass
from typing import Any

from sandbox.razorpay.entities import Entity, load
from sandbox.razorpay.errors import refuse_unknown, refused
from sandbox.store import Db

YEAR_SECONDS = 365 * 24 * 60 * 60
DEFAULT_YEARS, MOST_YEARS = 10, 30
LEAST_LIMIT = 100  # paise
MOST_LIMIT = {"upi": 9_999_900, "card": 1_500_000}  # more needs a merchant category of its own, or the cardholder each time
FREQUENCIES = {
    "upi": (
        "daily",
        "weekly",
        "fortnightly",
        "bimonthly",
        "monthly",
        "quarterly",
        "half_yearly",
        "yearly",
        "as_presented",
    ),
    "card": ("weekly", "monthly", "yearly", "as_presented"),
}
IN_WORDS = {
    "daily": "once a day",
    "weekly": "once a week",
    "fortnightly": "twice a month",
    "bimonthly": "once in two months",
    "monthly": "once a month",
    "quarterly": "once in three months",
    "half_yearly": "once in six months",
    "yearly": "once a year",
    "as_presented": "whenever a payment is due",
}
WITHOUT_DAY = ("daily", "as_presented")
RECURRING_TYPES = ("on", "before", "after")
ACCEPTED = {"max_amount", "expire_at", "frequency", "recurring_value", "recurring_type", "notes"}


@dataclass(frozen=True)
class Terms:
    customer_id: str
    method: str
    max_amount: int
    expire_at: int
    frequency: str
    recurring_value: int | None
    recurring_type: str | None


def asked(db: Db, account: str, body: dict[str, Any], now: int) -> Terms | None:
    """The terms in the body of a new order, checked; None for an order that asks for no mandate."""
    customer_id, method, token = body.get("customer_id"), body.get("method"), body.get("token")
    if customer_id is not None:
        load(db, account, "customer", str(customer_id))
    if token is None:
        return None
    if customer_id is None:
        raise refused("The customer id field is required.", field="customer_id")
    if method is None:
        raise refused("The method field is required.", field="method")
    if method not in FREQUENCIES:
        raise refused("The selected method is invalid.", field="method")
    if body["currency"] != "INR":
        raise refused(f"The currency should be INR when method is {method}", field="currency")
    if not isinstance(token, dict):
        raise refused("The token must be an array.", field="token")
    refuse_unknown(token, ACCEPTED)
    frequency = _frequency(token.get("frequency"), method)
    return Terms(
        customer_id,
        method,
        _limit(token.get("max_amount"), method),
        _expiry(token.get("expire_at"), now),
        frequency,
        _day(token.get("recurring_value"), frequency),
        _one_of(token.get("recurring_type"), RECURRING_TYPES, "recurring_type"),
    )


def kept(terms: Terms | None) -> dict[str, Any] | None:
    """As an order remembers them, where nobody sees it."""
    return None if terms is None else asdict(terms)


def of_order(order: Entity) -> Terms | None:
    remembered = order.hidden.get("terms")
    return None if remembered is None else Terms(**remembered)


def _limit(amount: Any, method: str) -> int:
    most = MOST_LIMIT[method]
    if _whole(amount, "token.max_amount", required=True) is None or not LEAST_LIMIT <= amount <= most:
        raise refused(f"The token.max_amount must be between {LEAST_LIMIT} and {most}.", field="token.max_amount")
    return int(amount)


def _expiry(at: Any, now: int) -> int:
    if _whole(at, "token.expire_at") is None:
        return now + DEFAULT_YEARS * YEAR_SECONDS
    if not now < at <= now + (MOST_YEARS + 1) * YEAR_SECONDS:  # a year's grace for leap days and round dates
        raise refused(f"The token.expire_at must be in the future, at most {MOST_YEARS} years.", field="token.expire_at")
    return int(at)


def _frequency(frequency: Any, method: str) -> str:
    if frequency is None:
        raise refused("The token.frequency field is required.", field="token.frequency")
    return str(_one_of(frequency, FREQUENCIES[method], "frequency"))


def _day(value: Any, frequency: str) -> int | None:
    if _whole(value, "token.recurring_value") is None:
        return None
    most = 7 if frequency == "weekly" else 31
    if frequency in WITHOUT_DAY or not 1 <= value <= most:
        raise refused(f"The token.recurring_value is invalid for the frequency {frequency}.", field="token.recurring_value")
    return int(value)


def _one_of(value: Any, allowed: tuple[str, ...], name: str) -> str | None:
    if value is not None and value not in allowed:
        raise refused(f"The selected token.{name} is invalid.", field=f"token.{name}")
    return None if value is None else str(value)


def _whole(value: Any, field: str, required: bool = False) -> int | None:
    if value is None and not required:
        return None
    if value is None:
        raise refused(f"The {field} field is required.", field=field)
    if not isinstance(value, int) or isinstance(value, bool):
        raise refused(f"The {field} must be an integer.", field=field)
    return value
