"""The documented tasks: called as written, and nothing of them is lost.

`.delay()` and `.apply_async()` commit the row first (its dedupe key is the task id) and publish only where it is; so a broker
that is away loses nothing and personal values never lie in Redis. A raw message with the documented arguments
(`celery call`) is recorded on arrival under its task id; a direct call runs the same steps. Whoever comes second finds the row.

    @documented(work, priority=6)
    def send_email_task(session: Session, call: Call, to_email: str, subject: str, body: str) -> Reference: ...

The function records; `work(store_id, reference)` does what was recorded and returns the result, or raises `NotYet`.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from celery import uuid
from celery.result import AsyncResult
from kombu.exceptions import OperationalError as BrokerAway

from app.core.celery_app import RowTask, celery_app
from app.core.clock import machine_now
from app.core.errors import Invalid, Refusal
from app.core.logging import get_logger
from app.core.work import unit_of_work
from app.stores import service as stores

log = get_logger(__name__)

Reference = dict[str, Any]  # small JSON: which rows were written
Result = dict[str, Any]  # small JSON: {"status": "success" | "skipped" | "failed", …}
Record = Callable[..., Reference]
Work = Callable[[UUID, Reference], Result]

RECORDED = "recorded"
MAX_COUNTDOWN_SECONDS = 600.0  # far below the visibility timeout; the row says when it is really due
MAX_KEY_LENGTH = 100
RAW_RETRIES = 30  # a raw message while the database is away: about four hours, then it is lost, as with any Celery task


class NotYet(Exception):
    """What was recorded is still owed; come again in `seconds`. Shows as RETRY."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"again in {seconds:.0f} s")
        self.seconds = min(max(seconds, 1.0), MAX_COUNTDOWN_SECONDS)


class NotJson(Invalid):
    """Task arguments are plain JSON; pass the id of an object, not the object."""

    code = "arguments_not_json"


@dataclass(frozen=True)
class Call:
    """One call of a documented task: its dedupe key, and when what it asks for may be done."""

    key: str
    not_before: datetime | None = None
    expires_at: datetime | None = None
    made_at: datetime = field(default_factory=machine_now)

    @classmethod
    def of(cls, task_id: str, options: Mapping[str, Any]) -> "Call":
        """From Celery's own options `countdown`, `eta` and `expires`."""
        now = machine_now()
        eta = now + timedelta(seconds=options["countdown"]) if options.get("countdown") else options.get("eta")
        return cls(f"task:{task_id}"[:MAX_KEY_LENGTH], _instant(eta, now), _instant(options.get("expires"), now))


class DocumentedTask(RowTask):
    """See the module. `max_retries` is None: the row decides how long, and its `expires_at` ends it."""

    abstract = True
    typing = False  # checked against the recording function, before anything is written
    max_retries = None  # type: ignore[assignment]  # Celery: no limit
    retry_kwargs = {"max_retries": RAW_RETRIES}

    record: Record
    work: Work
    documented_signature: inspect.Signature

    def apply_async(
        self, args: Any = None, kwargs: Any = None, task_id: str | None = None, producer: Any = None, **options: Any
    ) -> AsyncResult:
        """Write the row, then publish its place. A refusal is raised here; a broker that is away is logged and no error."""
        task_id = task_id or uuid()
        if RECORDED in (kwargs or {}) or options.get("retries"):  # on its way again
            return super().apply_async(args, kwargs, task_id=task_id, producer=producer, **options)
        reference = self._put_down(Call.of(task_id, options), tuple(args or ()), dict(kwargs or {}))
        if (options.get("countdown") or 0) > MAX_COUNTDOWN_SECONDS or options.get("eta"):
            options = {**options, "eta": None, "countdown": _wait_for(options)}
        try:
            return super().apply_async((), reference, task_id=task_id, producer=producer, **options)
        except BrokerAway as error:
            log.warning("task_not_published", task=self.name, task_id=task_id, error=str(error), then="the sweep finds the row")
            return self.AsyncResult(task_id)

    def run(self, *args: Any, **kwargs: Any) -> Result:
        """In a worker, or called directly: record unless that was done, then do it."""
        reference = kwargs
        if RECORDED not in kwargs:
            try:
                reference = self._put_down(Call.of(self.request.id or uuid(), {}), args, kwargs)
            except Refusal as refusal:
                return {"status": "failed", "reason": refusal.code}
        try:
            return self.work(UUID(reference["store_id"]), reference[RECORDED])
        except NotYet as later:
            raise self.retry(args=(), kwargs=reference, countdown=later.seconds) from later

    def _put_down(self, call: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Reference:
        """Commit the rows of this call. TypeError for arguments the task does not take; NotJson; StoreNotNamed."""
        store_id = kwargs.pop("store_id", None)
        given = self.documented_signature.bind(*args, **kwargs).arguments
        for name, value in given.items():
            _require_json(name, value)
        store = stores.find_by_id(UUID(str(store_id)) if store_id is not None else None)
        with unit_of_work(store.id) as session:
            return {"store_id": str(store.id), RECORDED: self.record(session, call, *args, **kwargs)}


def documented(work: Work, *, priority: int, **options: Any) -> Callable[[Record], Any]:
    """Make the documented task of a recording function; its name is the function's, in the module that defines it."""

    def make(record: Record) -> Any:
        parameters = list(inspect.signature(record).parameters.values())[2:]  # without session and call
        attributes: dict[str, Any] = {
            "__module__": record.__module__,
            "__doc__": record.__doc__,
            "abstract": False,
            "name": f"{record.__module__}.{record.__name__}",
            "urgency": priority,
            "record": staticmethod(record),
            "work": staticmethod(work),
            "documented_signature": inspect.Signature(parameters),
            **options,
        }
        return celery_app.register_task(type(record.__name__, (DocumentedTask,), attributes)())

    return make


def _require_json(name: str, value: Any) -> None:
    """NotJson names the first thing that is none."""
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise NotJson(f"{name} has a key that is no text", field=name)
            _require_json(f"{name}[{key!r}]", item)
    elif isinstance(value, list | tuple):
        for item in value:
            _require_json(name, item)
    elif not isinstance(value, str | int | float | bool | UUID | None):
        raise NotJson(f"{name} is a {type(value).__name__}: tasks take JSON only, pass its id", field=name)


def _instant(value: Any, now: datetime) -> datetime | None:
    """Celery's ways to say when: seconds from now, a datetime (without zone: UTC), an ISO text."""
    if value is None:
        return None
    if isinstance(value, int | float):
        return now + timedelta(seconds=value)
    instant = datetime.fromisoformat(value) if isinstance(value, str) else value
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _wait_for(options: Mapping[str, Any]) -> float:
    """The countdown to publish with: never longer than Redis may hide a message."""
    due = Call.of("", options).not_before or machine_now()
    return min(max((due - machine_now()).total_seconds(), 0.0), MAX_COUNTDOWN_SECONDS)
