"""Pay for an order that waits for its payment: what the storefront hands to the provider's checkout."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field
from sqlmodel import Session

from app.accounts import service as accounts
from app.api.doors import OpenVisit
from app.api.problems import PROVIDER_RESPONSES
from app.api.routing import Router
from app.checkout import placing
from app.core import clock
from app.core.config import settings
from app.core.work import Nothing, claim_call_settle, unit_of_work
from app.orders import queries as orders
from app.orders.models import Order
from app.payments import starting
from app.payments.errors import PaymentNotStarted, PaymentRefused
from app.payments.mandate_models import Mandate
from app.payments.models import PaymentAttempt
from app.payments.starting import StartCall
from app.stores import service as stores
from app.wallets.models import TopUp

router = Router(prefix="/api/v1/orders", tags=["orders"])


class PrefillOut(BaseModel):
    name: str
    contact: str
    email: str


class PaymentOut(BaseModel):
    """Post it as a form to `checkout_url` (Razorpay's hosted checkout), or give it to Checkout.js."""

    provider: Literal["razorpay"] = "razorpay"
    key_id: str
    provider_order_id: str
    amount: int = Field(description="In paise")
    currency: str
    checkout_url: str
    callback_url: str
    prefill: PrefillOut
    customer_id: str | None = Field(default=None, description="The provider's id of the customer, where a mandate is approved")
    recurring: bool = Field(default=False, description="True where the payment also approves a mandate: pass both on")


@router.post("/{order_id}/payment", responses=PROVIDER_RESPONSES)
def pay_order(visit: OpenVisit, order_id: UUID) -> PaymentOut:
    """Pay an order that is still `pending_payment`, after a payment that failed or was abandoned. Safe to repeat.

    The order and its amount stay; the same provider order is used as long as it can be paid.
    """

    def claim(session: Session) -> StartCall | Nothing[PaymentAttempt]:
        order = orders.get(session, order_id, visit.customer_id)
        attempt = placing.attempt_of(session, order, visit.actor)
        return starting.claim(session, attempt.id, placing.notes_of(order)) or Nothing(attempt)

    attempt = claim_call_settle(visit.store.id, claim, starting.call, starting.settle)
    require_started(attempt)
    with unit_of_work(visit.store.id) as session:
        return payment_out(session, orders.get(session, order_id, visit.customer_id), attempt)


def payment_out(session: Session, order: Order, attempt: PaymentAttempt) -> PaymentOut:
    """The payment of an attempt that is done: the provider has an order for it."""
    return _out(session, attempt, order.customer_id, f"payment-returns/{order.id}", name=order.address["name"])


def top_up_payment_out(session: Session, top_up: TopUp, attempt: PaymentAttempt) -> PaymentOut:
    """The payment by which a customer puts money into the wallet."""
    return _out(session, attempt, top_up.customer_id, f"top-up-returns/{top_up.id}")


def approval_out(session: Session, mandate: Mandate, attempt: PaymentAttempt) -> PaymentOut:
    """The first payment of a mandate: by making it the customer approves the mandate."""
    made = _out(session, attempt, mandate.customer_id, f"mandate-returns/{mandate.id}")
    return made.model_copy(update={"customer_id": mandate.provider_customer_id, "recurring": True})


def _out(session: Session, attempt: PaymentAttempt, customer_id: UUID, comes_back_to: str, name: str = "") -> PaymentOut:
    customer = accounts.get_customer(session, customer_id)
    account = stores.provider_account(session, "razorpay", attempt.account_id)
    return PaymentOut(
        key_id=account.secrets["key_id"],
        provider_order_id=attempt.provider_order_id or "",
        amount=attempt.amount,
        currency=attempt.currency,
        checkout_url=f"{settings.provider_url('razorpay')}/v1/checkout/embedded",
        callback_url=f"{stores.api_url(stores.get(session))}/api/v1/{comes_back_to}",
        prefill=PrefillOut(name=customer.name or name, contact=customer.phone or "", email=customer.email or ""),
    )


def require_started(attempt: PaymentAttempt) -> None:
    """PaymentRefused: the provider will not have it. PaymentNotStarted: it cannot be asked now, or has not answered."""
    if attempt.work_status == "dead":
        raise PaymentRefused
    if attempt.work_status != "done":
        due = attempt.next_attempt_at or attempt.lease_until or clock.machine_now()
        raise PaymentNotStarted(retry_after_seconds=max(1, round((due - clock.machine_now()).total_seconds())))
