"""What SendGrid refuses in the body of mail/send."""

import re
from typing import Any

ADDRESS = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;.]+")
MAX_PERSONALIZATIONS = 1000


class Problem(Exception):
    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


def check(mail: Any) -> dict[str, Any]:
    """The body, when it is a mail; raises `Problem` for the first thing wrong with it."""
    if not isinstance(mail, dict):
        raise Problem("Bad Request")
    personalizations = mail.get("personalizations")
    if not isinstance(personalizations, list) or not personalizations:
        raise Problem("The personalizations field is required and must have at least one personalization.", "personalizations")
    if len(personalizations) > MAX_PERSONALIZATIONS:
        raise Problem("The personalizations array may hold at most 1000 entries.", "personalizations")
    for number, personal in enumerate(personalizations):
        _check_recipients(personal, f"personalizations.{number}")
    _check_address(
        mail.get("from"),
        "from.email",
        "The from object must be provided for every email send. It is an object"
        " that requires the email parameter, but may also contain a name parameter.",
    )
    templated = bool(mail.get("template_id"))
    if not templated and not mail.get("subject") and not all(personal.get("subject") for personal in personalizations):
        raise Problem(
            "The subject is required. You can get around this requirement if you use a template with a subject"
            " defined or if every personalization has a subject defined.",
            "subject",
        )
    if not templated or mail.get("content"):
        _check_content(mail.get("content"))
    return mail


def _check_recipients(personal: Any, path: str) -> None:
    if not isinstance(personal, dict) or not personal.get("to"):
        raise Problem(
            "The to array is required for all personalization objects, and must have at least one email object"
            " with a valid email address.",
            f"{path}.to",
        )
    seen: set[str] = set()
    for kind in ("to", "cc", "bcc"):
        for number, recipient in enumerate(personal.get(kind) or []):
            field = f"{path}.{kind}.{number}.email"
            address = _check_address(recipient, field, "Does not contain a valid address.").lower()
            if address in seen:
                raise Problem(
                    "Each email address in the personalization block should be unique between to, cc, and bcc."
                    f" We found the first duplicate instance of [{address}] in the {field} field.",
                    path,
                )
            seen.add(address)


def _check_address(value: Any, field: str, missing: str) -> str:
    email = value.get("email") if isinstance(value, dict) else None
    if not email:
        raise Problem(missing, field)
    if not isinstance(email, str) or not ADDRESS.fullmatch(email):
        raise Problem("Does not contain a valid address.", field)
    return email


def _check_content(content: Any) -> None:
    if not isinstance(content, list) or not content:
        raise Problem(
            "Unless a valid template_id is provided, the content parameter is required. There must be at least one"
            " defined content block.",
            "content",
        )
    types = [part.get("type") if isinstance(part, dict) else None for part in content]
    for number, part in enumerate(content):
        if not types[number] or not isinstance(part.get("value"), str) or not part["value"]:
            raise Problem("The content value must be a string at least one character in length.", f"content.{number}.value")
    if "text/plain" in types and types.index("text/plain") != 0:
        raise Problem("If present, text/plain must be first, followed by text/html, then any other content.", "content")
