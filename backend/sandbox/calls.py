"""The record of every provider call received, kept before anything else happens to it."""

import json
import time
from dataclasses import dataclass
from typing import Any

from sandbox.store import Db

# Kept beside the call. Never `authorization`: the record is shown on pages.
KEPT_HEADERS = ("user-agent", "content-type", "x-refund-idempotency", "x-request-id")


@dataclass(frozen=True)
class Call:
    """A request as it came in: `body` is the parsed JSON or form, None when there was none or it could not be read."""

    operation: str
    account: str
    secret: str
    method: str
    path: str
    params: dict[str, str]
    query: dict[str, str]
    headers: dict[str, str]
    body: Any
    raw: bytes


def begin(db: Db, call: Call) -> int:
    kept = {name: call.headers[name] for name in KEPT_HEADERS if name in call.headers}
    cursor = db.execute(
        "INSERT INTO calls (account, operation, method, path, query, headers, body, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            call.account,
            call.operation,
            call.method,
            call.path,
            json.dumps(call.query),
            json.dumps(kept),
            json.dumps(call.body if call.body is not None or not call.raw else call.raw.decode(errors="replace")),
            time.time(),
        ),
    )
    return int(cursor.lastrowid or 0)


def end(db: Db, seq: int, status: int | None, fault: str | None) -> None:
    db.execute("UPDATE calls SET status = ?, fault = ? WHERE seq = ?", (status, fault, seq))


def listing(db: Db, account: str | None, operation: str | None, limit: int) -> list[dict[str, Any]]:
    """Oldest first; the newest `limit`."""
    rows = db.execute(
        "SELECT * FROM calls WHERE (? IS NULL OR account = ?) AND (? IS NULL OR operation = ?) ORDER BY seq DESC LIMIT ?",
        (account, account, operation, operation, limit),
    ).fetchall()
    return [
        {
            "id": row["seq"],
            "account": row["account"],
            "operation": row["operation"],
            "method": row["method"],
            "path": row["path"],
            "query": json.loads(row["query"]),
            "headers": json.loads(row["headers"]),
            "body": json.loads(row["body"]),
            "at": row["at"],
            "status": row["status"],
            "fault": row["fault"],
        }
        for row in reversed(rows)
    ]
