"""What the provider charged finds its delivery: the order of that day is confirmed by it, in the one confirm path.

Each payment is booked once, however many events tell of it. Money for which no delivery comes goes into the customer's wallet,
and so does what is not the order's price; the wallet then pays the order, where it can.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from app.audit.service import record
from app.checkout import confirming, notifying, paying
from app.core.actor import provider
from app.orders import queries as orders
from app.orders.models import Order
from app.payments import adopting
from app.payments import provider_subscription_queries as agreements
from app.payments.provider_charge_models import ProviderCharge
from app.payments.provider_subscription_calls import Charged
from app.payments.provider_subscription_models import ProviderSubscription
from app.subscriptions import plan_queries, queries
from app.subscriptions.models import Cycle, Subscription
from app.subscriptions.planning import Calendar
from app.subscriptions.provider_rhythm import LEAD_DAYS
from app.subscriptions.rules import occurrences
from app.wallets import crediting
from app.wallets.errors import WalletBalanceTooLow

RAZORPAY = provider("razorpay")


def book(
    session: Session, subscription: Subscription, agreement: ProviderSubscription, charged: Charged, calendar: Calendar
) -> str:
    """What became of the charge: `booked`, `surplus`, or `waiting` for its delivery to be planned. Safe to repeat.

    The agreement and the subscription are locked; locks order, payment, wallet.
    """
    charge = agreements.charge_of_payment(session, charged.payment.id)
    if charge.status != "waiting":
        return charge.status
    day = _delivery_day(session, subscription, charge, calendar)
    cycle = queries.cycle_on(session, subscription.id, day) if day else None
    if cycle is None and day is not None and _is_to_come(subscription, day, calendar):
        return charge.status
    order = queries.orders_of_cycles(session, [cycle.id]).get(cycle.id) if cycle else None
    cause = f"charged by the provider for {day or 'no day'}, invoice {charge.provider_invoice_id}"
    if order is not None and cycle is not None and charge.amount == order.total_amount:
        _pay(session, order, agreement, charge, charged, cause, calendar.now)
        _settle(session, charge, cycle, "booked", cause)
    else:
        _credit(session, agreement, charged, order, cause, calendar.now)
        _settle(session, charge, cycle if order is not None else None, "surplus", cause)
    return charge.status


def _delivery_day(session: Session, subscription: Subscription, charge: ProviderCharge, calendar: Calendar) -> date | None:
    """The first day of the rule after the provider's cycle began: its midnight is India's, ours the store's."""
    if charge.billing_start is None or subscription.billing_owner != "provider":
        return None
    charged_on = charge.billing_start.astimezone(ZoneInfo(calendar.zone)).date()
    agreed = plan_queries.plan(session, subscription, charged_on).agreed_on(charged_on)
    day = next(occurrences(agreed.rule, agreed.anchor_on, charged_on + timedelta(days=1)), None)
    return day if day and (day - charged_on).days <= LEAD_DAYS + 1 else None


def _is_to_come(subscription: Subscription, day: date, calendar: Calendar) -> bool:
    """It is decided a little later than it is charged, as after a downtime."""
    return subscription.next_on is not None and subscription.next_on <= day and calendar.now < calendar.begins_at(day)


def _pay(
    session: Session,
    order: Order,
    agreement: ProviderSubscription,
    charge: ProviderCharge,
    charged: Charged,
    cause: str,
    now: datetime,
) -> None:
    """One that is cancelled by now gives the money back, by the rule of all orders."""
    order = orders.get_locked(session, order.id)
    payment = adopting.for_order(session, order.id, order.total_amount, order.currency)
    adopting.adopt(session, payment, charge.provider_order_id, agreement.account_id, RAZORPAY, cause)
    confirming.confirm(session, charged.payment, actor=RAZORPAY, cause=cause, now=now, order_id=order.id)


def _credit(
    session: Session, agreement: ProviderSubscription, charged: Charged, order: Order | None, cause: str, now: datetime
) -> None:
    """Into the wallet; an order of another price is paid from there."""
    crediting.credit_charge(
        session, agreement.customer_id, charged.payment, agreement.account_id, actor=RAZORPAY, cause=cause, now=now
    )
    if order is None:
        return
    order = orders.get_locked(session, order.id)
    if order.status != "pending_payment":
        return
    try:
        with session.begin_nested():
            paying.switch(session, order, "wallet", RAZORPAY, now)
    except WalletBalanceTooLow:  # nobody charges for it any more: its customer pays by hand
        session.refresh(order)
        before, order.payment_method = order.payment_method, "razorpay"
        session.add(order)
        session.flush()
        record(session, RAZORPAY, "order.paid_otherwise", order, {"payment_method": [before, "razorpay"]}, cause=cause)
        notifying.payment_due(session, order, "price_changed")


def _settle(session: Session, charge: ProviderCharge, cycle: Cycle | None, status: str, cause: str) -> None:
    before, charge.status = charge.status, status
    charge.cycle_id = cycle.id if cycle else None
    session.add(charge)
    session.flush()
    record(session, RAZORPAY, f"provider_charge.{status}", charge, {"status": [before, status]}, cause=cause)
