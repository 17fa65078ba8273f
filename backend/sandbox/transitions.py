"""What is due at an instant of an account's clock: kept as rows, made true in order once the clock gets there.

A step sees the instant it was due at, not the moment it is carried out: a clock that jumps a week leaves the same
timestamps behind as one that ran through it.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from sandbox import accounts, clock
from sandbox.box import Box
from sandbox.store import Db, StoreClosed

POLL_SECONDS = 0.1

# Merchants whose earliest step is due by their own clock, else by everybody's.
DUE_ACCOUNTS = """
SELECT accounts.id FROM (SELECT account, min(at) AS at FROM transitions GROUP BY account) AS waiting
JOIN accounts ON accounts.provider = 'razorpay' AND accounts.id = waiting.account
LEFT JOIN settings AS own ON own.account = accounts.id AND own.name = 'clock'
LEFT JOIN settings AS general ON general.account = ? AND general.name = 'clock'
WHERE waiting.at <= ? + coalesce(CAST(own.value AS REAL), CAST(general.value AS REAL), 0.0)
"""


@dataclass(frozen=True)
class Step:
    """`at` is the account's clock when this became due."""

    db: Db
    account: accounts.Account
    at: int
    entity_id: str


Act = Callable[[Step], None]
ACTS: dict[str, Act] = {}


def act(kind: str) -> Callable[[Act], Act]:
    """Register what a kind of step does. It may plan further steps; they are carried out too if already due."""

    def register(function: Act) -> Act:
        ACTS[kind] = function
        return function

    return register


def plan(db: Db, account_id: str, at: int, kind: str, entity_id: str) -> None:
    db.execute("INSERT INTO transitions (account, at, kind, entity_id) VALUES (?, ?, ?, ?)", (account_id, at, kind, entity_id))


def next_at(db: Db, account_id: str) -> int | None:
    """The earliest step of the account that still waits."""
    at: int | None = db.execute("SELECT min(at) FROM transitions WHERE account = ?", (account_id,)).fetchone()[0]
    return at


def due_accounts(db: Db) -> list[str]:
    return [row["id"] for row in db.execute(DUE_ACCOUNTS, (clock.EVERYBODY, time.time()))]


def make_true(db: Db, account_id: str) -> None:
    """Everything of this account that its clock has reached, earliest first."""
    now = clock.now(db, account_id)
    earliest = "SELECT * FROM transitions WHERE account = ? AND at <= ? ORDER BY at, seq LIMIT 1"
    while row := db.execute(earliest, (account_id, now)).fetchone():
        db.execute("DELETE FROM transitions WHERE seq = ?", (row["seq"],))
        ACTS[row["kind"]](Step(db, accounts.get(db, "razorpay", account_id), row["at"], row["entity_id"]))


class Passage:
    """The thread that carries out steps while time passes by itself. `start` once, `stop` once."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="transitions", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._stopping.wait(POLL_SECONDS):
                with self._box.store.transaction() as db:
                    due = due_accounts(db)
                for account_id in due:
                    with self._box.transaction() as db:
                        make_true(db, account_id)
        except StoreClosed:
            return
