"""Opening a shop, as cheaply as a shop can be opened: a test of thousands of them waits for this."""

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import Table
from sqlmodel import select

from app.accounts import credit
from app.accounts import service as accounts
from app.accounts.models import Staff
from app.core.actor import SYSTEM
from app.core.clock import machine_now
from app.core.ids import new_id
from app.core.security import encrypt, sign_jwt
from app.core.work import unit_of_work
from app.payments import catching_up
from app.payments.watch_models import ProviderWatch
from app.stores import service as stores
from app.stores.models import Store
from app.tables import metadata
from tests.builders import make_customer, make_product, make_variant
from tests.conftest import REGISTERED, Servers
from tests.sandbox_control import Sandbox
from tests.shopping import ADDRESS
from tests.stateful.looking import Onlooker

GOODS: tuple[dict[str, Any], ...] = (  # each comes to an end, so that stock runs out
    {"amount": 6000, "stock_quantity": 12},
    {"amount": 4999, "rate_bp": 1800, "hsn": "1905", "stock_quantity": 7},
    {"amount": 12350, "is_exempt": True, "stock_quantity": 5, "sold_by_weight": True, "weight_grams": 1000},
)
CREDIT_LIMIT_AMOUNT = 50_000
STAFF = ("rider", "admin")
FILL_CART = """
WITH cart AS (
    INSERT INTO carts (store_id, id, created_at, touched_at, customer_id, status)
    VALUES (%(store_id)s, gen_random_uuid(), now(), now(), %(customer_id)s, 'open')
    ON CONFLICT (store_id, customer_id) WHERE status = 'open' DO UPDATE SET touched_at = now() RETURNING store_id, id
)
INSERT INTO cart_lines (store_id, id, created_at, cart_id, variant_id, quantity)
SELECT cart.store_id, gen_random_uuid(), now(), cart.id, wanted.variant_id, wanted.quantity
FROM cart, unnest(%(variants)s::uuid[], %(quantities)s::int[]) AS wanted (variant_id, quantity)
ON CONFLICT (store_id, cart_id, variant_id) DO UPDATE SET quantity = excluded.quantity RETURNING cart_id
"""
OWN: dict[str, dict[str, str]] = {  # columns of a copy, besides the store's id
    "stores": {"host": "host", "slug": "slug"},
    "provider_accounts": {"id": "account_id", "credentials": "credentials"},
    "provider_watches": {"account_id": "account_id", "read_until": "now", "next_attempt_at": "first_look"},
}


@dataclass(frozen=True)
class Premises:
    store: Store
    account_id: UUID
    variants: list[str]
    customers: list[UUID]  # a consumer, and a distributor with a limit
    addresses: list[str]
    staff: list[UUID]  # a rider, and an admin; both may do everything

    def tokens(self) -> list[str]:
        """Of customers 0 and 1; of rider and admin, the last ones."""
        people = [("customer", one, "") for one in self.customers]
        people += [("staff", one, "admin") for one in self.staff]
        return [self._token(kind, person, role) for kind, person, role in people]

    def _token(self, kind: str, person: UUID, role: str) -> str:
        claims = {"sub": str(person), "kind": kind, "role": role, "store": str(self.store.id), "sid": str(new_id())}
        return f"Bearer {sign_jwt(claims, seconds=3600)}"


