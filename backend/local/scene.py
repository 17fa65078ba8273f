"""Who plays in the story, and what has happened so far."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from local.shop import Json, Shop, check
from local.shop_clock import ShopClock
from local.witness import Sandbox

Facts = Mapping[str, object]


@dataclass(frozen=True)
class Seen:
    """What one act saw: `facts` for machines, `lines` for people."""

    facts: Facts
    lines: list[str]


@dataclass
class Customer:
    """Somebody new at every telling, so that the story can be told again on kept data."""

    name: str = "Asha Rao"
    phone: str = field(default_factory=lambda: f"+9198{secrets.randbelow(10**8):08d}")

    @property
    def email(self) -> str:
        return f"asha.{self.phone[3:]}@customers.example.com"


@dataclass
class Scene:
    """Filled act by act: an act may rely on what the acts before it left here."""

    shop: Shop
    sandbox: Sandbox
    clock: ShopClock
    storefront: str
    customer: Customer = field(default_factory=Customer)
    products: list[Json] = field(default_factory=list)
    address: Json = field(default_factory=dict)
    cart: Json = field(default_factory=dict)
    order: Json = field(default_factory=dict)
    provider_order_id: str = ""
    proof: dict[str, str] = field(default_factory=dict)
    webhook_id: str = ""
    subscription: Json = field(default_factory=dict)
    token_id: str = ""
    delivery: Json = field(default_factory=dict)  # the subscription's first one, as the calendar tells it
    renewal: Json = field(default_factory=dict)  # its order
    renewal_provider_order_id: str = ""
    debit: Json = field(default_factory=dict)  # as the bank has it

    def given_back(self, order: Json, provider_order_id: str, amounts: list[int]) -> Json | None:
        """The order, once the bank saw exactly these refunds of it, in order, and the shop knows that they went out."""
        seen = self.sandbox.refunds(provider_order_id)
        check(len(seen) <= len(amounts), f"the bank saw the refunds {seen} instead of {amounts}")
        now = self.shop.get(f"/orders/{order['id']}")
        known = [one["amount"]["amount"] for one in now["refunds"] if one["status"] == "processed"]
        return now if sorted(seen) == sorted(known) == sorted(amounts) else None

    @property
    def order_url(self) -> str:
        return f"{self.storefront}/#/orders/{self.order['id']}"

    @property
    def subscription_url(self) -> str:
        return f"{self.storefront}/#/subscriptions/{self.subscription['id']}"

    @property
    def calendar_path(self) -> str:
        return f"/subscriptions/{self.subscription['id']}/calendar"


Act = Callable[[Scene], Seen]
