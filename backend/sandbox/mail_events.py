"""SendGrid's event webhook: one signed JSON array per batch, custom arguments flattened into each event."""

import json
from typing import Any

from sandbox import messages
from sandbox.accounts import Account
from sandbox.ids import random_text
from sandbox.messages import Message
from sandbox.store import Db
from sandbox.webhooks import events

STATUSES = (
    "processed",
    "delivered",
    "deferred",
    "bounce",
    "dropped",
    "open",
    "click",
    "spamreport",
    "unsubscribe",
    "group_unsubscribe",
    "group_resubscribe",
)
# Reactions of a person: the mail stays delivered.
REACTIONS = ("open", "click", "spamreport", "unsubscribe", "group_unsubscribe", "group_resubscribe")

OWN_FIELDS: dict[str, dict[str, Any]] = {
    "delivered": {"response": "250 OK"},
    "deferred": {"response": "451 4.7.1 try again later", "attempt": "1"},
    "bounce": {
        "reason": "550 5.1.1 The email account that you tried to reach does not exist",
        "status": "5.1.1",
        "type": "bounce",
    },
    "dropped": {"reason": "Bounced Address", "status": "5.0.0"},
    "open": {"useragent": "Mozilla/5.0", "ip": "198.51.100.7", "sg_machine_open": False},
    "click": {
        "url": "https://example.in/",
        "url_offset": {"index": 0, "type": "html"},
        "useragent": "Mozilla/5.0",
        "ip": "198.51.100.7",
    },
    "group_unsubscribe": {"asm_group_id": 1},
    "group_resubscribe": {"asm_group_id": 1},
}


def announce(db: Db, account: Account, sent: list[Message], statuses: list[str], now: int) -> list[str]:
    """Move the messages through the statuses and report all of it in one batch; returns the batch's event id."""
    batch = [_event(message, status, now) for message in sent for status in statuses]
    for message in sent:
        kept = message.status if statuses[-1] in REACTIONS else statuses[-1]
        messages.set_status(db, message, kept, None)
    url = account.facts["event_webhook_url"]
    targets = [events.Target(url, account.facts["signing_key_pem"])] if url else []
    # The real bodies end like this; a receiver that parses and re-serialises before verifying fails here as it would there.
    body = json.dumps(batch, separators=(",", ":")) + "\r\n"
    return events.record(db, account.id, "sendgrid", [events.Draft("+".join(statuses), body, targets)], now)


def _event(message: Message, status: str, now: int) -> dict[str, Any]:
    categories = message.facts["categories"]
    return {
        **message.facts["custom_args"],
        **({"category": categories[0] if len(categories) == 1 else categories} if categories else {}),
        "email": message.recipient,
        "timestamp": now,
        "event": status,
        "sg_event_id": random_text(22),
        "sg_message_id": message.facts["sg_message_id"],
        "smtp-id": f"<{message.provider_id}@sandbox>",
        **OWN_FIELDS.get(status, {}),
    }
