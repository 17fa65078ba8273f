"""Orders, payments and refunds as documents: what the API shows (`wire`) and what Razorpay keeps to itself (`hidden`)."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import JSONResponse, Response

from sandbox.razorpay.errors import refused
from sandbox.store import Db

OLDEST, NEWEST = 946684800, 4765046400  # the range `from` and `to` must lie in
ID = re.compile(r"[a-z]+_[A-Za-z0-9]{14}")


@dataclass
class Entity:
    account: str
    kind: str
    parent: str | None
    wire: dict[str, Any]
    hidden: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return str(self.wire["id"])


def insert(db: Db, entity: Entity) -> Entity:
    db.execute(
        "INSERT INTO entities (id, account, kind, parent, receipt, created_at, wire, hidden) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            entity.id,
            entity.account,
            entity.kind,
            entity.parent,
            entity.wire.get("receipt"),
            entity.wire["created_at"],
            json.dumps(entity.wire),
            json.dumps(entity.hidden),
        ),
    )
    return entity


def save(db: Db, entity: Entity) -> None:
    db.execute(
        "UPDATE entities SET wire = ?, hidden = ? WHERE id = ?", (json.dumps(entity.wire), json.dumps(entity.hidden), entity.id)
    )


def load(db: Db, account: str, kind: str, entity_id: str) -> Entity:
    """Refuses with Razorpay's words for a malformed id and for one that is not this account's."""
    if not ID.fullmatch(entity_id):
        raise refused(f"{entity_id} is not a valid id")
    row = db.execute("SELECT * FROM entities WHERE id = ? AND account = ? AND kind = ?", (entity_id, account, kind)).fetchone()
    if row is None:
        raise refused("The id provided does not exist")
    return _entity(row)


def children(db: Db, parent: str, kind: str) -> list[Entity]:
    """Newest first."""
    rows = db.execute("SELECT * FROM entities WHERE parent = ? AND kind = ? ORDER BY seq DESC", (parent, kind))
    return [_entity(row) for row in rows]


def with_receipt(db: Db, account: str, kind: str, receipt: str) -> Entity | None:
    """The earliest one."""
    row = db.execute(
        "SELECT * FROM entities WHERE account = ? AND kind = ? AND receipt = ? ORDER BY seq LIMIT 1", (account, kind, receipt)
    ).fetchone()
    return None if row is None else _entity(row)


def one_of(db: Db, condition: str, values: tuple[Any, ...]) -> Entity | None:
    """The earliest that meets a condition (SQL written in this package, never a caller's)."""
    row = db.execute(f"SELECT * FROM entities WHERE {condition} ORDER BY seq LIMIT 1", values).fetchone()  # noqa: S608
    return None if row is None else _entity(row)


def those(db: Db, condition: str, values: tuple[Any, ...]) -> list[Entity]:
    """All that meet a condition, newest first."""
    return [_entity(row) for row in db.execute(f"SELECT * FROM entities WHERE {condition} ORDER BY seq DESC", values)]  # noqa: S608


def page(
    db: Db, account: str, kind: str, query: dict[str, str], condition: str = "TRUE", values: tuple[Any, ...] = ()
) -> list[Entity]:
    """By `from`, `to`, `count` (default 10, at most 100) and `skip`, newest first; `condition` as in `one_of`."""
    since, until = _number(query, "from", OLDEST, OLDEST, NEWEST), _number(query, "to", NEWEST, OLDEST, NEWEST)
    count, skip = _number(query, "count", 10, 1, 100), _number(query, "skip", 0, 0, NEWEST)
    rows = db.execute(
        f"SELECT * FROM entities WHERE account = ? AND kind = ? AND created_at BETWEEN ? AND ? AND {condition}"  # noqa: S608
        " ORDER BY seq DESC LIMIT ? OFFSET ?",
        (account, kind, since, until, *values, count, skip),
    )
    return [_entity(row) for row in rows]


def recent(db: Db, kind: str, account: str | None, limit: int) -> list[Entity]:
    """For people, not for the API: newest first, of one account or of all."""
    rows = db.execute(
        "SELECT * FROM entities WHERE kind = ? AND (? IS NULL OR account = ?) ORDER BY seq DESC LIMIT ?",
        (kind, account, account, limit),
    )
    return [_entity(row) for row in rows]


def envelope(items: list[dict[str, Any]]) -> dict[str, Any]:
    """Around every list; `count` is what was returned, not how many there are."""
    return {"entity": "collection", "count": len(items), "items": items}


def collection(items: list[dict[str, Any]]) -> Response:
    return JSONResponse(envelope(items))


def checked_notes(value: Any) -> Any:
    """At most 15 pairs of at most 256 characters; nothing is shown as an empty list."""
    if value in (None, [], {}):
        return []
    if not isinstance(value, dict) or len(value) > 15:
        raise refused("Number of fields in notes should be less than or equal to 15", field="notes")
    if any(len(str(text)) > 256 for pair in value.items() for text in pair):
        raise refused("The notes may not be greater than 256 characters.", field="notes")
    return value


def _entity(row: Any) -> Entity:
    return Entity(row["account"], row["kind"], row["parent"], json.loads(row["wire"]), json.loads(row["hidden"]))


def _number(query: dict[str, str], name: str, default: int, least: int, most: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    if not text.isdecimal():
        raise refused(f"The {name} must be an integer.", field=name)
    if not least <= int(text) <= most:
        raise refused(f"The {name} must be between {least} and {most}.", field=name)
    return int(text)
