"""The states of a message, what each provider's words mean for them, and how long an SMS is.

Receipts come late, twice and out of order: a message only ever moves forward along `ADVANCES`.
"""

import math
import re
from enum import StrEnum

CHANNELS = ("email", "sms")
KINDS = ("transactional", "reminder", "marketing")
MAX_SMS_CHARACTERS = 1600  # Twilio refuses more (21617)
PHONE = re.compile(r"\+[1-9]\d{6,14}")  # E.164
EMAIL = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;.]+")
GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM7_ESCAPED = frozenset("^{}\\[~]|€\f")  # two septets each


class MessageStatus(StrEnum):
    """`sent`: a provider took it. `unknown`: a provider may have taken it; only a receipt tells."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


S = MessageStatus
_TOLD = frozenset({S.SENT, S.DELIVERED, S.BOUNCED, S.FAILED})

ADVANCES: dict[str, frozenset[MessageStatus]] = {
    S.QUEUED: _TOLD,  # a receipt is proof: an earlier attempt did leave after all
    S.SENDING: _TOLD,  # receipts may overtake the provider's answer
    S.UNKNOWN: _TOLD,
    S.SENT: frozenset({S.DELIVERED, S.BOUNCED, S.FAILED}),
    S.DELIVERED: frozenset({S.BOUNCED}),  # a mailbox may return what it had accepted
    S.BOUNCED: frozenset(),
    S.FAILED: frozenset(),
    S.SUPPRESSED: frozenset(),
    S.CANCELLED: frozenset(),
}
OPEN = frozenset({S.QUEUED, S.SENDING})  # still to be sent by us

OF_SENDGRID: dict[str, MessageStatus] = {
    "processed": S.SENT,
    "delivered": S.DELIVERED,
    "open": S.DELIVERED,
    "click": S.DELIVERED,
    "bounce": S.BOUNCED,
    "dropped": S.FAILED,
}
SENDGRID_IGNORED = {
    "deferred": "the receiving server asks to come again; SendGrid does",
    "spamreport": "a person's reaction: the message stays delivered",
    "unsubscribe": "a person's wish: the message stays delivered",
    "group_unsubscribe": "a person's wish: the message stays delivered",
    "group_resubscribe": "a person's wish: the message stays delivered",
}
OF_TWILIO: dict[str, MessageStatus] = {
    "accepted": S.SENT,  # a callback proves that Twilio has it, whatever the first answer was
    "scheduled": S.SENT,
    "queued": S.SENT,
    "sending": S.SENT,
    "sent": S.SENT,
    "delivered": S.DELIVERED,
    "read": S.DELIVERED,
    "undelivered": S.FAILED,
    "failed": S.FAILED,
    "canceled": S.FAILED,
}


def advance(present: str, told: MessageStatus) -> MessageStatus | None:
    """The new status, or None when being told `told` changes nothing."""
    return told if told in ADVANCES[present] else None


def sms_segments(text: str) -> int:
    """How many parts an SMS is sent (and paid) in.

    One holds 160 septets, of several each 153; with a character outside GSM 7-bit it is 70 and 67 units.
    """
    if set(text) <= GSM7 | GSM7_ESCAPED:
        length, single, part = sum(2 if character in GSM7_ESCAPED else 1 for character in text), 160, 153
    else:
        length, single, part = len(text.encode("utf-16-le")) // 2, 70, 67
    return 1 if length <= single else math.ceil(length / part)


def normal_recipient(channel: str, to: str) -> str | None:
    """The address as it is stored and sent to, or None when it can be none: +91 98765-43210 → +919876543210."""
    if channel == "sms":
        number = re.sub(r"[\s().-]", "", to)
        return number if PHONE.fullmatch(number) else None
    address = to.strip()
    name, _, domain = address.rpartition("@")
    return f"{name}@{domain.lower()}" if EMAIL.fullmatch(address) and len(address) <= 254 else None
