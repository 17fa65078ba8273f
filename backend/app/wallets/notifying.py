"""What customers are told about their wallets: queued in the transaction that makes it true, with the facts frozen."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from babel.dates import format_date
from sqlmodel import Session

from app.accounts import service as accounts
from app.notifications import service as notifications
from app.notifications.models import Message
from app.payments.debit_reasons import bank_says
from app.payments.mandate_models import Mandate
from app.wallets.models import TopUp
from app.wallets.plan_models import TopUpPlan

WHY_NO_DEBIT = {  # our own reasons, as the end of a sentence
    "too_late": "it could not be announced to you in time",
    "over_limit": "it is more than your mandate allows",
    "notice_failed": "your bank could not announce the charge to you",
    "provider_order_refused": "the bank did not take the announcement of the charge",
    "tries_used_up": "it was tried several times without success",
    "mandate_rejected": "your mandate was not approved",
}


def top_up_failed(session: Session, top_up: TopUp, reason: str) -> list[Message]:
    """Once per top-up: no debit will pay it. `reason`: ours, or the bank's word. Nobody is told of one that was paid."""
    if top_up.paid_at is not None:
        return []
    context = {"amount": top_up.amount, "reason": _why(reason)}
    return _tell(session, top_up.customer_id, "top_up_failed", f"top_up.failed:{top_up.id}", context, ("top_ups", top_up.id))


def plan_stands_still(session: Session, plan: TopUpPlan, mandate: Mandate, month_on: date) -> list[Message]:
    """Once a month: the mandate does not work any more, so nothing was even announced."""
    context = {"amount": plan.amount, "reason": _why(f"mandate_{mandate.status}")}
    key, about = f"top_up_plan.still:{plan.id}:{month_on}", ("wallet_top_up_plans", plan.id)
    return _tell(session, plan.customer_id, "top_up_failed", key, context, about)


def wallet_low(
    session: Session, customer_id: UUID, *, available_amount: int, needed_amount: int, needed_on: date
) -> list[Message]:
    """Once per customer and day of delivery: what comes on `needed_on` costs more than there is to pay it."""
    context = {
        "available_amount": available_amount,
        "needed_amount": needed_amount,
        "missing_amount": max(0, needed_amount - available_amount),
        "needed_on": format_date(needed_on, "EEEE, d MMMM", locale="en_IN"),
    }
    return _tell(
        session, customer_id, "wallet_low", f"wallet.low:{customer_id}:{needed_on}", context, ("customers", customer_id)
    )


def _why(reason: str) -> str:
    return WHY_NO_DEBIT.get(reason) or bank_says(reason) or "the bank did not let it through"


def _tell(
    session: Session, customer_id: UUID, template: str, key: str, context: Mapping[str, Any], about: tuple[str, UUID]
) -> list[Message]:
    """To every address we have of the customer."""
    customer = accounts.get_customer(session, customer_id)
    facts = {"customer_name": customer.name, **context}
    return [
        notifications.queue(session, template, to, channel, key, facts, about=about, customer_id=customer.id)
        for channel, to in (("email", customer.email), ("sms", customer.phone))
        if to
    ]
