"""Turn a cart into an order and start its payment: two steps around a call to the provider."""

from typing import cast
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from app.api.doors import OpenVisit, replay
from app.api.order_schemas import OrderOut
from app.api.payments import PaymentOut, payment_out, require_started
from app.api.problems import PROVIDER_RESPONSES
from app.api.routing import Router
from app.api.schemas import RequestBody
from app.checkout import placing
from app.checkout.paying import PaymentMethod
from app.core import clock
from app.core.errors import ProviderError
from app.core.work import Nothing, claim_call_settle
from app.idempotency import service as idempotency
from app.idempotency.models import IdempotencyKey
from app.orders import queries as orders
from app.orders.models import Order
from app.payments import starting
from app.payments.models import PaymentAttempt
from app.payments.starting import StartCall, Started

router = Router(prefix="/api/v1/checkouts", tags=["orders"])


class CheckoutIn(RequestBody):
    """Prices are not part of it: they are the shop's."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "cart_id": "01980a2f-11aa-7b22-a3c4-5d6e7f809102",
                    "address_id": "01980a2f-33cc-7d44-a5e6-7f8091a2b3c4",
                    "payment_method": "razorpay",
                }
            ]
        }
    )

    cart_id: UUID
    address_id: UUID
    payment_method: PaymentMethod = Field(
        default="razorpay",
        description="`razorpay`: on the payment provider's page. `wallet`: the whole order out of the wallet, at once. "
        "`cash_on_delivery`: to whoever brings it, where the shop offers that. `account`: distributors, up to their limit.",
    )


class CheckoutOut(BaseModel):
    order: OrderOut
    payment: PaymentOut | None = Field(
        description="What the payment page needs while the order is `pending_payment`; null: nothing is to be paid online, "
        "and the order is `confirmed` already"
    )


@router.post("", status_code=201, responses=PROVIDER_RESPONSES)
def check_out(visit: OpenVisit, body: CheckoutIn) -> CheckoutOut:
    """Place the cart as an order, reserve its stock and start its payment. Needs an Idempotency-Key; safe to repeat.

    Refused, with nothing changed: `cart_not_ready`, `wallet_balance_too_low`, `cash_not_offered`, `credit_limit_exceeded`, each
    with what would be possible. An order that waits for its payment may be asked for again with another `payment_method`.
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
        if attempt is None:
            return Nothing(_answer(session, order, None, kept[0]))
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
    return _answer(session, orders.of_payment(session, attempt.payment_id), attempt, key)


def _answer(session: Session, order: Order, attempt: PaymentAttempt | None, key: IdempotencyKey) -> CheckoutOut:
    lines = orders.lines(session, [order.id])[order.id]
    payment = payment_out(session, order, attempt) if attempt else None
    answer = CheckoutOut(order=OrderOut.of(order, lines), payment=payment)
    idempotency.complete(session, key, idempotency.Answer(201, answer.model_dump(mode="json")))
    return answer
