"""Background threads that deliver what is due, again and again until the receiver acknowledges.

A delivery interrupted by the end of the process is sent again at the next start: at least once, like the real ones.
"""

import threading
import time
from dataclasses import dataclass

import httpx2

from sandbox.store import Db, Store, StoreClosed, get_setting
from sandbox.webhooks.signing import headers_for

THREADS = 6
RETRY_SECONDS = [0.5, 1.0, 2.0, 5.0, 10.0, 30.0]  # Razorpay does not publish its steps; the last one repeats
RECEIVER_SECONDS = {"razorpay": 5.0, "twilio": 15.0, "sendgrid": 10.0}
IDLE_SECONDS = 5.0  # only a safety net: `wake` is what ends a wait


@dataclass(frozen=True)
class Due:
    seq: int
    event_id: str
    provider: str
    account: str
    url: str
    secret: str
    body: str


@dataclass(frozen=True)
class Outcome:
    status: int | None
    error: str | None

    @property
    def acknowledged(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


class Deliveries:
    """`start` once, `stop` once; `wake` after a commit that may have made rows due."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._news = threading.Condition()
        self._generation = 0
        self._stopping = False
        self._client = httpx2.Client(follow_redirects=False, trust_env=False)
        self._threads = [threading.Thread(target=self._run, name=f"webhooks-{n}", daemon=True) for n in range(THREADS)]

    def start(self) -> None:
        with self._store.transaction() as db:
            db.execute("UPDATE deliveries SET state = 'due' WHERE state = 'sending'")
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        with self._news:
            self._generation += 1
            self._news.notify()

    def stop(self, wait_seconds: float = 1.0) -> None:
        """Let go of receivers that dawdle: what they did not answer stays due."""
        with self._news:
            self._stopping = True
            self._news.notify_all()
        deadline = time.monotonic() + wait_seconds
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(max(0.0, deadline - time.monotonic()))
        self._client.close()

    def send(self, due: Due) -> Outcome:
        """One attempt, now. Never raises for what a receiver does."""
        url = due.url.split("#", 1)[0]
        headers = headers_for(due.provider, url, due.secret, due.event_id, due.body)
        try:
            answer = self._client.post(url, content=due.body.encode(), headers=headers, timeout=RECEIVER_SECONDS[due.provider])
        except (httpx2.HTTPError, httpx2.InvalidURL, RuntimeError) as error:  # RuntimeError: the client was closed by stop()
            return Outcome(None, f"{type(error).__name__}: {error}")
        return Outcome(answer.status_code, None if answer.is_success else f"answered {answer.status_code}")

    def _run(self) -> None:
        try:
            while not self._stopping:
                self._deliver_one_or_wait()
        except StoreClosed:
            return

    def _deliver_one_or_wait(self) -> None:
        seen = self._generation
        with self._store.transaction() as db:
            due, wait_seconds = _claim(db)
        if due is None:
            with self._news:
                if self._generation == seen and not self._stopping:
                    self._news.wait(wait_seconds)
            return
        self.wake()  # there may be more for the others
        outcome = self.send(due)
        with self._store.transaction() as db:
            settle(db, due, outcome)


def _claim(db: Db) -> tuple[Due | None, float]:
    """The longest due delivery, marked `sending`; or None and how long until one is due."""
    row = db.execute(
        "SELECT deliveries.seq, event_id, provider, account, url, secret, body, due_at FROM deliveries"
        " JOIN events ON events.id = event_id WHERE state = 'due' ORDER BY due_at, deliveries.seq LIMIT 1"
    ).fetchone()
    if row is None:
        return None, IDLE_SECONDS
    wait_seconds = row["due_at"] - time.time()
    if wait_seconds > 0:
        return None, min(wait_seconds, IDLE_SECONDS)
    db.execute("UPDATE deliveries SET state = 'sending' WHERE seq = ?", (row["seq"],))
    return Due(**{name: row[name] for name in Due.__dataclass_fields__}), 0.0


def settle(db: Db, due: Due, outcome: Outcome) -> None:
    """Acknowledged, or due again later, or given up (a day old, or the provider's own number of attempts)."""
    row = db.execute("SELECT attempts, max_attempts, give_up_at FROM deliveries WHERE seq = ?", (due.seq,)).fetchone()
    if row is None:  # the account was forgotten meanwhile
        return
    attempts = row["attempts"] + 1
    steps = get_setting(db, due.account, "retry_seconds", get_setting(db, "*", "retry_seconds", RETRY_SECONDS))
    due_at = time.time() + steps[min(attempts, len(steps)) - 1]
    used_up = row["max_attempts"] is not None and attempts >= row["max_attempts"]
    state = "acknowledged" if outcome.acknowledged else "given_up" if used_up or due_at > row["give_up_at"] else "due"
    db.execute(
        "UPDATE deliveries SET state = ?, attempts = ?, due_at = ?, last_status = ?, last_error = ? WHERE seq = ?",
        (state, attempts, due_at, outcome.status, outcome.error, due.seq),
    )
