"""Paying into the wallet: two steps around a call to the provider, and an app that comes back from the payment page."""

from datetime import datetime
from typing import Literal, cast
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from app.api.doors import OpenDoor, OpenVisit, replay
from app.api.orders import PaymentReturnIn
from app.api.payments import PaymentOut, require_started, top_up_payment_out
from app.api.problems import PROVIDER_RESPONSES
from app.api.routing import Router
from app.api.schemas import MoneyOut, RequestBody
from app.checkout.returning import top_up_return
from app.core import clock
from app.core.errors import ProviderError
from app.core.work import Nothing, claim_call_settle
from app.idempotency import service as idempotency
from app.idempotency.models import IdempotencyKey
from app.payments import starting
from app.payments.models import PaymentAttempt
from app.payments.starting import StartCall, Started
from app.wallets import queries, topping_up
from app.wallets.models import MAX_TOP_UP_AMOUNT, MIN_TOP_UP_AMOUNT, TopUp

router = Router(prefix="/api/v1/wallet/top-ups", tags=["wallet"])


class TopUpIn(RequestBody):
    model_config = ConfigDict(json_schema_extra={"examples": [{"amount": 50000}]})

    amount: int = Field(
        ge=MIN_TOP_UP_AMOUNT, le=MAX_TOP_UP_AMOUNT, strict=True, description="paise, in the currency of the shop"
    )


class TopUpOut(BaseModel):
    """`paid` once the money is in the wallet."""

    id: UUID
    status: Literal["pending", "paid"]
    amount: MoneyOut
    paid_at: datetime | None

    @classmethod
    def of(cls, row: TopUp) -> "TopUpOut":
        amount = MoneyOut(amount=row.amount, currency=row.currency)
        return cls(id=row.id, status="paid" if row.paid_at else "pending", amount=amount, paid_at=row.paid_at)


class TopUpStartOut(BaseModel):
    top_up: TopUpOut
    payment: PaymentOut


@router.post("", status_code=201, responses=PROVIDER_RESPONSES)
def top_up(visit: OpenVisit, body: TopUpIn) -> TopUpStartOut:
    """Pay money into your wallet: `payment` is handed to the payment page, as an order's is. Needs an Idempotency-Key.

    The money is in the wallet when the provider says that it was captured; the browser comes back to the wallet's page, an app
    calls `payment-confirmation`. 503 `payment_not_started`: nothing was begun; the same request tries again.
    """
    kept: list[IdempotencyKey] = []

    def claim(session: Session) -> StartCall | Nothing[TopUpStartOut | PaymentAttempt]:
        key = visit.require_key()
        begun = idempotency.begin(session, visit.caller.key, key, visit.fingerprint, clock.machine_now())
        if isinstance(begun, idempotency.Answer):
            return Nothing(cast(TopUpStartOut, replay(begun)))
        kept.append(begun.row)
        attempt = topping_up.start(session, visit.customer_id, body.amount, actor=visit.actor, now=visit.now)
        notes = topping_up.notes_of(topping_up.of_attempt(session, attempt).id)
        return starting.claim(session, attempt.id, notes) or Nothing(_finish(session, attempt, begun.row))

    def settle(session: Session, start: StartCall, outcome: Started | ProviderError) -> TopUpStartOut | PaymentAttempt:
        return _finish(session, starting.settle(session, start, outcome), kept[0])

    result = claim_call_settle(visit.store.id, claim, starting.call, settle)
    if isinstance(result, PaymentAttempt):
        require_started(result)
    return cast(TopUpStartOut, result)


@router.get("/{top_up_id}")
def get_top_up(door: OpenDoor, top_up_id: UUID) -> TopUpOut:
    """One of your top-ups: whether its money has arrived."""
    return TopUpOut.of(queries.top_up(door.session, top_up_id, door.customer_id))


@router.post("/{top_up_id}/payment-confirmation")
def confirm_top_up(visit: OpenVisit, top_up_id: UUID, body: PaymentReturnIn) -> TopUpOut:
    """What an app calls when Razorpay's checkout reports success. Checked by signature, then asked of Razorpay itself.

    Safe to repeat and to race with the webhook. Still `pending`: ask again shortly.
    """
    return TopUpOut.of(top_up_return(visit.store.id, top_up_id, visit.customer_id, body.values(), visit.actor))


def _finish(session: Session, attempt: PaymentAttempt, key: IdempotencyKey) -> TopUpStartOut | PaymentAttempt:
    """The answer, kept under the key, once the provider has an order; else the attempt, and the key free for a repeat."""
    if attempt.work_status != "done":
        idempotency.give_back(session, key)
        return attempt
    row = topping_up.of_attempt(session, attempt)
    answer = TopUpStartOut(top_up=TopUpOut.of(row), payment=top_up_payment_out(session, row, attempt))
    idempotency.complete(session, key, idempotency.Answer(201, answer.model_dump(mode="json")))
    return answer
