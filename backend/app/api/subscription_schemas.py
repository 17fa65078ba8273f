"""What a subscription, its deliveries and a change of it look like on the wire."""

from datetime import date, datetime
from typing import Any, Literal, cast
from uuid import UUID

from pydantic import BaseModel, Field

from app.api.delivery_schemas import DeliveryOut, OpenOrderOut, money
from app.api.payments import PaymentOut
from app.api.schemas import MoneyOut
from app.api.terms_schemas import SubscriptionLineOut, TermsOut
from app.payments.mandate_models import MandateMethod, MandateStatus
from app.payments.provider_subscription_models import ProviderSubscription
from app.subscriptions import mandate_health
from app.subscriptions.calendars import Delivery
from app.subscriptions.changing import Change
from app.subscriptions.coming import Shift
from app.subscriptions.mandate_health import Problem
from app.subscriptions.models import PaymentMethod
from app.subscriptions.states import Status
from app.subscriptions.viewing import SubscriptionView

ProviderStatus = Literal[
    "asked", "refused", "created", "authenticated", "active", "pending", "halted", "paused", "cancelled", "completed", "expired"
]
TO_APPROVE = ("created", "pending", "halted")


class MandateOut(BaseModel):
    """The customer's standing permission; `failure_reason` is the bank's word for a rejection."""

    id: UUID
    status: MandateStatus
    method: MandateMethod
    max_amount: MoneyOut
    expires_at: datetime
    failure_reason: str | None
    problems: list[Problem] = Field(description="Why it will not pay what comes within a month; worst first")


class ProviderScheduleOut(BaseModel):
    """The subscription as the payment provider keeps it, which charges by itself at `charge_at`.

    At `approve_url` the customer approves it (`created`), or gives another card after a charge failed (`pending`, `halted`);
    null: there is nothing to do, or the provider could not be asked yet.
    """

    status: ProviderStatus
    approve_url: str | None
    approve_by: datetime | None
    charge_at: datetime | None
    charged_count: int
    failure_reason: str | None

    @classmethod
    def of(cls, agreement: ProviderSubscription) -> "ProviderScheduleOut":
        return cls(
            status=cast(ProviderStatus, agreement.status),
            approve_url=agreement.short_url if agreement.status in TO_APPROVE else None,
            approve_by=agreement.expire_by if agreement.status in ("asked", "created") else None,
            charge_at=agreement.charge_at or agreement.start_at,
            charged_count=agreement.paid_count,
            failure_reason=agreement.failure_reason,
        )


class SubscriptionOut(BaseModel):
    """What is agreed today, in `text` for people; `changes` is what holds from later days on, each until the next.

    `price` is what a delivery costs today; null: something is not on sale.
    """

    id: UUID
    status: Status
    rule: dict[str, Any]
    rule_text: str
    text: str
    anchor_on: date
    shift: Shift
    starts_on: date
    ends_on: date | None = Field(description="Nothing comes after that day")
    ends_after: int | None = Field(description="It ends after so many deliveries; one left out is none")
    payment_method: PaymentMethod
    lines: list[SubscriptionLineOut]
    address: dict[str, str]
    changes: list[TermsOut] = Field(description="Each can be taken back until the cut-off of its first delivery")
    cancel_reason: str | None = Field(description="With `ends_on`: it was cancelled to the end of what is paid")
    paused_until: date | None
    mandate: MandateOut | None
    provider: ProviderScheduleOut | None = Field(description="Where the payment provider keeps the schedule and charges")
    price: MoneyOut | None
    started_at: datetime
    cancelled_at: datetime | None

    @classmethod
    def of(cls, view: SubscriptionView) -> "SubscriptionOut":
        one, mandate = view.subscription, view.mandate
        facts = one.model_dump(
            include={"id", "status", "starts_on", "ends_on", "ends_after", "payment_method", "paused_until", "started_at"}
            | {"cancelled_at", "cancel_reason"}
        )
        terms = TermsOut.of(view.agreed, view)
        return cls(
            **facts,
            **{name: getattr(terms, name) for name in TermsOut.model_fields if name != "from_on"},
            changes=[TermsOut.of(later, view) for later in view.later],
            mandate=mandate and _mandate({**mandate.model_dump(), "problems": mandate_health.problems(view)}),
            provider=ProviderScheduleOut.of(view.at_provider) if view.at_provider else None,
            price=money(view.price_amount, view.currency),
        )


def _mandate(facts: dict[str, Any]) -> MandateOut:
    money = MoneyOut(amount=facts.pop("max_amount"), currency=facts["currency"])
    return MandateOut.model_validate({**facts, "max_amount": money})


class SubscriptionPage(BaseModel):
    items: list[SubscriptionOut]
    next: UUID | None = Field(description="Pass as `after` for the next page; null on the last one")


class ChangeOut(BaseModel):
    """The subscription after the change, what comes next, and what becomes of open orders. Nothing is charged by a change."""

    subscription: SubscriptionOut
    upcoming: list[DeliveryOut]
    charged_now: MoneyOut | None = None
    open_orders: list[OpenOrderOut]

    @classmethod
    def of(cls, change: Change, view: SubscriptionView, upcoming: list[Delivery]) -> "ChangeOut":
        return cls(
            subscription=SubscriptionOut.of(view),
            upcoming=[DeliveryOut.of(one) for one in upcoming],
            open_orders=[
                OpenOrderOut(order_id=one.order.id, number=one.order.number, delivers_on=one.delivers_on, outcome=one.outcome)
                for one in change.open_orders
            ],
        )


class StartOut(ChangeOut):
    payment: PaymentOut | None = Field(
        default=None, description="By mandate: take the customer there to approve it; null in a dry run"
    )
