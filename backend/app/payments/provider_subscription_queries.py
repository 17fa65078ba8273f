"""Every SELECT and lock of the schedules that the provider keeps. Lock order: this row, then the subscription."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from app.payments.errors import SubscriptionUnknown
from app.payments.provider_charge_models import ProviderCharge
from app.payments.provider_subscription_models import ProviderPlan, ProviderSubscription
from app.payments.provider_subscription_rules import FINAL


def get(session: Session, agreement_id: UUID) -> ProviderSubscription:
    return session.exec(select(ProviderSubscription).where(ProviderSubscription.id == agreement_id)).one()


def plan_of(session: Session, agreement: ProviderSubscription) -> ProviderPlan:
    return session.exec(select(ProviderPlan).where(ProviderPlan.id == agreement.plan_id)).one()


def plan_like(session: Session, plan: ProviderPlan) -> ProviderPlan:
    """The one plan of this rhythm, amount and name."""
    same = (
        ProviderPlan.account_id == plan.account_id,
        ProviderPlan.period == plan.period,
        ProviderPlan.every == plan.every,
        ProviderPlan.amount == plan.amount,
        ProviderPlan.currency == plan.currency,
        ProviderPlan.name == plan.name,
    )
    return session.exec(select(ProviderPlan).where(*same)).one()


def of_subscription(session: Session, subscription_id: UUID) -> ProviderSubscription | None:
    """The newest; one that has ended, where none lives."""
    statement = select(ProviderSubscription).where(ProviderSubscription.subscription_id == subscription_id)
    return session.exec(statement.order_by(col(ProviderSubscription.id).desc())).first()


def of_subscriptions(session: Session, subscription_ids: Collection[UUID]) -> dict[UUID, ProviderSubscription]:
    """The newest of each, by the subscription's id."""
    statement = select(ProviderSubscription).where(col(ProviderSubscription.subscription_id).in_(subscription_ids))
    found = session.exec(statement.order_by(col(ProviderSubscription.id)))
    return {agreement.subscription_id: agreement for agreement in found}


def live_locked(session: Session, subscription_id: UUID) -> ProviderSubscription | None:
    """The one that lives, locked; None also while somebody has its lock: nobody waits for it holding the subscription."""
    statement = (
        select(ProviderSubscription)
        .where(ProviderSubscription.subscription_id == subscription_id, col(ProviderSubscription.status).not_in(FINAL))
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return session.exec(statement).one_or_none()


def is_live(session: Session, subscription_id: UUID) -> bool:
    statement = select(ProviderSubscription.id).where(ProviderSubscription.subscription_id == subscription_id)
    return session.exec(statement.where(col(ProviderSubscription.status).not_in(FINAL))).one_or_none() is not None


def by_their_id_locked(session: Session, provider_subscription_id: str) -> ProviderSubscription:
    """SubscriptionUnknown: none of ours, or not recorded yet."""
    statement = select(ProviderSubscription).where(ProviderSubscription.provider_subscription_id == provider_subscription_id)
    locked = statement.with_for_update().execution_options(populate_existing=True)
    found = session.exec(locked).one_or_none()
    if found is None:
        raise SubscriptionUnknown(f"no subscription of ours is {provider_subscription_id} there")
    return found


def settled_payments(session: Session, agreement_id: UUID) -> Collection[str]:
    """The provider's payments that are dealt with."""
    statement = select(ProviderCharge.provider_payment_id).where(ProviderCharge.agreement_id == agreement_id)
    return set(session.exec(statement.where(ProviderCharge.status != "waiting")))


def charge_of_payment(session: Session, provider_payment_id: str) -> ProviderCharge:
    return session.exec(select(ProviderCharge).where(ProviderCharge.provider_payment_id == provider_payment_id)).one()


def ids_about(session: Session, subscription_id: UUID) -> list[UUID]:
    """Everything agreed with the provider about the subscription, and everything it charged for it."""
    agreed = session.exec(select(ProviderSubscription.id).where(ProviderSubscription.subscription_id == subscription_id)).all()
    charged = (
        session.exec(select(ProviderCharge.id).where(col(ProviderCharge.agreement_id).in_(agreed))).all() if agreed else []
    )
    return [*agreed, *charged]


def is_charge_waiting(session: Session, agreement_id: UUID) -> bool:
    statement = select(ProviderCharge.id).where(ProviderCharge.agreement_id == agreement_id, ProviderCharge.status == "waiting")
    return session.exec(statement.limit(1)).first() is not None


def charges(session: Session, agreement_id: UUID) -> Sequence[ProviderCharge]:
    """Oldest first."""
    statement = select(ProviderCharge).where(ProviderCharge.agreement_id == agreement_id)
    return session.exec(statement.order_by(col(ProviderCharge.billing_start), col(ProviderCharge.id))).all()
