"""Say and ask when something recurring last ran."""

from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session

_BEAT = text("INSERT INTO heartbeats (name, at) VALUES (:name, app_now()) ON CONFLICT (name) DO UPDATE SET at = excluded.at")
_LAST = text("SELECT at FROM heartbeats WHERE name = :name")


def beat(session: Session, name: str) -> None:
    """`name` runs now, by the database's clock."""
    session.execute(_BEAT, {"name": name})


def last_beat(session: Session, name: str) -> datetime | None:
    return session.execute(_LAST, {"name": name}).scalar_one_or_none()
