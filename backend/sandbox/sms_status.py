"""Twilio's status callbacks: a signed form post per status, to the URL given with the message."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlencode, urlsplit

from sandbox import messages
from sandbox.accounts import Account
from sandbox.messages import Message
from sandbox.store import Db
from sandbox.webhooks import events

STATUSES = ("queued", "sending", "sent", "delivered", "undelivered", "failed", "read", "canceled")
SENT = ("sent", "delivered", "undelivered", "read")


def announce(
    db: Db, account: Account, message: Message, statuses: list[str], now: int, error_code: int | None = None
) -> list[str]:
    """Move the message through the statuses, one callback each; returns the event ids."""
    dates = {"updated_at": now} | ({"sent_at": message.facts.get("sent_at", now)} if set(statuses) & set(SENT) else {})
    messages.set_status(db, message, statuses[-1], error_code, **dates)
    drafts = [
        events.Draft(status, urlencode(_form(message, status, now, error_code)), _targets(account, message))
        for status in statuses
    ]
    return events.record(db, account.id, "twilio", drafts, now)


def _form(message: Message, status: str, now: int, error_code: int | None) -> dict[str, str]:
    form = {
        "MessageSid": message.provider_id,
        "SmsSid": message.provider_id,
        "MessageStatus": status,
        "SmsStatus": status,
        "To": message.recipient,
        "From": message.sender,
        "AccountSid": message.account,
        "ApiVersion": "2010-04-01",
    }
    if message.facts["messaging_service_sid"]:
        form["MessagingServiceSid"] = message.facts["messaging_service_sid"]
    if error_code is not None:
        form["ErrorCode"] = str(error_code)
    if status in ("delivered", "undelivered"):
        form["RawDlrDoneDate"] = datetime.fromtimestamp(now, UTC).strftime("%y%m%d%H%M")
    return form


def _targets(account: Account, message: Message) -> list[events.Target]:
    """One attempt, unless the URL's fragment asks for more (`#rc=2`: two retries)."""
    url = message.facts["callback_url"]
    if not url:
        return []
    asked = parse_qs(urlsplit(url).fragment).get("rc", ["0"])[0]
    return [events.Target(url, account.secret, max_attempts=1 + (int(asked) if asked.isdecimal() else 0))]
