"""In which way a subscription is paid: what has to be there for each, and how it is changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import Session, col, select

from app.accounts import service as accounts
from app.audit.service import record
from app.checkout.errors import CashNotOffered
from app.checkout.paying import CashTerms
from app.checkout.writing import freeze_address
from app.core.actor import Actor
from app.payments import mandate_queries
from app.payments.mandate_models import MandateMethod
from app.stores import service as stores
from app.subscriptions import affording, altering, changing, mandating, plan_queries, queries
from app.subscriptions.changing import Change
from app.subscriptions.errors import (
    NotOnAccount,
    PhoneNeeded,
    ProviderKeepsSchedule,
    WalletNeeded,
)
from app.subscriptions.models import PaymentMethod, Subscription
from app.subscriptions.planning import Calendar
from app.subscriptions.replacement_models import MandateReplacement
from app.wallets import queries as wallets


@dataclass(frozen=True)
class MandateWish:
    """`max_amount` in paise; None: ours to propose."""

    method: MandateMethod = "upi"
    max_amount: int | None = None


def check(session: Session, customer_id: UUID, method: str) -> None:
    """What this way of paying takes: NotOnAccount, WalletNeeded, CashNotOffered, PhoneNeeded."""
    customer = accounts.get_customer(session, customer_id)
    if method == "account" and not (customer.kind == "distributor" and customer.credit_limit_amount):
        raise NotOnAccount(field="payment_method")
    if method == "wallet" and wallets.of_customer(session, customer_id) is None:
        raise WalletNeeded(field="payment_method")
    if method == "cash_on_delivery" and not CashTerms.of(stores.get(session).settings).is_offered:
        raise CashNotOffered(maximum_amount=0)
    if method == "mandate" and not customer.phone:
        raise PhoneNeeded


def change(
    session: Session,
    subscription_id: UUID,
    owner_id: UUID | None,
    method: PaymentMethod,
    wish: MandateWish,
    *,
    actor: Actor,
    calendar: Calendar,
) -> Change:
    """Pay in another way from the next delivery on that is not an order yet; charges nothing now. Locks it. Refuses as `check`.

    A mandate is approved first (POST …/mandate): until the bank confirms it, the subscription is paid as before. By mandate
    already: this is how it gets another one, of another limit, before the old one ends. No date moves.
    """
    subscription = altering.live(session, subscription_id, owner_id)
    if "provider" in (method, subscription.payment_method):
        raise ProviderKeepsSchedule
    check(session, subscription.customer_id, method)
    if method == "mandate":
        _ask(session, subscription, wish, actor, calendar)
    elif method != subscription.payment_method:
        before = subscription.payment_method
        drop(session, subscription)
        subscription.payment_method, subscription.mandate_id = method, None
        if subscription.status in ("awaiting_mandate", "action_needed"):
            subscription.move("active")
        session.add(subscription)
        session.flush()
        altering.look_anew(session, subscription, calendar)
        changes = {"payment_method": [before, method]}
        record(session, actor, "subscription.payment_method_changed", subscription, changes)
    return Change(subscription, changing.open_orders(session, subscription, calendar))


def replacement_of(session: Session, subscription: Subscription) -> UUID | None:
    """The mandate that is asked for in place of what pays now."""
    found = select(MandateReplacement.mandate_id).where(MandateReplacement.subscription_id == subscription.id)
    return session.exec(found).one_or_none()


def lock_replaced_by(session: Session, mandate_id: UUID) -> Sequence[Subscription]:
    """Subscriptions that this mandate shall pay once it is good."""
    mine = select(MandateReplacement.subscription_id).where(MandateReplacement.mandate_id == mandate_id)
    found = select(Subscription).where(col(Subscription.id).in_(mine)).order_by(col(Subscription.id))
    return session.exec(found.with_for_update().execution_options(populate_existing=True)).all()


def take_over(session: Session, subscription: Subscription, mandate_id: UUID, actor: Actor) -> None:
    """The new mandate is good: it pays from now on, but for what the old one has announced. The subscription is locked."""
    drop(session, subscription)
    before = [str(subscription.mandate_id) if subscription.mandate_id else subscription.payment_method, str(mandate_id)]
    subscription.payment_method, subscription.mandate_id = "mandate", mandate_id
    session.add(subscription)
    session.flush()
    cause = "the bank confirmed the new one"
    record(session, actor, "subscription.mandate_replaced", subscription, {"mandate_id": before}, cause=cause)


def drop(session: Session, subscription: Subscription) -> None:
    """No mandate is to take over."""
    mine = col(MandateReplacement.subscription_id) == subscription.id
    session.execute(delete(MandateReplacement).where(mine), execution_options={"synchronize_session": False})


def _ask(session: Session, subscription: Subscription, wish: MandateWish, actor: Actor, calendar: Calendar) -> None:
    """A mandate to be approved. One that was asked for like this, and not approved yet, is the same."""
    agreed = plan_queries.plan(session, subscription, calendar.today).agreed_on(calendar.today)
    address = queries.addresses(session, {agreed.address_id})[agreed.address_id]
    price = affording.price(session, affording.most(agreed), freeze_address(address), calendar.today)
    known_id = replacement_of(session, subscription)
    known = mandate_queries.get(session, known_id) if known_id else None
    if known and known.can_be_approved and known.method == wish.method and wish.max_amount in (None, known.max_amount):
        return
    wanted = mandating.Asked(wish.method, wish.max_amount, price)
    asked, _ = mandating.ask(session, subscription.customer_id, wanted, now=calendar.now, actor=actor)
    drop(session, subscription)
    session.add(MandateReplacement(store_id=subscription.store_id, subscription_id=subscription.id, mandate_id=asked.id))
    session.flush()
    changes = {"mandate_id": [None, str(asked.id)]}
    record(session, actor, "subscription.mandate_asked", subscription, changes, cause="to take over once it is approved")
