"""A live shop to buy from: the demonstration goods, plenty of them, and customers who are signed in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

import httpx2
from sqlalchemy import select
from sqlmodel import Session, col

from app.accounts import service as accounts
from app.accounts.addresses import AddressFields
from app.catalog.models import Variant
from app.cli.demo_shop import GOODS, STORE
from app.cli.seed import Tally, add_goods
from app.core.actor import SYSTEM, Actor
from app.core.clock import machine_now
from app.core.ids import new_id
from app.core.security import sign_jwt
from app.core.work import unit_of_work
from app.stock import service as stock
from app.stores import service as stores
from app.stores.models import Store
from benchmarks.rig import Rig

ADDRESS: AddressFields = {
    "name": "Asha Rao",
    "phone": "+919876543210",
    "line1": "14, Third Main Road",
    "line2": "Indiranagar",
    "city": "Bengaluru",
    "state_code": "29",
    "pin": "560038",
}
PLENTY, PIECES = 10_000_000, 2
FREE_FROM = STORE["settings"]["pricing"]["free_shipping_from_amount"]
SMALL = [
    pack.sku for good in GOODS for pack in good.packs if PIECES * pack.price < FREE_FROM
]  # every order is delivered for a fee
SIGNED_IN_SECONDS = 6 * 3600


@dataclass(frozen=True)
class Buyer:
    """A customer with an address, and what they buy every time."""

    id: UUID
    address_id: UUID
    variant_id: UUID
    token: str

    @property
    def actor(self) -> Actor:
        return Actor("customer", self.id, "customer")


@dataclass
class Shop:
    """A store in live mode: its facts are remembered by the doors, as in production."""

    id: UUID = field(default_factory=new_id)
    webhook_secret: str = ""
    account_id: UUID = field(default_factory=new_id)
    buyers: list[Buyer] = field(default_factory=list)

    @property
    def host(self) -> str:
        return f"{self.id.hex}.test"


def open_shop(rig: Rig, buyers: int, *, at_sandbox: bool) -> Shop:
    """A new shop with `buyers` customers. `at_sandbox`: its accounts are declared there, webhooks and all."""
    shop = Shop()
    tag = shop.id.hex
    razorpay = {"key_id": f"rzp_test_{tag}", "key_secret": f"secret-{tag}", "webhook_secret": f"webhook-{tag}"}
    twilio = {"account_sid": f"AC{tag}", "auth_token": f"token-{tag}", "phone_number": "+15005550006"}
    sendgrid = {"api_key": f"SG.{tag}.secret", "from_email": "shop@example.in"}
    with unit_of_work(shop.id) as session:
        session.add(Store(**STORE | {"id": shop.id, "slug": tag, "host": shop.host, "mode": "live"}))
        session.flush()
        shop.account_id = stores.add_account(session, "razorpay", razorpay).id
        stores.add_account(session, "twilio", twilio)
        mail = stores.add_account(session, "sendgrid", sendgrid)
        if at_sandbox:
            hooks = f"{rig.api_url}/api/v1/webhooks"
            hook = {"url": f"{hooks}/razorpay/{shop.account_id}", "secret": razorpay["webhook_secret"]}
            sandbox = _Sandbox(rig.sandbox_url)
            sandbox.put(f"razorpay/accounts/{razorpay['key_id']}", {"key_secret": razorpay["key_secret"], "webhooks": [hook]})
            sandbox.put(f"twilio/accounts/{twilio['account_sid']}", {"auth_token": twilio["auth_token"]})
            declared = {"api_key": sendgrid["api_key"], "event_webhook_url": f"{hooks}/sendgrid/{mail.id}"}
            public_key = sandbox.put("sendgrid/accounts", declared)["public_key"]
            stores.change_account(session, mail, {**sendgrid, "webhook_public_key": public_key})
        shop.buyers = _invite(session, shop, buyers)
    shop.webhook_secret = razorpay["webhook_secret"]
    return shop


def _invite(session: Session, shop: Shop, count: int) -> list[Buyer]:
    add_goods(session, Tally())
    goods = session.scalars(select(col(Variant.id)).where(col(Variant.sku).in_(SMALL)).order_by(col(Variant.id))).all()
    stock.receive(session, dict.fromkeys(goods, PLENTY), cause="benchmark", actor=SYSTEM, now=machine_now())
    return [_buyer(session, shop, number, goods[number % len(goods)]) for number in range(count)]


def _buyer(session: Session, shop: Shop, number: int, variant_id: UUID) -> Buyer:
    customer = accounts.add_customer(
        session, actor=SYSTEM, phone=f"+9198{number:08d}", name="Asha Rao", email=f"asha-{number}@customers.example.in"
    )
    actor = Actor("customer", customer.id, "customer")
    address = accounts.add_address(session, customer.id, ADDRESS, actor)
    claims = {"sub": str(customer.id), "kind": "customer", "role": "", "store": str(shop.id), "sid": str(new_id())}
    return Buyer(customer.id, address.id, variant_id, sign_jwt(claims, seconds=SIGNED_IN_SECONDS))


@dataclass(frozen=True)
class _Sandbox:
    url: str

    def put(self, path: str, body: Mapping[str, object]) -> dict[str, str]:
        answer = httpx2.put(f"{self.url}/control/{path}", json=body, timeout=20, trust_env=False)
        facts: dict[str, str] = answer.raise_for_status().json()
        return facts
