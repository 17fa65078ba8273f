"""Turn a cart into an order and start its payment: two steps around a call to the provider."""

from typing import Literal, cast
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel
from sqlmodel import Session

from app.api.doors import OpenVisit, replay
from app.api.orders import OrderOut
from app.api.payments import PaymentOut, payment_out, require_started
from app.api.problems import PROVIDER_RESPONSES
from app.api.schemas import RequestBody
from app.checkout import placing
from app.core import clock
from app.core.errors import ProviderError
from app.core.work import Nothing, claim_call_settle
from app.idempotency import service as idempotency
from app.idempotency.models import IdempotencyKey
from app.orders import queries as orders
from app.payments import starting
from app.payments.models import PaymentAttempt
from app.payments.starting import StartCall, Started

router = APIRouter(prefix="/api/v1/checkouts", tags=["orders"])


class CheckoutIn(RequestBody):
    """Prices are not part of it: they are the shop's."""

    cart_id: UUID
    address_id: UUID
    payment_method: Literal["razorpay"] = "razorpay"


class CheckoutOut(BaseModel):
    order: OrderOut
    payment: PaymentOut


@router.post("", status_code=201, responses=PROVIDER_RESPONSES)
def check_out(visit: OpenVisit, body: CheckoutIn) -> CheckoutOut:
    """Place the cart as an order, reserve its stock and start its payment. Needs an Idempotency-Key; safe to repeat.

    503 `payment_not_started`: the provider could not be asked; the order stands and the same request finishes it.
    """
    kept: list[IdempotencyKey] = []

    def claim(session: Session) -> StartCall | Nothing[CheckoutOut | PaymentAttempt]:
        key = visit.require_key()
        begun = idempotency.begin(session, visit.caller.key, key, visit.fingerprint, clock.machine_now())
        if isinstance(begun, idempotency.Answer):
            return Nothing(cast(CheckoutOut, replay(begun)))  # FastAPI sends a response as it is
        kept.append(begun.row)
        order, attempt = placing.place(
            session,
            body.cart_id,
            body.address_id,
            body.payment_method,
            customer_id=visit.customer_id,
            actor=visit.actor,
            now=visit.now,
        )
        return starting.claim(session, attempt.id, placing.notes_of(order)) or Nothing(_finish(session, attempt, kept[0]))

    def settle(session: Session, start: StartCall, outcome: Started | ProviderError) -> CheckoutOut | PaymentAttempt:
        return _finish(session, starting.settle(session, start, outcome), kept[0])

    result = claim_call_settle(visit.store.id, claim, starting.call, settle)
    if isinstance(result, PaymentAttempt):
        require_started(result)
    return cast(CheckoutOut, result)


def _finish(session: Session, attempt: PaymentAttempt, key: IdempotencyKey) -> CheckoutOut | PaymentAttempt:
    """The answer, kept under the key, once the provider has an order; else the attempt, and the key free for a repeat."""
    if attempt.work_status != "done":
        idempotency.give_back(session, key)
        return attempt
    order = orders.of_payment(session, attempt.payment_id)
    lines = orders.lines(session, [order.id])[order.id]
    answer = CheckoutOut(order=OrderOut.of(order, lines), payment=payment_out(session, order, attempt))
    idempotency.complete(session, key, idempotency.Answer(201, answer.model_dump(mode="json")))
    return answer
