"""Households with a subscription that is due now: as many as are asked for, made in a few statements."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

from app.accounts.models import Address, Customer
from app.core.bulk import insert_many
from app.core.clock import machine_now
from app.core.ids import new_id
from app.core.work import unit_of_work
from app.payments.mandate_models import Mandate
from app.subscriptions.models import Subscription, SubscriptionLine, SubscriptionTerms
from benchmarks.shop import ADDRESS, PIECES, Shop

AHEAD = timedelta(days=8)  # of the first delivery: time enough for a mandate's notice
BATCH = 5_000


def make_due(shop: Shop, count: int, first: int = 0, *, by_mandate: bool = True) -> None:
    """Each has a phone (`first` counts on), an address, and milk or the like every day; every other one has a mandate.

    Not `by_mandate`: all pay at the door, so that no provider is asked for anything.
    """
    for begin in range(0, count, BATCH):
        with unit_of_work(shop.id) as session:
            families = [_Family(shop, first + number, by_mandate) for number in range(begin, min(begin + BATCH, count))]
            for rows in zip(*(family.rows() for family in families), strict=True):
                insert_many(session, [row for row in rows if row is not None])


class _Family:
    def __init__(self, shop: Shop, number: int, by_mandate: bool) -> None:
        self.shop, self.number, self.now = shop, number, machine_now()
        self.customer_id, self.address_id, self.id, self.terms_id = (new_id() for _ in range(4))
        self.mandate_id = new_id() if by_mandate and number % 2 else None
        self.variant_id: UUID = shop.buyers[number % len(shop.buyers)].variant_id

    def rows(self) -> Iterator[Customer | Address | Mandate | Subscription | SubscriptionTerms | SubscriptionLine | None]:
        """In an order that no foreign key objects to; None: not this family."""
        store_id, day = self.shop.id, (self.now + AHEAD).date()
        yield Customer(
            store_id=store_id,
            id=self.customer_id,
            phone=f"+916{self.number:09d}",
            email=f"household-{self.number}@customers.example.in",
            name="Asha Rao",
        )
        yield Address(store_id=store_id, id=self.address_id, customer_id=self.customer_id, **ADDRESS)
        yield self._mandate() if self.mandate_id else None
        yield Subscription(
            store_id=store_id,
            id=self.id,
            customer_id=self.customer_id,
            status="active",
            payment_method="mandate" if self.mandate_id else "cash_on_delivery",
            mandate_id=self.mandate_id,
            starts_on=day,
            next_on=day,
            plans_at=self.now,
            started_at=self.now,
        )
        yield SubscriptionTerms(
            store_id=store_id,
            id=self.terms_id,
            subscription_id=self.id,
            from_on=day,
            rule={"kind": "daily"},
            anchor_on=day,
            address_id=self.address_id,
        )
        yield SubscriptionLine(
            store_id=store_id,
            id=new_id(),
            subscription_id=self.id,
            terms_id=self.terms_id,
            position=0,
            variant_id=self.variant_id,
            quantity=PIECES,
        )

    def _mandate(self) -> Mandate:
        return Mandate(
            store_id=self.shop.id,
            id=self.mandate_id or new_id(),
            customer_id=self.customer_id,
            account_id=self.shop.account_id,
            method="upi",
            status="confirmed",
            max_amount=15_000_00,
            currency="INR",
            expires_at=datetime(2040, 1, 1, tzinfo=UTC),
            provider_customer_id=f"cust_{self.customer_id.hex[-14:]}",
            provider_token_id=f"token_{self.customer_id.hex}"[:40],
            work_status="done",
            settled_at=self.now,
        )
