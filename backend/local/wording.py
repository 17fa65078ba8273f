"""Money, days and facts as people in India read them."""

from datetime import date, datetime, timedelta, timezone

from local.shop import Json

INDIA = timezone(timedelta(hours=5, minutes=30), "IST")  # the demonstration shop's zone; it knows no summer time


def rupees(amount: int) -> str:
    """Paise as people in India write them: 1234567 is ₹12,345.67, and 12345678900 is ₹12,34,56,789.00."""
    whole, paise = divmod(abs(amount), 100)
    head, tail = str(whole)[:-3], str(whole)[-3:]
    groups = [head[max(0, end - 2) : end] for end in range(len(head), 0, -2)][::-1]
    return f"{'-' if amount < 0 else ''}₹{','.join([*groups, tail])}.{paise:02d}"


def day(of: date) -> str:
    """As the shop writes it in its messages: Friday, 4 December."""
    return f"{of:%A}, {of.day} {of:%B}"


def moment(at: datetime) -> str:
    """In the shop's zone: Wed 2 Dec, 06:00."""
    local = at.astimezone(INDIA)
    return f"{local:%a} {local.day} {local:%b}, {local:%H:%M}"


def sentence(fact: Json) -> str:
    """A fact of an explanation: when (in the shop's zone), who, what, why, and before → after."""
    changes = ", ".join(f"{name} {_change(value)}" for name, value in fact["changes"].items())
    why = f" ({fact['why']})" if fact["why"] else ""
    at = datetime.fromisoformat(fact["at"]).astimezone(INDIA)
    return f"{at.day} {at:%b %H:%M:%S} {fact['who']}: {fact['what']}{why}{': ' + changes if changes else ''}"


def _change(value: object) -> str:
    """A changed field's [before, after] as an arrow."""
    return " → ".join(map(str, value)) if isinstance(value, list) else str(value)
