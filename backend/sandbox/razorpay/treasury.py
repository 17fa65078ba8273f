"""How a merchant's refunds go, and how much they may take: what a test may set."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from sandbox.store import Db, get_setting, put_setting

Outcome = Literal["processed", "failed"]


@dataclass(frozen=True)
class Treasury:
    """Seconds are of the merchant's clock; zero means in the same transaction. `balance` None: always enough."""

    refund_seconds: int = 0
    balance: int | None = None  # what refunds may still take; captures do not fill it up, so that a test decides alone
    instant: bool = True  # whether a refund that asks for `optimum` is made instantly
    failed_restores: bool = True  # not settled by the pages: whether amount_refunded goes back when a refund fails


def of(db: Db, account: str) -> Treasury:
    return Treasury(**get_setting(db, account, "treasury", {}))


def change(db: Db, account: str, changes: dict[str, Any]) -> Treasury:
    """Only what is named changes."""
    treasury = Treasury(**{**asdict(of(db, account)), **changes})
    put_setting(db, account, "treasury", asdict(treasury))
    return treasury


def move_balance(db: Db, account: str, amount: int) -> None:
    balance = of(db, account).balance
    if balance is not None:
        change(db, account, {"balance": balance + amount})


def outcomes(db: Db, account: str) -> list[Outcome]:
    """What the next refunds that are made will come to, in order."""
    queue: list[Outcome] = get_setting(db, account, "refund_outcomes", [])
    return queue


def set_outcomes(db: Db, account: str, queue: list[Outcome]) -> None:
    put_setting(db, account, "refund_outcomes", queue)


def take_outcome(db: Db, account: str) -> Outcome:
    """The next one; processed when nothing was planned."""
    queue = outcomes(db, account)
    if not queue:
        return "processed"
    set_outcomes(db, account, queue[1:])
    return queue[0]
