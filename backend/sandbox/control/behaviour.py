"""How the sandbox behaves from now on: faults, webhooks, receipts."""

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import Field, field_validator

from sandbox import faults, messages
from sandbox.accounts import AccountId
from sandbox.box import TheBox
from sandbox.config import Strict
from sandbox.faults import Fault
from sandbox.store import put_setting
from sandbox.webhooks import events
from sandbox.wire import OPERATIONS

router = APIRouter(tags=["behaviour"])


class FaultOrder(Strict):
    account: AccountId
    operation: str
    fault: Fault
    times: int = Field(1, ge=1)
    seconds: float = Field(60.0, ge=0)
    after_effect: bool = False
    code: str | None = None

    @field_validator("operation")
    @classmethod
    def exists(cls, operation: str) -> str:
        """A fault for a name that no call has would wait for ever."""
        if operation != "*" and operation not in OPERATIONS:
            raise ValueError(f"operation must be * or one of {', '.join(sorted(OPERATIONS))}")
        return operation


class WebhookMode(Strict):
    """`duplicate`: extra copies of each delivery. `retry_seconds`: waits between attempts, the last one repeats."""

    account: AccountId
    mode: Literal["send", "hold", "drop"] = "send"
    duplicate: int = Field(0, ge=0, le=20)
    shuffle: bool = False
    delay_seconds: float = Field(0.0, ge=0)
    retry_seconds: list[float] | None = Field(default=None, min_length=1)


class AccountOnly(Strict):
    account: AccountId


class Receipts(Strict):
    account: AccountId
    mode: Literal["auto", "hold"]


@router.post("/faults")
def order_fault(asked: FaultOrder, box: TheBox) -> dict[str, int]:
    """The next calls of an operation suffer it ("*": any); after_effect spoils only the answer."""
    with box.transaction() as db:
        return {
            "id": faults.order(
                db, asked.account, asked.operation, asked.fault, asked.times, asked.seconds, asked.after_effect, asked.code
            )
        }


@router.get("/faults")
def list_faults(box: TheBox, account: AccountId | None = None) -> list[dict[str, Any]]:
    """Those that still wait."""
    with box.store.transaction() as db:
        return faults.listing(db, account)


@router.delete("/faults")
def clear_faults(box: TheBox, account: AccountId | None = None) -> dict[str, int]:
    """Forget those that still wait."""
    with box.transaction() as db:
        return {"cleared": faults.clear(db, account)}


@router.post("/webhooks")
def set_webhooks(mode: WebhookMode, box: TheBox) -> dict[str, Any]:
    """For every event generated from now on; the whole setting is replaced."""
    with box.transaction() as db:
        put_setting(db, mode.account, "webhooks", mode.model_dump(exclude={"account", "retry_seconds"}))
        if mode.retry_seconds is not None:
            put_setting(db, mode.account, "retry_seconds", mode.retry_seconds)
        return events.mode_of(db, mode.account)


@router.post("/webhooks/release")
def release_webhooks(asked: AccountOnly, box: TheBox) -> dict[str, int]:
    """Deliver what was held."""
    with box.transaction() as db:
        return {"released": events.release(db, asked.account)}


@router.put("/receipts")
def set_receipts(asked: Receipts, box: TheBox) -> dict[str, str]:
    """auto: messages are delivered at once and reported. hold: nothing happens until a receipt is posted."""
    with box.transaction() as db:
        messages.set_receipts(db, asked.account, asked.mode)
    return {"mode": asked.mode}
