"""A shop with one of everything, the three who call it, and what they have learnt of its ids: so that requests made up from
the OpenAPI document meet rows, and not only 404s. Ids come out of the answers, so a route that is added needs no line here.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel import Session, select

from app.accounts import service as accounts
from app.api.policy import POLICY
from app.carts import service as carts
from app.carts.models import Cart
from app.catalog.models import Product
from app.checkout import pay_links
from app.core.actor import SYSTEM
from app.core.clock import machine_now
from app.core.ids import new_id
from app.core.security import sign_jwt
from app.core.work import unit_of_work
from app.notifications import service as notifications
from app.orders.models import Order
from app.stores import service as stores
from app.stores.models import Store
from tests.shopping import ADDRESS, Shopper, make_shopper, place_and_start, place_by
from tests.subscribing import Subscriber, days, subscribe, today

NAMES = {"slug"}  # by which paths call things that have no id there
ADDRESSES = 6  # some will be deleted
ORDERS = 8  # to be packed, sent and given back
KEEP = 40  # ids of a kind: as many as requests of a run may use up
Headers = dict[str, str]
Known = dict[str, list[str]]  # ids by what they are called in paths: order_id, cart_id …


@dataclass
class Household:
    store: Store
    callers: dict[str, Headers]
    known: dict[str, Known]  # by caller: what each has seen

    def learn(self, caller: str, path: str, answer: Any) -> None:
        """Every `…_id` in an answer, and the `id`s of what a path lists or makes: those of /orders are order_ids."""
        for name, value in _ids(answer, own_name(path)):
            found = self.known.setdefault(caller, {}).setdefault(name, [])
            if value not in found:
                found.append(value)
                del found[:-KEEP]

    def ids(self, caller: str, name: str) -> list[str]:
        """What the caller has seen of a kind; who has seen none takes what others have."""
        return self.known.get(caller, {}).get(name) or [one for known in self.known.values() for one in known.get(name, ())]

    def settle_in(self, caller: str, value: Any, chance: random.Random, at_home: float, name: str = "") -> Any:
        """The same with ids that exist in place of that share of those made up. What is no id stays the nonsense it is."""
        if isinstance(value, dict):
            return {key: self.settle_in(caller, one, chance, at_home, str(key)) for key, one in value.items()}
        if isinstance(value, list):
            return [self.settle_in(caller, one, chance, at_home, name) for one in value]
        if not isinstance(value, str) or not (is_uuid(value) or name in NAMES) or chance.random() > at_home:
            return value
        return chance.choice(self.ids(caller, name) or [value])


def keep_house(store: Store) -> Household:
    """A customer with a cart, an order that waits for its payment, a subscription and a message; and an admin."""
    owner = make_shopper(store, quantity=1, stock_quantity=100_000)
    order, _ = place_and_start(owner)
    subscriber = Subscriber(store, owner.customer, owner.address_id, owner.variant_id)
    subscription = subscribe(subscriber, today(store) + days(7), method="upi")
    with unit_of_work(store.id) as session:
        message = notifications.queue(
            session, "notice", "+919876543210", "sms", "test:1", {"body": "hello"}, customer_id=owner.customer.id
        )
        confirmed = [place_again(session, owner).id for _ in range(ORDERS)]
        cart = new_cart(session, owner)
        account = stores.provider_account(session, "razorpay", None)
        slug = session.exec(select(Product.slug)).one()
        more = [accounts.add_address(session, owner.customer.id, ADDRESS, owner.actor).id for _ in range(ADDRESSES)]
        signed_in = accounts.start_session(session, owner.customer, accounts.Device("test", ""), machine_now())
        admin = accounts.add_staff(session, "admin@example.in", "a long password", "admin", SYSTEM)
    one = {
        "order_id": order.id, "cart_id": cart.id, "address_id": owner.address_id, "variant_id": owner.variant_id,
        "subscription_id": subscription.id, "mandate_id": subscription.mandate_id, "message_id": message.id,
        "session_id": signed_in.session.id, "customer_id": owner.customer.id, "clock_id": store.id,
        "account_id": account.id, "slug": slug, "token": pay_links.make(store.id, order.id, machine_now() + days(1)),
    }  # fmt: skip
    known = {name: [str(value)] for name, value in one.items()}
    known["address_id"] += map(str, more)
    known["order_id"] += map(str, confirmed)
    callers = {
        "nobody": {},
        "customer": token(store, "customer", owner.customer.id, signed_in.session.id),
        "admin": token(store, "staff", admin.id, role="admin"),
    }
    return Household(store, callers, {"customer": known})


def place_again(session: Session, owner: Shopper) -> Order:
    """An order to be paid at the door: the shop may go on with it at once."""
    owner.cart_id = new_cart(session, owner).id
    return place_by(session, owner, "cash_on_delivery")[0]


def new_cart(session: Session, owner: Shopper) -> Cart:
    """Her next cart, with one of what she always has in it."""
    customer_id, now = owner.customer.id, machine_now()
    cart, _ = carts.open_cart(session, customer_id, now)
    whose = carts.Owner(customer_id=customer_id)
    return carts.set_quantity(session, cart.id, whose, owner.variant_id, 1, today=now.date(), now=now)


def token(store: Store, kind: str, person: UUID, session_id: UUID | None = None, role: str = "") -> Headers:
    claims = {"sub": str(person), "kind": kind, "role": role, "store": str(store.id), "sid": str(session_id or new_id())}
    return {"Authorization": f"Bearer {sign_jwt(claims, seconds=3600)}"}


def own_name(path: str) -> str:
    """What the `id` in an answer of this path is called in other paths: order_id, in those of /orders. Empty: unknown."""
    if last := re.fullmatch(r".*\{(\w+)\}", path):
        return last[1]
    children = (re.fullmatch(re.escape(path) + r"/\{(\w+)\}", other) for _, other in POLICY)
    return next((child[1] for child in children if child), "")


def is_uuid(value: str) -> bool:
    try:
        return bool(UUID(value))
    except ValueError:
        return False


def _ids(answer: Any, own: str) -> Iterator[tuple[str, str]]:
    """Pairs of name and id; an `id` one level down belongs to what it hangs on: `order: {id}` is an order_id."""
    if isinstance(answer, list):
        for one in answer:
            yield from _ids(one, own)
    elif isinstance(answer, dict):
        for key, value in answer.items():
            name = own if key == "id" else key
            if name.endswith("_id") and isinstance(value, str) and is_uuid(value):
                yield name, value
            elif isinstance(value, dict | list):
                yield from _ids(value, own if key == "items" else f"{key.removesuffix('s')}_id")
