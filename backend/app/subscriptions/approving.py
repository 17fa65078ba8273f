"""Which mandate a subscription's customer is to approve: the one that was asked for, or a new one where the bank ended it."""

from datetime import datetime
from typing import cast
from uuid import UUID

from sqlmodel import Session

from app.audit.service import record
from app.core.actor import Actor
from app.payments import mandate_queries, mandates
from app.payments.mandate_models import MandateMethod
from app.subscriptions import ways
from app.subscriptions.errors import MandateSettled, NoMandate
from app.subscriptions.models import Subscription
from app.subscriptions.states import LIVE


def mandate_to_approve(session: Session, subscription: Subscription, *, actor: Actor, now: datetime) -> UUID:
    """The mandate that the subscription's customer is to approve: one that was asked for in place of what pays now, its own, or
    a new one of the same limit where that ended.

    The subscription is locked. MandateSettled while its mandate is good, is being decided on, or can be resumed at the bank.
    """
    wanted_id = ways.replacement_of(session, subscription)
    if wanted_id and mandate_queries.get(session, wanted_id).can_be_approved:
        return wanted_id
    mandate = mandate_queries.get(session, subscription.mandate_id) if subscription.mandate_id else None
    if mandate is None or subscription.status not in LIVE:
        raise NoMandate
    if mandate.can_be_approved:
        return mandate.id
    if mandate.status not in mandates.FINAL and mandate.work_status != "dead":
        raise MandateSettled(mandate_status=mandate.status)
    method = cast(MandateMethod, mandate.method)
    fresh, _ = mandates.ask(
        session, subscription.customer_id, method, mandate.max_amount, mandate.currency, now=now, actor=actor
    )
    subscription.mandate_id = fresh.id
    session.add(subscription)
    changes = {"mandate_id": [str(mandate.id), str(fresh.id)]}
    record(session, actor, "subscription.mandate_replaced", subscription, changes, cause=f"the last one is {mandate.status}")
    return fresh.id
