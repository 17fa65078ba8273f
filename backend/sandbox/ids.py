"""Ids in the providers' own shapes."""

import secrets
import string
import uuid

ALPHANUMERIC = string.ascii_letters + string.digits


def razorpay_id(prefix: str) -> str:
    """`order_IluGWxBm9U8zJ8`: a prefix and 14 case-sensitive characters."""
    return f"{prefix}_{random_text(14)}"


def random_text(length: int) -> str:
    return "".join(secrets.choice(ALPHANUMERIC) for _ in range(length))


def hex_id(prefix: str) -> str:
    """`SM` and 32 hex digits, as Twilio's sids."""
    return f"{prefix}{uuid.uuid4().hex}"
