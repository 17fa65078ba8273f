"""A nudge wakes a worker: a task name and ids, sent after the commit, soon or never.

The caller pays one `put_nowait`; a thread publishes. A broker that is away, silent or full costs nobody anything: the nudge
is dropped, the breaker opens for a while, and the sweep finds the row.
"""

import atexit
import os
import queue
import threading
import time
from dataclasses import dataclass
from typing import Any

from app.core.celery_app import celery_app
from app.core.logging import get_logger, request_id
from app.core.schedules import RECURRING

log = get_logger(__name__)

BOUNDED = {"socket_connect_timeout": 0.5, "socket_timeout": 1.0, "max_retries": 0}
QUEUE_SIZE = 10_000  # nudges waiting in this process; more are dropped, their rows are swept
OPEN_SECONDS = 5.0  # how long the breaker stays open after a failed publish
EXPIRES_SECONDS = 300  # an old nudge is noise: the sweep has been by
TICK_EXPIRES_SECONDS = 30  # the next one looks for the same
JOIN_SECONDS = 0.03  # a message costs its sender and a worker more than most rows do; nobody notices thirty milliseconds
MAX_JOINED = 20  # rows in one message: about a second of work
SLOT = ("store_id", "slot_id")


@dataclass(frozen=True)
class Nudge:
    """Which task a nudge calls, and how urgent: 9 first. Its queue follows from the task's module (`celery_app.route`)."""

    task: str
    priority: int
    names: tuple[str, ...] = ()  # of its arguments, where the task has documented ones besides
    joins: bool = False  # with others of the same store that come within JOIN_SECONDS, in one message: `more` of the task
    expires_seconds: float = EXPIRES_SECONDS


def slot_nudge(task: str) -> str:
    """The nudge that runs a slot of a scheduled task, on the task's own queue."""
    return f"slot:{task}"


NUDGES: dict[str, Nudge] = {
    "deliver_message": Nudge("app.tasks.notifications.deliver", 6, joins=True),
    "deliver_urgent_message": Nudge("app.tasks.notifications.deliver", 9),
    "drain_messages": Nudge("app.tasks.notifications.drain", 3),
    "apply_event": Nudge("app.tasks.inbox.apply", 9, joins=True),
    "drain_events": Nudge("app.tasks.inbox.drain", 6),
    "drain_payments": Nudge("app.tasks.payments.drain", 6),
    "send_refund": Nudge("app.tasks.payments.send_refund", 6),
    "drain_refunds": Nudge("app.tasks.payments.drain_refunds", 6),
    "dun_due": Nudge("app.tasks.subscriptions.dun_due", 6),
    "expire_orders": Nudge("app.tasks.payments.expire_orders", 6),
    "charge_due": Nudge("app.tasks.subscriptions.charge_due", 9),
    "send_debit": Nudge("app.tasks.subscriptions.send_debit", 9),
    "drain_debits": Nudge("app.tasks.subscriptions.drain_debits", 6),
    "look_at_mandate": Nudge("app.tasks.subscriptions.look_at_mandate", 9),
    "drain_mandates": Nudge("app.tasks.subscriptions.drain_mandates", 6),
    "look_at_notice": Nudge("app.tasks.subscriptions.look_at_notice", 6),
    "look_at_provider_subscription": Nudge("app.tasks.provider_subscriptions.look", 9),
    "drain_provider_subscriptions": Nudge("app.tasks.provider_subscriptions.drain", 6),
    "drain_provider_plans": Nudge("app.tasks.provider_subscriptions.drain_plans", 6),
    "drain_watches": Nudge("app.tasks.watching.drain", 3),
    "drain_slots": Nudge("app.tasks.work.drain_slots", 6),
    "sweep": Nudge("app.tasks.work.sweep", 6, expires_seconds=TICK_EXPIRES_SECONDS),  # these two where no beat ticks
    "open_slots": Nudge("app.tasks.work.open_slots", 6, expires_seconds=TICK_EXPIRES_SECONDS),
    **{slot_nudge(entry.task): Nudge(entry.task, entry.urgency, SLOT) for entry in RECURRING},
}


