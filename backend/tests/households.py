"""Many households at once, each with a daily delivery and a mandate that its bank confirmed long ago."""

from datetime import date, timedelta

from app.core import clock
from app.core.bulk import insert_many
from app.core.ids import new_id
from app.core.work import unit_of_work
from app.payments.mandate_models import Mandate
from app.stores import service as stores
from app.stores.models import Store
from app.subscriptions.models import Subscription, SubscriptionLine, SubscriptionTerms
from app.subscriptions.planning import Calendar
from tests.sandbox_control import Sandbox
from tests.subscribing import Subscriber

YEARS = timedelta(days=3650)


def move_in(who: Subscriber, store: Store, sandbox: Sandbox, count: int, day: date) -> None:
    """So many weekly subscriptions that begin on that day, each with a mandate of its own; all of one customer."""
    with unit_of_work(store.id) as session:
        row = stores.get(session)
        calendar, account = Calendar.of(row, clock.now(row)), stores.provider_account(session, "razorpay")
        plans_at = calendar.instants("mandate", day).plans_at
        mandates, subscriptions, terms, lines = [], [], [], []
        for approved in sandbox.approve_many(count):
            mandate = Mandate(
                store_id=row.id,
                id=new_id(),
                customer_id=who.customer.id,
                account_id=account.id,
                method="upi",
                status="confirmed",
                max_amount=15_000_00,
                currency=row.currency,
                expires_at=calendar.now + YEARS,
                provider_customer_id=approved["customer_id"],
                provider_token_id=approved["token_id"],
                work_status="done",
                settled_at=calendar.now,
            )
            subscription = Subscription(
                store_id=row.id,
                id=new_id(),
                customer_id=who.customer.id,
                status="active",
                payment_method="mandate",
                mandate_id=mandate.id,
                starts_on=day,
                next_on=day,
                plans_at=plans_at,
                started_at=calendar.now,
            )
            agreed = SubscriptionTerms(
                store_id=row.id,
                id=new_id(),
                subscription_id=subscription.id,
                from_on=day,
                rule={"kind": "weekly", "every": 1},
                anchor_on=day,
                address_id=who.address_id,
            )
            line = SubscriptionLine(
                store_id=row.id,
                id=new_id(),
                subscription_id=subscription.id,
                terms_id=agreed.id,
                position=0,
                variant_id=who.variant_id,
                quantity=1,
            )
            mandates.append(mandate)
            subscriptions.append(subscription)
            terms.append(agreed)
            lines.append(line)
        for rows in (mandates, subscriptions, terms, lines):
            insert_many(session, rows)
