"""Sending an event again by hand: same id, same body, at once, whatever became of its own deliveries."""

from typing import Any

from sandbox import accounts
from sandbox.box import Box
from sandbox.store import Db, Store
from sandbox.webhooks import events
from sandbox.webhooks.delivery import Due, settle


def prepare(store: Store, event_id: str) -> list[Due] | None:
    """One copy per receiver the event had, kept as rows; None when there is no such event."""
    with store.transaction() as db:
        event = db.execute("SELECT * FROM events WHERE id = ?", (event_id,)).fetchone()
        if event is None:
            return None
        rows = db.execute(
            "SELECT url, min(secret) AS secret FROM deliveries WHERE event_id = ? GROUP BY url ORDER BY min(seq)", (event_id,)
        ).fetchall()
        copies = []
        for row in rows:
            secret = _current_secret(db, event["provider"], event["account"], row["url"]) or row["secret"]
            seq = events.add_delivery(db, event_id, events.Target(row["url"], secret, max_attempts=1), "sending", 0.0)
            copies.append(Due(seq, event_id, event["provider"], event["account"], row["url"], secret, event["body"]))
        return copies


def deliver(box: Box, copies: list[Due]) -> list[dict[str, Any]]:
    """One attempt each, in turn; not repeated when refused."""
    answers = []
    for copy in copies:
        outcome = box.deliveries.send(copy)
        with box.store.transaction() as db:
            settle(db, copy, outcome)
        answers.append({"url": copy.url, "status": outcome.status, "error": outcome.error})
    return answers


def _current_secret(db: Db, provider: str, account_id: str, url: str) -> str | None:
    account = accounts.find(db, provider, account_id)
    if account is None:
        return None
    if provider == "razorpay":
        return next((hook["secret"] for hook in account.facts["webhooks"] if hook["url"] == url), None)
    secret: str = account.secret if provider == "twilio" else account.facts["signing_key_pem"]
    return secret