@dataclass(frozen=True)
class Sending:
    """A nudge on its way, for the rows `ids` names, on behalf of a request."""

    nudge: Nudge
    ids: tuple[str, ...]
    request_id: str

    @property
    def can_join(self) -> bool:
        return self.nudge.joins and len(self.ids) == 2  # store and row


class Nudger:
    """Sends nudges from a thread of its own; made anew in a forked child at its first use."""

    def __init__(self, open_seconds: float = OPEN_SECONDS) -> None:
        self.open_seconds = open_seconds
        self.pid: int | None = None
        self.starting = threading.Lock()
        self.sent = self.dropped = 0
        self.open_until = 0.0
        self.waiting: queue.Queue[Sending] = queue.Queue(QUEUE_SIZE)
        self.producer: Any = None

    def send(self, name: str, *ids: str) -> None:
        if self.pid != os.getpid():
            with self.starting:
                self._start()
        try:
            self.waiting.put_nowait(Sending(NUDGES[name], ids, request_id.get()))
        except queue.Full:
            self.dropped += 1

    def flush(self, seconds: float) -> None:
        """Wait until everything was tried, `seconds` at most: for the end of a process, and for tests."""
        end = time.monotonic() + seconds
        while self.waiting.unfinished_tasks and time.monotonic() < end:
            time.sleep(0.005)

    def _start(self) -> None:
        if self.pid == os.getpid():
            return  # another thread was quicker
        self.open_until, self.waiting, self.producer = 0.0, queue.Queue(QUEUE_SIZE), None
        threading.Thread(target=self._run, name="nudger", daemon=True).start()
        atexit.register(self.flush, 1.0)
        self.pid = os.getpid()  # last: from here on nobody waits

    def _run(self) -> None:
        while True:
            first = self.waiting.get()
            time.sleep(JOIN_SECONDS)  # and not `get` for so long: what comes meanwhile would wake this thread each time
            alone, joined = self._take(first)
            for sending in alone:
                self._publish([sending])
            for group in joined.values():
                for start in range(0, len(group), MAX_JOINED):
                    self._publish(group[start : start + MAX_JOINED])

    def _take(self, first: Sending) -> tuple[list[Sending], dict[tuple[Nudge, str], list[Sending]]]:
        """All that waits: what travels alone, and what travels together, by nudge and store."""
        alone, joined = list[Sending](), dict[tuple[Nudge, str], list[Sending]]()
        for sending in (first, *(self.waiting.get_nowait() for _ in range(self.waiting.qsize()))):
            if sending.can_join:
                joined.setdefault((sending.nudge, sending.ids[0]), []).append(sending)
            else:
                alone.append(sending)
        return alone, joined

    def _publish(self, group: list[Sending]) -> None:
        """One message: for the first, and for `more` of the same task and store, each with its own request id."""
        first, more = group[0], [[sending.ids[1], sending.request_id] for sending in group[1:]]
        nudge, named = first.nudge, dict(zip(first.nudge.names, first.ids, strict=bool(first.nudge.names)))
        try:
            if time.monotonic() < self.open_until:
                self.dropped += len(group)
                return
            self.producer = self.producer or self._producer()
            celery_app.send_task(
                nudge.task,
                args=() if named else first.ids,
                kwargs=named | ({"more": more} if more else {}),
                priority=nudge.priority,
                producer=self.producer,
                retry=False,
                expires=nudge.expires_seconds,
                headers={"request_id": first.request_id} if first.request_id else None,
                ignore_result=True,  # else each send subscribes on the result backend
            )
            self.sent += len(group)
        except Exception as error:  # noqa: BLE001 - whatever the broker does, the caller's work is a row already
            self.producer, self.open_until = None, time.monotonic() + self.open_seconds
            self.dropped += len(group)
            log.warning("nudge_not_sent", task=nudge.task, error=str(error), then="the sweep finds the row")
        finally:
            for _ in group:
                self.waiting.task_done()

    def _producer(self) -> Any:
        options = {**celery_app.conf.broker_transport_options, **BOUNDED}
        return celery_app.amqp.Producer(celery_app.connection_for_write(transport_options=options))


nudger = Nudger()
