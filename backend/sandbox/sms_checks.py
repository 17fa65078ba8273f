"""What Twilio refuses in a message, and how many parts a text makes."""

import math
import re

NUMBER = re.compile(r"\+[1-9]\d{6,14}")
MAX_CHARACTERS = 1600
GSM7 = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà^{}\\[~]|€"
)


def check(form: dict[str, str]) -> tuple[int, str] | None:
    """The first thing wrong, as (code, message)."""
    to, sender = form.get("To", ""), form.get("From", "")
    if not to:
        return 21604, "A 'To' phone number is required."
    if not NUMBER.fullmatch(to):
        return 21211, f"Invalid 'To' Phone Number: {to}"
    if not sender and not form.get("MessagingServiceSid"):
        return 21603, "A 'From' phone number is required."
    if sender.startswith("+") and not NUMBER.fullmatch(sender):
        return 21212, f"Invalid 'From' Phone Number: {sender}"
    if sender == to:
        return 21266, "'To' and 'From' number cannot be the same"
    if not form.get("Body") and not form.get("ContentSid"):
        return 21602, "Message body is required."
    if len(form.get("Body", "")) > MAX_CHARACTERS:
        return 21617, "The concatenated message body exceeds the 1600 character limit"
    return None


def segments(text: str) -> int:
    """160 characters in one part or 153 in each of several; 70 and 67 when a character is outside GSM 7-bit."""
    one, several = (160, 153) if set(text) <= GSM7 else (70, 67)
    return 1 if len(text) <= one else math.ceil(len(text) / several)
