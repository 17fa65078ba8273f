"""The columns of a row that is work, and what can be asked of them; what is done with such rows stands in `work_rows`."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, Index, and_, bindparam, func, or_, text
from sqlalchemy.sql.functions import Function
from sqlmodel import Field, String, col

from app.core.db import Row

MAX_BACKOFF_SECONDS = 600

WORK_STATUSES = ("queued", "working", "unknown", "done", "dead")
DUE = ("queued", "unknown")


class WorkRow(Row):
    """Mixin: add `*work_constraints("table")` to `__table_args__`."""

    calls_provider: ClassVar[bool] = False  # True: a lost lease means the outcome of a call is unknown
    looks_up: ClassVar[bool] = False  # True: an unknown outcome can be asked for; else it waits for a receipt or a person
    max_attempts: ClassVar[int] = 4  # "max 3 retries": one call and three more
    backoff_seconds: ClassVar[int] = 5

    work_status: str = Field(default="queued", sa_type=String(10))
    attempts: int = Field(default=0)  # tries with an outcome, plus the running one
    # Due at once unless a time is given, by the database's clock: a host a few milliseconds ahead would queue work that
    # the nudge right behind it finds not yet due. Null later on: waits for somebody else's word.
    next_attempt_at: datetime | None = Field(default=None, sa_column_kwargs={"default": func.app_now()})
    lease_token: UUID | None = None
    lease_until: datetime | None = None
    claimed_by: str | None = Field(default=None, max_length=100)
    claimed_alone: bool = False
    is_suspect: bool = False  # a batch it was in died: claimed alone from now on
    lost_leases: int = Field(default=0)
    call_outcome_unknown: bool = False  # the next holder begins with a look-up
    last_error: str | None = Field(default=None, max_length=500)
    settled_at: datetime | None = None

    def lose_lease(self) -> None:
        """What the noun records about itself when its holder died; in the transaction that takes it back."""


def work_constraints(table: str) -> tuple[Any, ...]:
    """The checks and the two partial indexes every work table has."""
    return (
        CheckConstraint(f"work_status in {WORK_STATUSES!r}", name="work_status_known"),
        CheckConstraint("(work_status = 'working') = (lease_token is not null and lease_until is not null)", name="lease_held"),
        CheckConstraint("(work_status in ('done', 'dead')) = (settled_at is not null)", name="settled_stamped"),
        CheckConstraint("attempts >= 0 and lost_leases >= 0", name="counts_not_negative"),
        Index(f"ix_{table}_due", "store_id", "next_attempt_at", postgresql_where=text("work_status in ('queued', 'unknown')")),
        Index(f"ix_{table}_leased", "lease_until", postgresql_where=text("work_status = 'working'")),
    )


def app_now() -> Function[datetime]:
    """The database's clock; simulations set `rozana.now`, production never does."""
    return func.app_now()


def has_status(model: type[WorkRow], *statuses: str) -> ColumnElement[bool]:
    """Rendered as literals, so that even a generic plan proves the partial indexes usable."""
    return col(model.work_status).in_(bindparam(None, statuses, expanding=True, literal_execute=True))


def seconds(value: Any) -> Any:
    return func.make_interval(0, 0, 0, 0, 0, 0, value)


def is_due(model: type[WorkRow]) -> ColumnElement[bool]:
    """Queued, or unknown with a look-up planned, and its time has come."""
    return and_(has_status(model, *DUE), col(model.next_attempt_at) <= app_now())


def backoff(model: type[WorkRow], attempts: int) -> float:
    """Seconds before jitter: doubling from the model's base, at most ten minutes."""
    return float(min(MAX_BACKOFF_SECONDS, model.backoff_seconds * 2 ** max(0, attempts - 1)))


def needs_sweep(model: type[WorkRow], grace_seconds: float) -> ColumnElement[bool]:
    """Due for longer than `grace_seconds` (its nudge was lost), or its lease ran out."""
    return or_(
        and_(has_status(model, *DUE), col(model.next_attempt_at) <= app_now() - seconds(grace_seconds)),
        and_(has_status(model, "working"), col(model.lease_until) < app_now()),
    )
