"""Who plays in the story, and what has happened so far."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from local.shop import Json, Sandbox, Shop

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
    storefront: str
    customer: Customer = field(default_factory=Customer)
    products: list[Json] = field(default_factory=list)
    address: Json = field(default_factory=dict)
    cart: Json = field(default_factory=dict)
    order: Json = field(default_factory=dict)
    provider_order_id: str = ""
    proof: dict[str, str] = field(default_factory=dict)
    webhook_id: str = ""

    @property
    def order_url(self) -> str:
        return f"{self.storefront}/#/orders/{self.order['id']}"


Act = Callable[[Scene], Seen]


def rupees(amount: int) -> str:
    """Paise as people in India write them: 1234567 is ₹12,345.67, and 12345678900 is ₹12,34,56,789.00."""
    whole, paise = divmod(abs(amount), 100)
    head, tail = str(whole)[:-3], str(whole)[-3:]
    groups = [head[max(0, end - 2) : end] for end in range(len(head), 0, -2)][::-1]
    return f"{'-' if amount < 0 else ''}₹{','.join([*groups, tail])}.{paise:02d}"
