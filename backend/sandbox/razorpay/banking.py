"""How the customers' banks behave towards one merchant: what a test may set."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from sandbox.store import Db, get_setting, put_setting

Registration = Literal["charge", "dummy"]
Notification = Literal["delivered", "failed", "never"]
Outcome = Literal["captured"] | dict[Literal["failed"], str]
DAY_SECONDS = 24 * 60 * 60


@dataclass(frozen=True)
class Banking:
    """All seconds are of the merchant's clock. Zero means: in the same transaction."""

    registration: Registration = "charge"
    token_delay_seconds: int = 0
    notification: Notification = "delivered"
    notification_seconds: int = 0
    debit_seconds: int = DAY_SECONDS
    cancel_seconds: int = 0
    save_vpa: bool = False  # the feature without which lists of tokens leave UPI out


def of(db: Db, account: str) -> Banking:
    return Banking(**get_setting(db, account, "banking", {}))


def change(db: Db, account: str, changes: dict[str, Any]) -> Banking:
    """Only what is named changes."""
    banking = Banking(**{**asdict(of(db, account)), **changes})
    put_setting(db, account, "banking", asdict(banking))
    return banking


def outcomes(db: Db, account: str) -> list[Outcome]:
    """What the next debits that are decided will come to, in order."""
    queue: list[Outcome] = get_setting(db, account, "outcomes", [])
    return queue


def set_outcomes(db: Db, account: str, queue: list[Outcome]) -> None:
    put_setting(db, account, "outcomes", queue)


def take_outcome(db: Db, account: str) -> Outcome | None:
    """The next one; None when nothing was planned."""
    queue = outcomes(db, account)
    if not queue:
        return None
    set_outcomes(db, account, queue[1:])
    return queue[0]