class Template:
    """A shop that is never used: others are copies of it, made in one go, in which only what must be their own is another.

    A row's key is (store_id, id), so copies keep its ids; those of provider accounts name a store to strangers, and differ.
    """

    def __init__(self, servers: Servers) -> None:
        self.servers, self.premises = servers, _open_premises()
        self.onlooker = Onlooker(servers)
        connect = psycopg.connect(servers.postgres.admin_url, autocommit=True, cursor_factory=psycopg.ClientCursor)
        self.owner = connect  # who may read one store and write another
        tables = [table for table in metadata.sorted_tables if "store_id" in table.columns and self._has_rows(table)]
        self.copy = ";".join(["BEGIN", *(self._copy_of(table) for table in [metadata.tables["stores"], *tables]), "COMMIT"])

    def close(self) -> None:
        self.owner.close()
        self.onlooker.close()

    def open(self) -> tuple[Sandbox, Premises]:
        """A shop of one's own, with its account at the sandbox, whose webhooks are held."""
        store_id, account_id = new_id(), new_id()
        sandbox, store = Sandbox(self.servers.sandbox_url, store_id), _new_store(store_id)
        credentials = encrypt(json.dumps(sandbox.razorpay).encode())
        named = {"store_id": store_id, "host": store.host, "slug": store.slug, "account_id": account_id}
        times = {"now": machine_now(), "first_look": machine_now() + timedelta(seconds=catching_up.LOOK_SECONDS)}
        self.owner.execute(self.copy, {**named, **times, "credentials": f"\\x{credentials.hex()}"})
        facts = {
            "key_secret": sandbox.razorpay["key_secret"],
            "webhooks": [{"url": f"{self.servers.api_url}/api", "secret": sandbox.razorpay["webhook_secret"]}],
        }
        sandbox.http.put(f"/control/razorpay/accounts/{sandbox.key_id}", json=facts).raise_for_status()
        sandbox.webhooks("hold")
        return sandbox, replace(self.premises, store=store, account_id=account_id)

    def fill_cart(self, store_id: UUID, customer_id: UUID, wanted: dict[str, int]) -> str:
        """So many of these variants in the customer's open cart; its id."""
        lines = {"variants": list(wanted), "quantities": list(wanted.values())}
        (cart_id,) = self.owner.execute(FILL_CART, {"store_id": store_id, "customer_id": customer_id, **lines}).fetchall()[0]
        return str(cart_id)

    def _has_rows(self, table: Table) -> bool:
        query = f"SELECT count(*) FROM {table.name} WHERE store_id = %s"  # noqa: S608
        return self.owner.execute(query, [self.premises.store.id]).fetchone() != (0,)

    def _copy_of(self, table: Table) -> str:
        key = "store_id" if "store_id" in table.columns else "id"
        own = OWN.get(table.name, {}) | {key: "store_id"}
        changes = ", ".join(f"'{column}', %({name})s::text" for column, name in own.items())
        columns = ", ".join(f'"{column.name}"' for column in table.columns)
        return (
            f"INSERT INTO {table.name} ({columns}) SELECT {columns} FROM (SELECT (jsonb_populate_record(t, "  # noqa: S608
            f"jsonb_build_object({changes}))).* FROM {table.name} t WHERE {key} = '{self.premises.store.id}') AS copied"
        )


def _new_store(store_id: UUID) -> Store:
    name = f"s{store_id.hex}"
    return Store(id=store_id, slug=name, name="Test Organics", host=f"{name}.test", **REGISTERED)


def _open_premises() -> Premises:
    store_id = new_id()
    with unit_of_work(store_id) as session:
        store = _new_store(store_id)
        session.add(store)
        session.flush()
        account = stores.add_account(session, "razorpay", {})
        catching_up.ensure_watch(session)
        watch = session.exec(select(ProviderWatch)).one()
        watch.read_until = machine_now()  # the first look is behind it: from then on no time is left out
        session.add(watch)
        product = make_product(session)
        variants = [str(make_variant(session, product=product, name=f"bag {n}", **facts).id) for n, facts in enumerate(GOODS)]
        customers = [make_customer(session, kind=kind).id for kind in ("consumer", "distributor")]
        addresses = [str(accounts.add_address(session, one, ADDRESS, SYSTEM).id) for one in customers]
        credit.set_credit_limit(session, customers[1], CREDIT_LIMIT_AMOUNT, SYSTEM)
        staff = [Staff(store_id=store_id, email=f"{who}@example.in", password_hash="none", role="admin") for who in STAFF]
        session.add_all(staff)
    return Premises(store, account.id, variants, customers, addresses, [one.id for one in staff])
