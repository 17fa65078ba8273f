"""Turning something that happened into rows to deliver.

Called inside the transaction that made it happen, so an effect and its webhooks are kept or lost together.
"""

import json
import random
import time
from dataclasses import dataclass
from typing import Any

from sandbox.ids import random_text
from sandbox.store import Db, get_setting

DAY_SECONDS = 24 * 60 * 60
SHUFFLE_STEP_SECONDS = 0.05  # enough for one delivery to finish before the next starts


@dataclass(frozen=True)
class Target:
    """One receiver of an event; `max_attempts` None means until the event is a day old."""

    url: str
    secret: str
    max_attempts: int | None = None


@dataclass(frozen=True)
class Draft:
    type: str
    body: str
    targets: list[Target]


DEFAULT_MODE: dict[str, Any] = {"mode": "send", "duplicate": 0, "shuffle": False, "delay_seconds": 0.0}


def mode_of(db: Db, account: str) -> dict[str, Any]:
    return {**DEFAULT_MODE, **get_setting(db, account, "webhooks", {})}


def record(db: Db, account: str, provider: str, drafts: list[Draft], created_at: int, drop: bool = False) -> list[str]:
    """Keep the events of one happening, in order, with their deliveries as the account's mode says; returns their ids."""
    mode = mode_of(db, account)
    state = "dropped" if drop else {"send": "due", "hold": "held", "drop": "dropped"}[mode["mode"]]
    places = list(range(len(drafts)))
    if mode["shuffle"]:
        random.shuffle(places)
    event_ids = []
    for place, draft in zip(places, drafts, strict=True):
        event_id = random_text(14)
        db.execute(
            "INSERT INTO events (id, account, provider, type, body, created_at) VALUES (?, ?, ?, ?, ?, ?)",
            (event_id, account, provider, draft.type, draft.body, created_at),
        )
        due_at = time.time() + mode["delay_seconds"] + place * (SHUFFLE_STEP_SECONDS if mode["shuffle"] else 0)
        for target in draft.targets:
            for _ in range(1 + mode["duplicate"]):
                add_delivery(db, event_id, target, state, due_at)
        event_ids.append(event_id)
    return event_ids


def add_delivery(db: Db, event_id: str, target: Target, state: str, due_at: float) -> int:
    cursor = db.execute(
        "INSERT INTO deliveries (event_id, url, secret, state, max_attempts, due_at, give_up_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (event_id, target.url, target.secret, state, target.max_attempts, due_at, time.time() + DAY_SECONDS),
    )
    return int(cursor.lastrowid or 0)


def release(db: Db, account: str) -> int:
    """Make the account's held deliveries due, in random order when its mode shuffles; returns how many."""
    rows = db.execute(
        "SELECT deliveries.seq FROM deliveries JOIN events ON events.id = event_id"
        " WHERE events.account = ? AND state = 'held' ORDER BY deliveries.seq",
        (account,),
    ).fetchall()
    shuffled = mode_of(db, account)["shuffle"]
    if shuffled:
        random.shuffle(rows)
    for place, row in enumerate(rows):
        due_at = time.time() + (place * SHUFFLE_STEP_SECONDS if shuffled else 0)
        db.execute("UPDATE deliveries SET state = 'due', due_at = ? WHERE seq = ?", (due_at, row["seq"]))
    return len(rows)


def under_way(db: Db, account: str) -> int:
    """Deliveries of the account being sent, or due this very moment."""
    row = db.execute(
        "SELECT count(*) FROM deliveries JOIN events ON events.id = event_id"
        " WHERE events.account = ? AND (state = 'sending' OR (state = 'due' AND due_at <= ?))",
        (account, time.time()),
    ).fetchone()
    return int(row[0])


def listing(db: Db, account: str | None) -> list[dict[str, Any]]:
    """Events oldest first, with what became of each delivery."""
    rows = db.execute("SELECT * FROM events WHERE ? IS NULL OR account = ? ORDER BY seq", (account, account)).fetchall()
    return [render(db, dict(row)) for row in rows]


def render(db: Db, event: dict[str, Any]) -> dict[str, Any]:
    deliveries = db.execute(
        "SELECT url, state, attempts, last_status, last_error FROM deliveries WHERE event_id = ? ORDER BY seq", (event["id"],)
    ).fetchall()
    body = event["body"] if event["provider"] == "twilio" else json.loads(event["body"])
    return {
        "id": event["id"],
        "account": event["account"],
        "provider": event["provider"],
        "type": event["type"],
        "created_at": event["created_at"],
        "body": body,
        "raw_body": event["body"],
        "deliveries": [dict(row) for row in deliveries],
    }
