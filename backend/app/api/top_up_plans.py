"""A wallet that tops itself up: agreed to once, approved at the bank, debited at most once a month."""

from datetime import date
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from app.api.doors import OpenDoor, OpenVisit, Visit
from app.api.payments import PaymentOut, approval_out
from app.api.problems import PROVIDER_RESPONSES
from app.api.routing import Router
from app.api.schemas import MoneyOut, RequestBody
from app.core.work import Nothing, claim_call_settle, unit_of_work
from app.payments import mandate_queries, mandates, starting
from app.payments.mandate_models import Mandate, MandateMethod
from app.payments.models import PaymentAttempt
from app.payments.starting import StartCall
from app.stores import service as stores
from app.wallets import plan_queries, planning
from app.wallets.models import MAX_TOP_UP_AMOUNT, MIN_TOP_UP_AMOUNT
from app.wallets.plan_models import LAST_DAY, MAX_BELOW_AMOUNT, TopUpPlan
from app.wallets.plan_rules import NOTICE
from app.wallets.planning import Terms

router = Router(prefix="/api/v1/wallet/top-up-plan", tags=["wallet"])

PlanStatus = Literal["awaiting_approval", "active", "action_needed"]


class TopUpPlanIn(RequestBody):
    """Give either `day` or `below_amount`."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"amount": 200000, "day": 1}, {"amount": 100000, "below_amount": 20000}]}
    )

    amount: int = Field(ge=MIN_TOP_UP_AMOUNT, le=MAX_TOP_UP_AMOUNT, strict=True, description="paise, each time")
    day: int | None = Field(default=None, ge=1, le=LAST_DAY, strict=True, description="of every month")
    below_amount: int | None = Field(
        default=None, ge=1, le=MAX_BELOW_AMOUNT, strict=True, description="paise: top up when less than this is available"
    )
    method: MandateMethod = Field(default="upi", description="How the customer's bank is to be debited")


class TopUpPlanOut(BaseModel):
    """`awaiting_approval`: the customer has to approve it at the bank; `action_needed`: the bank no longer lets it through."""

    status: PlanStatus
    amount: MoneyOut
    day: int | None
    below: MoneyOut | None = Field(description="Topped up when less than this is available; null: on the day")
    method: MandateMethod
    bank_limit: MoneyOut = Field(description="The most that the bank lets through at once; more needs a new approval")
    next_on: date | None = Field(description="The next day on which money is taken by plan; null: when too little is available")


class TopUpPlanAnswer(BaseModel):
    """`plan` is null where there is none; `payment` is where the customer approves a plan that awaits it."""

    plan: TopUpPlanOut | None
    payment: PaymentOut | None = None


@router.get("")
def get_top_up_plan(door: OpenDoor) -> TopUpPlanAnswer:
    """How your wallet is topped up by itself, if it is."""
    return TopUpPlanAnswer(plan=_plan(door.session, door.customer_id))


@router.put("", responses=PROVIDER_RESPONSES)
def set_top_up_plan(visit: OpenVisit, body: TopUpPlanIn) -> TopUpPlanAnswer:
    """Have your wallet topped up by itself: on a day of each month, or when it runs low; once a month at most.

    A new plan is approved at your bank, at `payment`; so is one for more than `bank_limit`, or by another method. Your bank
    tells you of each debit a day or more before. What it has announced already is not changed by this. Safe to repeat: the same
    request answers with the same plan, and with `payment` while that is to be approved.
    """
    terms = Terms(body.amount, body.method, body.day, body.below_amount)
    with unit_of_work(visit.store.id) as session:
        plan = planning.set_plan(session, visit.customer_id, terms, actor=visit.actor, now=visit.now)
        answer = TopUpPlanAnswer(plan=_out(session, plan))
        is_to_be_approved = mandate_queries.get(session, plan.mandate_id).can_be_approved
    if is_to_be_approved:
        answer.payment = _ask_approval(visit, plan.mandate_id)
    return answer


@router.delete("", status_code=204)
def end_top_up_plan(door: OpenDoor) -> None:
    """Top up no more by itself. A debit that your bank is deciding on is the last. Safe to repeat."""
    planning.end_plan(door.session, door.customer_id, actor=door.actor, now=door.now)


def _ask_approval(visit: Visit, mandate_id: UUID) -> PaymentOut | None:
    """None where the provider cannot be asked just now: the plan stands, and the same request asks again."""

    def claim(session: Session) -> StartCall | Nothing[PaymentAttempt]:
        attempt = mandates.attempt_of(session, mandate_id, visit.actor)
        return starting.claim(session, attempt.id, {"mandate": str(mandate_id)}) or Nothing(attempt)

    attempt = claim_call_settle(visit.store.id, claim, starting.call, starting.settle)
    if attempt.work_status != "done":
        return None
    with unit_of_work(visit.store.id) as session:
        return approval_out(session, mandate_queries.get(session, mandate_id), attempt)


def _plan(session: Session, customer_id: UUID) -> TopUpPlanOut | None:
    plan = plan_queries.of_customer(session, customer_id)
    return _out(session, plan) if plan and plan.is_live else None


def _out(session: Session, plan: TopUpPlan) -> TopUpPlanOut:
    mandate, currency = mandate_queries.get(session, plan.mandate_id), plan.currency
    next_on = None
    if plan.day and plan.next_at:
        next_on = (plan.next_at + NOTICE).astimezone(ZoneInfo(stores.get(session).zone)).date()
    return TopUpPlanOut(
        status=_status(mandate),
        amount=MoneyOut(amount=plan.amount, currency=currency),
        day=plan.day,
        below=MoneyOut(amount=plan.below_amount, currency=currency) if plan.below_amount else None,
        method="card" if mandate.method == "card" else "upi",
        bank_limit=MoneyOut(amount=mandate.max_amount, currency=currency),
        next_on=next_on,
    )


def _status(mandate: Mandate) -> PlanStatus:
    if mandate.allows_debits:
        return "active"
    return "awaiting_approval" if mandate.status in plan_queries.ASKED else "action_needed"
