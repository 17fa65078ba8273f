"""What runs by itself: its definitions, its due times, and its signs of life."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel, String

from app.core.db import Row
from app.core.slots import Rhythm, every, next_after, wall_clock
from app.core.work_rows import WorkRow, work_constraints
from app.jobs.rules import CATCH_UP_RULES

CALL_KEY, RUN_KEY = "task:", "run:"  # before a task's id, before the instant at which somebody asked


class Heartbeat(SQLModel, table=True):
    """When a recurring thing of the whole installation last ran. Belongs to no store: it says nothing about any."""

    __tablename__ = "heartbeats"

    name: str = Field(primary_key=True, max_length=60)
    at: datetime


class Schedule(Row, table=True):
    """When a store wants a task run: by the wall clock of a zone, or every so many seconds. Staff may change it, and it wins.

    Its two instants are the store's own time, test clock included.
    """

    __tablename__ = "schedules"
    __table_args__ = (
        UniqueConstraint("store_id", "name"),
        CheckConstraint(
            "(interval_seconds is null) = (minute is not null and hour is not null and weekday is not null)", name="one_rhythm"
        ),
        CheckConstraint("interval_seconds > 0", name="interval_positive"),
        CheckConstraint(f"catch_up in {CATCH_UP_RULES!r}", name="catch_up_known"),
        CheckConstraint("name <> '' and task <> ''", name="named"),
    )

    name: str = Field(max_length=60)
    task: str = Field(max_length=120)
    minute: str | None = Field(default=None, max_length=100)  # crontab texts: `0`, `*/5`, `1,31`
    hour: str | None = Field(default=None, max_length=100)
    weekday: str | None = Field(default=None, max_length=40)  # 0 is Sunday
    interval_seconds: int | None = None  # on the UTC grid
    zone: str = Field(default="UTC", max_length=60)
    arguments: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)
    is_enabled: bool = True
    catch_up: str = Field(default="last", sa_type=String(4))  # what becomes of slots that nobody was there to open
    opened_until: datetime  # every slot up to here is recorded
    next_due_at: datetime  # the first one after it

    @property
    def rhythm(self) -> Rhythm:
        """RhythmInvalid where somebody wrote nonsense into the row."""
        if self.interval_seconds is not None:
            return every(self.interval_seconds)
        return wall_clock(self.minute or "", self.hour or "", self.weekday or "", self.zone)

    def open_until(self, instant: datetime) -> None:
        """Every slot up to `instant` is recorded, or nobody's business."""
        self.opened_until = instant
        self.next_due_at = next_after(self.rhythm, instant).at


class Slot(WorkRow, table=True):
    """One due time of a schedule, or one call by hand. UNIQUE by schedule and key: it takes effect once, whoever ticks."""

    __tablename__ = "slots"
    __table_args__ = (
        UniqueConstraint("store_id", "schedule", "key"),
        Index("ix_slots_schedule", "store_id", "schedule", "due_at"),
        *work_constraints("slots"),
    )

    schedule: str = Field(max_length=60)
    key: str = Field(max_length=100)  # the local date and time, the UTC instant of an interval, `task:<id>` or `run:<instant>`
    task: str = Field(max_length=120)
    due_at: datetime  # by the store's own clock
    arguments: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)
    counts: dict[str, int | str] = Field(default_factory=dict, sa_type=JSONB)  # what its steps did so far
    outcome: str = Field(default="", max_length=200)  # `done`, or `skipped: …`

    @property
    def is_asked_for(self) -> bool:
        """Somebody called for it; it is no due time of the schedule."""
        return self.key.startswith((CALL_KEY, RUN_KEY))
