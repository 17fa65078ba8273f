"""`rozana seed`: the demonstration shop in an empty installation, or what is missing of it."""

from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table
from sqlmodel import Session

from app.accounts import queries as people
from app.accounts import service as accounts
from app.catalog import queries as goods
from app.catalog import service as catalog
from app.catalog.models import Price, PriceList, Product, Variant, VariantTax
from app.cli.demo_shop import GOODS, STORE, TAX_SINCE, Good, Pack
from app.core import clock
from app.core.actor import Actor
from app.core.config import settings
from app.core.errors import Refusal
from app.core.ids import new_id
from app.core.security import new_token
from app.core.work import across_stores, store_of, unit_of_work
from app.jobs import service as jobs
from app.stock import service as stock
from app.stores import queries as store_queries
from app.stores import service as stores
from app.stores.models import PROVIDERS, Store

SEED = Actor("system", label="seed")
PASSWORD_LENGTH = 16  # characters of base64: 96 bits


@dataclass
class Tally:
    """What was made and what was there already, by kind, and a password nobody will be told again."""

    made: dict[str, int] = field(default_factory=dict)
    found: dict[str, int] = field(default_factory=dict)
    password: str = ""

    def count(self, kind: str, *, made: bool) -> None:
        one, other = (self.made, self.found) if made else (self.found, self.made)
        one[kind] = one.get(kind, 0) + 1
        other.setdefault(kind, 0)


def seed(
    admin_email: Annotated[str, typer.Option(envvar="ROZANA_ADMIN_EMAIL")] = "admin@rozana.example",
    admin_password: Annotated[str, typer.Option(envvar="ROZANA_ADMIN_PASSWORD", help="Default: made up and told once")] = "",
) -> None:
    """Put the demonstration shop into an empty installation, or what is missing of it. Changes nothing that is there."""
    console = Console()
    try:
        tally = plant(admin_email, admin_password)
    except Refusal as refusal:
        console.print(refusal.detail, markup=False)
        raise typer.Exit(1) from refusal
    table = Table("", "made", "found", title=STORE["name"])
    for kind in tally.made:
        table.add_row(kind, str(tally.made[kind]), str(tally.found[kind]))
    console.print(table)
    secret = f" Password, told only now: {tally.password}" if tally.password else ""
    console.print(
        f"{sum(tally.made.values())} things made. Staff sign in as {admin_email}.{secret}", markup=False, soft_wrap=True
    )


def plant(admin_email: str, admin_password: str) -> Tally:
    """All of it in one transaction. Safe to run twice: what is found stays as it is, and no stock is topped up.

    NotOurs when the installation serves another shop.
    """
    tally, store_id = Tally(), _find_store()
    with unit_of_work(store_id or new_id()) as session:
        if store_id is None:
            _open_store(session)
        tally.count("store", made=store_id is None)
        jobs.ensure_schedules(session, clock.now(stores.get(session)))
        _add_accounts(session, tally)
        add_goods(session, tally)
        _add_admin(session, tally, admin_email, admin_password)
    return tally


class NotOurs(Refusal):
    """This installation serves another shop already; the demonstration shop only goes into an empty one."""

    status, code = 409, "not_ours"


def _find_store() -> UUID | None:
    with across_stores() as session:
        stores_here = store_queries.facts_of_any(session, limit=1)
    if not stores_here:
        return None
    if stores_here[0].slug != STORE["slug"]:
        raise NotOurs
    return UUID(str(stores_here[0].id))


def _open_store(session: Session) -> None:
    mode = settings.razorpay_mode if settings.is_production else "test"
    session.add(Store(id=store_of(session), is_default=True, mode=mode, **STORE))
    session.flush()


def _add_accounts(session: Session, tally: Tally) -> None:
    """Accounts without credentials of their own: they use the environment's."""
    for provider in PROVIDERS:
        missing = store_queries.active_account(session, provider) is None
        if missing:
            stores.add_account(session, provider, None)
        tally.count("provider accounts", made=missing)


def add_goods(session: Session, tally: Tally) -> None:
    """The demonstration goods, with prices, taxes and opening stock, in the store of this session. Safe to run twice."""
    prices = catalog.default_price_list(session)
    products, skus = goods.all_by_slug(session), goods.all_skus(session)
    received: dict[UUID, int] = {}
    for position, good in enumerate(GOODS):
        product = products.get(good.slug)
        tally.count("products", made=product is None)
        product = product or catalog.add_product(session, SEED, _product(prices.store_id, good, position))
        for place, pack in enumerate(good.packs):
            tally.count("variants", made=pack.sku not in skus)
            if pack.sku not in skus:
                variant = _add_pack(session, prices, product, good, pack, place)
                received[variant.id] = pack.stock
    if received:
        stock.receive(session, received, cause="opening stock", actor=SEED, now=clock.now(stores.get(session)))


def _product(store_id: UUID, good: Good, position: int) -> Product:
    return Product(
        store_id=store_id,
        slug=good.slug,
        name=good.name,
        description=good.description,
        category=good.category,
        image=good.image,
        is_veg=good.is_veg,
        position=10 * (position + 1),
    )


def _add_pack(session: Session, prices: PriceList, product: Product, good: Good, pack: Pack, place: int) -> Variant:
    store_id = prices.store_id
    variant = Variant(
        store_id=store_id,
        product_id=product.id,
        sku=pack.sku,
        name=pack.name,
        unit=pack.unit,
        weight_grams=pack.grams,
        sold_by_weight=pack.by_weight,
        position=place,
    )
    price = Price(
        store_id=store_id,
        price_list_id=prices.id,
        variant_id=variant.id,
        amount=pack.price,
        mrp_amount=pack.mrp or pack.price,
    )
    tax = VariantTax(
        store_id=store_id,
        variant_id=variant.id,
        valid_from=TAX_SINCE,
        rate_bp=good.gst_bp or 0,
        hsn=good.hsn,
        is_exempt=good.gst_bp is None,
    )
    return catalog.add_variant(session, SEED, variant, price, tax)


def _add_admin(session: Session, tally: Tally, email: str, password: str) -> None:
    missing = people.staff_by_email(session, email.strip().lower()) is None
    if missing:
        tally.password = "" if password else new_token()[:PASSWORD_LENGTH]
        accounts.add_staff(session, email, password or tally.password, "admin", SEED, name="Admin")
    tally.count("staff", made=missing)
