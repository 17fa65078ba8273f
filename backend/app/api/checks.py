"""Does everything add up? For staff who answer for the money."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field

from app.api.doors import OpenDoor
from app.api.routing import Router
from app.api.schemas import MoneyOut
from app.insight.checks.frame import Finding, find_all
from app.insight.checks.registry import CHECKS, named
from app.stores import service as stores

router = Router(prefix="/api/v1/checks", tags=["checks"])


class FindingOut(BaseModel):
    """Something that is not as it must be, in one sentence for a person."""

    check: str = Field(description="The name of the invariant that does not hold")
    severity: Literal["severe", "notice"]
    what: str
    object_type: str = Field(description="What it is about, e.g. `orders`")
    object_id: UUID | None
    amount: MoneyOut | None = Field(description="How much money it is about, where it is about money")
    repair: str = Field(description="The command that mends it; empty: `remedy` says what a person has to do")
    remedy: str

    @classmethod
    def of(cls, finding: Finding, currency: str) -> "FindingOut":
        amount = None if finding.amount is None else MoneyOut(amount=finding.amount, currency=currency)
        return cls(**{**vars(finding), "amount": amount})


class ChecksOut(BaseModel):
    """`ok`: nothing was found. Of each check at most a hundred findings are told."""

    ok: bool
    checks: int = Field(description="How many invariants were looked at")
    findings: list[FindingOut]


Only = Annotated[
    list[str] | None, Query(max_length=len(CHECKS), description="Only the checks of these names; left out: all of them")
]


@router.get("")
def run_checks(door: OpenDoor, only: Only = None) -> ChecksOut:
    """Hold the books, the stock and the orders against one another, now. Severe findings first. It takes a few seconds."""
    checks, store = named(only or ()), stores.get(door.session)
    findings = find_all(door.session, checks, door.now, store.currency)
    return ChecksOut(
        ok=not findings, checks=len(checks), findings=[FindingOut.of(finding, store.currency) for finding in findings]
    )
