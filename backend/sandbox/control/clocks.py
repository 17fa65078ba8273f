"""Time, as each account sees it: where its clock stands, what it waits for, and whether all is said."""

import time
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field, model_validator

from sandbox import clock, transitions
from sandbox.accounts import AccountId
from sandbox.box import TheBox
from sandbox.config import Strict
from sandbox.store import Db
from sandbox.webhooks import events

router = APIRouter(tags=["time"])


class ClockSetting(Strict):
    """Either `now` (Unix seconds) or `offset_seconds`; `account` "*" is everybody, a list moves several at once."""

    account: AccountId | Annotated[list[AccountId], Field(min_length=1)] = clock.EVERYBODY
    now: int | None = None
    offset_seconds: float | None = None

    @property
    def accounts(self) -> list[AccountId]:
        return self.account if isinstance(self.account, list) else [self.account]

    @model_validator(mode="after")
    def one_of_them(self) -> "ClockSetting":
        if (self.now is None) == (self.offset_seconds is None):
            raise ValueError("give either now or offset_seconds")
        return self


@router.get("/clock")
def get_clock(box: TheBox, account: AccountId = clock.EVERYBODY) -> dict[str, int | float | None]:
    """Everybody's, or one account's own. next_at: when something next happens to it by itself, null when nothing waits."""
    with box.store.transaction() as db:
        return _clock(db, account)


@router.put("/clock")
def set_clock(asked: ClockSetting, box: TheBox) -> dict[str, int | float | None]:
    """Every timestamp the providers give follows it, and what became due has happened before the answer.

    Delays of webhooks, and their retries, keep to the machine's time."""
    with box.transaction() as db:
        offset = asked.offset_seconds if asked.now is None else asked.now - time.time()
        for account in asked.accounts:
            clock.set_offset(db, account, float(offset or 0))
        for account in transitions.due_accounts(db) if clock.EVERYBODY in asked.accounts else asked.accounts:
            transitions.make_true(db, account)
        return _clock(db, asked.accounts[0])


@router.get("/quiet")
def is_quiet(account: Annotated[list[AccountId], Query()], box: TheBox) -> dict[str, int]:
    """How many deliveries of these accounts are under way or due now; those that wait for another try are not counted."""
    with box.store.transaction() as db:
        return {"deliveries": sum(events.under_way(db, one) for one in account)}


def _clock(db: Db, account: str) -> dict[str, int | float | None]:
    return {
        "now": clock.now(db, account),
        "offset_seconds": clock.offset_seconds(db, account),
        "next_at": transitions.next_at(db, account),
    }
