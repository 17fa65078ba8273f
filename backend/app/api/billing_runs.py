"""Billing runs: what tomorrow's would order, which wait for approval, what became of them, and what did not come. For staff."""

from datetime import date, datetime, timedelta
from typing import Annotated, Literal, cast
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field

from app.api.doors import OpenDoor
from app.api.orders import MAX_PAGE
from app.api.routing import Router
from app.api.schemas import MoneyOut
from app.api.subscriptions import calendar_of
from app.jobs import service as jobs
from app.stores import service as stores
from app.subscriptions import gaps, previewing, quarantine, run_queries, running
from app.subscriptions.gaps import Gap
from app.subscriptions.previewing import Preview
from app.subscriptions.run_models import BillingRun

router = Router(prefix="/api/v1", tags=["billing"])

SCHEDULE = "process-due-subscriptions"


class GapOut(BaseModel):
    """`amount`: what was agreed for that day would cost today."""

    delivers_on: date
    status: Literal["skipped", "failed"]
    reason: str
    count: int
    amount: MoneyOut

    @classmethod
    def of(cls, gap: Gap, currency: str) -> "GapOut":
        return cls.model_validate({**vars(gap), "amount": MoneyOut(amount=gap.amount, currency=currency)})


class GapList(BaseModel):
    items: list[GapOut]


class OutcomeOut(BaseModel):
    status: Literal["created", "skipped", "failed"]
    reason: str
    count: int
    amount: MoneyOut


class BillingRunOut(BaseModel):
    """`held`: it waits for approval, `hold_reason` says why. `expected_*` is a quick count at its beginning."""

    id: UUID
    status: Literal["held", "running", "done"]
    as_of: datetime
    expected_count: int
    expected_amount: MoneyOut
    hold_reason: str
    approved_at: datetime | None
    approved_by: str
    started_at: datetime
    finished_at: datetime | None
    outcomes: list[OutcomeOut] = Field(description="When it is done: what became of its deliveries")
    gaps: list[GapOut] = Field(description="When it is done: what did not come although nobody wished it away")

    @classmethod
    def of(cls, run: BillingRun, currency: str) -> "BillingRunOut":
        def money(facts: dict[str, object]) -> dict[str, object]:
            return {**facts, "amount": MoneyOut(amount=cast(int, facts["amount"]), currency=currency)}

        facts = run.model_dump(exclude={"store_id", "created_at", "report", "expected_amount"})
        return cls.model_validate(
            {
                **facts,
                "expected_amount": MoneyOut(amount=run.expected_amount, currency=currency),
                "outcomes": [money(one) for one in run.report.get("outcomes", [])],
                "gaps": [money(one) for one in run.report.get("gaps", [])],
            }
        )


class BillingRunPage(BaseModel):
    items: list[BillingRunOut]
    next: UUID | None


class ShareOut(BaseModel):
    """`number`: deliveries of a way of paying, pieces of a product."""

    name: str
    number: int
    amount: MoneyOut


class OddOut(BaseModel):
    """A delivery that costs more than three times what this subscription's usually do."""

    subscription_id: UUID
    customer_id: UUID
    amount: MoneyOut
    usual_amount: MoneyOut


class PreviewOut(BaseModel):
    """Everything that becomes due until `until`, at the prices of its day. What is short on the shelf is not foreseen."""

    until: datetime
    count: int
    amount: MoneyOut
    left_out: dict[str, int] = Field(description="Deliveries by the reason why they do not come")
    by_payment: list[ShareOut]
    by_product: list[ShareOut]
    usual_count: float = Field(description="A day of the last seven, on average")
    usual_amount: MoneyOut
    change_percent: float | None = Field(description="Of the amount against the usual one; null: there is no past")
    odd: list[OddOut] = Field(description="At most twenty")
    hold_reason: str = Field(description="Why it would wait for approval; empty: it would not")

    @classmethod
    def of(cls, made: Preview, currency: str) -> "PreviewOut":
        def money(amount: int) -> MoneyOut:
            return MoneyOut(amount=amount, currency=currency)

        def shares(of: dict[str, list[int]]) -> list[ShareOut]:
            largest = sorted(of.items(), key=lambda pair: -pair[1][1])
            return [ShareOut(name=name, number=number, amount=money(amount)) for name, (number, amount) in largest]

        return cls(
            until=made.until,
            count=made.count,
            amount=money(made.amount),
            left_out=dict(made.left_out),
            by_payment=shares(made.by_payment),
            by_product=shares(made.by_product),
            usual_count=made.usual_count,
            usual_amount=money(made.usual_amount),
            change_percent=made.change_percent,
            odd=[
                OddOut(
                    subscription_id=one.subscription_id,
                    customer_id=one.customer_id,
                    amount=money(one.amount),
                    usual_amount=money(one.usual_amount),
                )
                for one in made.odd
            ],
            hold_reason=made.holds,
        )


class RetryOut(BaseModel):
    """When its next delivery is planned; null: nothing is to come."""

    subscription_id: UUID
    next_on: date | None
    plans_at: datetime | None


@router.get("/billing-runs")
def list_billing_runs(
    door: OpenDoor, limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 20, after: UUID | None = None
) -> BillingRunPage:
    """Newest first, each with what became of it."""
    found, currency = run_queries.page(door.session, limit + 1, after), stores.get(door.session).currency
    page = found[:limit]
    following = page[-1].id if len(found) > limit else None
    return BillingRunPage(items=[BillingRunOut.of(run, currency) for run in page], next=following)


@router.get("/billing-runs/preview")
def preview(door: OpenDoor) -> PreviewOut:
    """What the runs of the next 24 hours would order, before they do. Writes nothing."""
    store = stores.get(door.session)
    made = previewing.preview(door.session, store, calendar_of(door.session, door))
    return PreviewOut.of(made, store.currency)


@router.get("/billing-runs/gaps")
def list_gaps(door: OpenDoor, days: Annotated[int, Query(ge=1, le=366)] = 30) -> GapList:
    """What did not come in the last so many days although it was agreed: missed, short, no longer sold, failed."""
    found, currency = gaps.since(door.session, door.today - timedelta(days=days)), stores.get(door.session).currency
    return GapList(items=[GapOut.of(gap, currency) for gap in found])


@router.post("/billing-runs/{run_id}/approval")
def approve(door: OpenDoor, run_id: UUID) -> BillingRunOut:
    """Let a held run begin, at once. 409 `no_run_to_approve`: it does not wait."""

    def act() -> BillingRunOut:
        run = running.approve(door.session, door.actor, door.now, run_id)
        jobs.open_now(door.session, SCHEDULE, door.now)
        return BillingRunOut.of(run, stores.get(door.session).currency)

    return door.once(act)


@router.post("/subscriptions/{subscription_id}/retry")
def retry(door: OpenDoor, subscription_id: UUID) -> RetryOut:
    """Lift the hold of a subscription whose numbers made trouble, once that is mended. A delivery that failed is decided again
    if there is still time for it. Safe to repeat: what is not held stays as it is.
    """

    def act() -> RetryOut:
        at = calendar_of(door.session, door)
        done = quarantine.retry(door.session, subscription_id, actor=door.actor, calendar=at)
        return RetryOut(subscription_id=done.id, next_on=done.next_on, plans_at=done.plans_at)

    return door.once(act)
