"""E-mail and SMS as the providers accepted them. Nothing is ever deduplicated: the real ones would not either."""

import json
from dataclasses import dataclass, field
from typing import Any, Literal

from sandbox.ids import hex_id
from sandbox.store import Db, get_setting, put_setting

Channel = Literal["email", "sms"]


@dataclass(frozen=True)
class Message:
    """`provider_id`: X-Message-Id or sid. `facts`: custom_args, callback_url and other things the provider was told."""

    account: str
    channel: Channel
    provider_id: str
    recipient: str
    sender: str
    status: str
    at: int
    subject: str = ""
    text: str = ""
    html: str = ""
    error_code: int | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=lambda: hex_id("msg_"))


def insert(db: Db, message: Message) -> Message:
    db.execute(
        "INSERT INTO messages (id, account, channel, provider_id, recipient, sender, subject, text, html, status, error_code,"
        " at, facts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            message.id,
            message.account,
            message.channel,
            message.provider_id,
            message.recipient,
            message.sender,
            message.subject,
            message.text,
            message.html,
            message.status,
            message.error_code,
            message.at,
            json.dumps(message.facts),
        ),
    )
    return message


def find(db: Db, message_id: str) -> Message | None:
    """By the sandbox's id or the provider's (the first recipient, where a mail had several)."""
    row = db.execute(
        "SELECT * FROM messages WHERE id = ? OR provider_id = ? ORDER BY seq LIMIT 1", (message_id, message_id)
    ).fetchone()
    return None if row is None else _message(row)


def set_status(db: Db, message: Message, status: str, error_code: int | None, **facts: Any) -> None:
    db.execute(
        "UPDATE messages SET status = ?, error_code = ?, facts = ? WHERE id = ?",
        (status, error_code, json.dumps(message.facts | facts), message.id),
    )


def listing(
    db: Db, *, to: str | None = None, channel: str | None = None, account: str | None = None, limit: int = 100, skip: int = 0
) -> list[Message]:
    """Newest first. `to` matches part of the recipient, so a bare number finds `+91…`."""
    pattern = None if not to else "%" + to.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    rows = db.execute(
        "SELECT * FROM messages WHERE (? IS NULL OR recipient LIKE ? ESCAPE '\\') AND (? IS NULL OR channel = ?)"
        " AND (? IS NULL OR account = ?) ORDER BY seq DESC LIMIT ? OFFSET ?",
        (pattern, pattern, channel, channel, account, account, limit, skip),
    ).fetchall()
    return [_message(row) for row in rows]


def receipts_are_automatic(db: Db, account: str) -> bool:
    return bool(get_setting(db, account, "receipts", "auto") == "auto")


def set_receipts(db: Db, account: str, mode: str) -> None:
    put_setting(db, account, "receipts", mode)


def _message(row: Any) -> Message:
    values = {**dict(row), "facts": json.loads(row["facts"])}
    del values["seq"]
    return Message(**values)
