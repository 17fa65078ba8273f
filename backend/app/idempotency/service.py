"""A write happens once per (store, caller, Idempotency-Key), and a repeat gets the same answer.

The row is inserted in the transaction of the effect: a racing twin waits on the unique index and then finds the answer.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from app.core.db import add_once, delete_some
from app.core.work import store_of
from app.idempotency.errors import InProgress, KeyReused
from app.idempotency.models import IdempotencyKey

LEASE_SECONDS = 60  # a two-step request whose process died may be taken up by its repeat after this
KEEP_DAYS = 7  # no client repeats a request after a week


@dataclass(frozen=True)
class Answer:
    """What the first request was answered."""

    status: int
    body: dict[str, Any]


@dataclass(frozen=True)
class Begun:
    """This request is the one that works; `resumed` when an earlier try died half-way and its effects must be looked up."""

    row: IdempotencyKey
    resumed: bool


def fingerprint(method: str, path: str, body: bytes) -> str:
    return hashlib.sha256(b"\0".join((method.encode(), path.encode(), body))).hexdigest()


def begin(session: Session, caller: str, key: str, print_of_request: str, now: datetime) -> Begun | Answer:
    """Take the key, or find the answer. KeyReused: another request used it; InProgress: its first try still runs.

    Locks the key's row (first in the lock order) until the transaction ends.
    """
    row = IdempotencyKey(
        store_id=store_of(session),
        created_at=now,
        caller=caller,
        key=key,
        fingerprint=print_of_request,
        lease_until=now + timedelta(seconds=LEASE_SECONDS),
    )
    is_new = add_once(session, row, "caller", "key")
    found = session.exec(
        select(IdempotencyKey).where(IdempotencyKey.caller == caller, IdempotencyKey.key == key).with_for_update()
    ).one()
    if is_new:
        return Begun(found, resumed=False)
    if found.fingerprint != print_of_request:
        raise KeyReused
    if found.status == "completed":
        return Answer(found.response_status or 200, found.response_body or {})
    if found.lease_until and found.lease_until > now:
        raise InProgress(retry_after_seconds=max(1, round((found.lease_until - now).total_seconds())))
    found.lease_until = now + timedelta(seconds=LEASE_SECONDS)
    return Begun(found, resumed=True)


def complete(session: Session, row: IdempotencyKey, answer: Answer) -> None:
    """Keep the answer, in the transaction of the effect."""
    row.status, row.lease_until = "completed", None
    row.response_status, row.response_body = answer.status, answer.body
    session.add(row)


def give_back(session: Session, row: IdempotencyKey) -> None:
    """The request did not come to an end: a repeat may take it up at once."""
    row.lease_until = None
    session.add(row)


def forget_old(session: Session, now: datetime, limit: int) -> int:
    """Drop at most `limit` keys nobody repeats any more; how many. Safe to run twice; run until it returns 0."""
    return delete_some(session, IdempotencyKey, col(IdempotencyKey.created_at) < now - timedelta(days=KEEP_DAYS), limit)
