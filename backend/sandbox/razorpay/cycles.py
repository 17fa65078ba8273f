"""The cycles of a mandate: within one, UPI lets a merchant debit once."""

from datetime import datetime, timedelta

from sandbox.rendering import INDIA

# Peak hours, in which NPCI carries out no debits of mandates: minutes of the Indian day.
PEAKS = ((10 * 60, 13 * 60), (17 * 60, 21 * 60 + 30))
MONTHS = {"monthly": 1, "bimonthly": 2, "quarterly": 3, "half_yearly": 6, "yearly": 12}


def cycle_of(frequency: str, unix_seconds: int) -> str | None:
    """A name for the cycle an instant falls in, by the Indian calendar; None where debits are as presented, without cycles."""
    day = datetime.fromtimestamp(unix_seconds, INDIA).date()
    match frequency:
        case "as_presented":
            return None
        case "daily":
            return day.isoformat()
        case "weekly":
            return (day - timedelta(days=day.weekday())).isoformat()
        case "fortnightly":
            return f"{day:%Y-%m}-{1 if day.day <= 15 else 16}"
    return f"{day.year}-{(day.month - 1) // MONTHS[frequency]}"


def is_peak(unix_seconds: int) -> bool:
    instant = datetime.fromtimestamp(unix_seconds, INDIA)
    minute = instant.hour * 60 + instant.minute
    return any(start <= minute < end for start, end in PEAKS)
