"""What is on sale: price and tax of the day, pages, search; in as many statements for a hundred products as for one."""

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from app.catalog import queries, service
from app.catalog.models import Product, Variant, VariantTax
from app.catalog.queries import Place
from app.core.ids import new_id
from app.core.work import store_of, unit_of_work
from app.stores.models import Store
from tests.builders import make_product, make_variant
from tests.conftest import UnitOfWork

TODAY = date(2026, 11, 21)


def page_names(session: Session, search: str = "", category: str = "") -> list[str]:
    return [product.name for product in queries.page(session, today=TODAY, search=search, category=category, limit=50)]


def test_the_facts_of_a_sale(session: Session) -> None:
    ghee = make_product(session, name="A2 Cow Ghee")
    jar = make_variant(
        session, product=ghee, amount=64_900, mrp_amount=69_900, sku="GHEE-500", name="500 ml jar", unit="500 ml"
    )
    [fact] = service.sellable(session, [jar.id, new_id()], TODAY)
    assert (fact.sku, fact.name, fact.variant_name, fact.unit) == ("GHEE-500", "A2 Cow Ghee", "500 ml jar", "500 ml")
    assert (fact.amount, fact.mrp_amount, fact.currency, fact.includes_tax) == (64_900, 69_900, "INR", True)
    assert (fact.rate_bp, fact.hsn, fact.is_exempt) == (500, "0405", False)


def test_the_tax_is_the_one_in_force_on_the_day(session: Session) -> None:
    ghee = make_variant(session, rate_bp=500)  # since 22 September 2025
    session.add(
        VariantTax(store_id=store_of(session), variant_id=ghee.id, valid_from=date(2017, 7, 1), rate_bp=1200, hsn="04059020")
    )
    session.add(
        VariantTax(
            store_id=store_of(session), variant_id=ghee.id, valid_from=date(2027, 4, 1), rate_bp=0, hsn="0405", is_exempt=True
        )
    )
    session.flush()
    days = [date(2025, 9, 21), date(2025, 9, 22), date(2027, 3, 31), date(2027, 4, 1)]
    facts = [service.sellable(session, [ghee.id], day)[0] for day in days]
    assert [(fact.rate_bp, fact.hsn, fact.is_exempt) for fact in facts] == [
        (1200, "04059020", False),
        (500, "0405", False),
        (500, "0405", False),
        (0, "0405", True),
    ]
    assert service.sellable(session, [ghee.id], date(2017, 6, 30)) == []  # no tax known: nothing is sold without one


def test_inactive_things_are_not_on_sale_but_keep_their_name(session: Session) -> None:
    gone = make_product(session, name="Mango", is_active=False)
    of_inactive = make_variant(session, product=gone, unit="1 kg")
    inactive = make_variant(session, product=make_product(session, name="Guava"), is_active=False)
    assert service.sellable(session, [of_inactive.id, inactive.id], TODAY) == []
    assert page_names(session) == []
    assert queries.by_slug(session, gone.slug) is None
    assert service.names(session, [of_inactive.id])[of_inactive.id].name == "Mango"


def test_pages_follow_each_other_without_gap_or_repeat(session: Session) -> None:
    for number in range(7):
        make_variant(session, product=make_product(session, name=f"P{number}", position=number // 3))
    shown: list[str] = []
    place: Place | None = None
    while found := queries.page(session, today=TODAY, after=place, limit=2):
        shown += [product.name for product in found]
        place = Place(found[-1].position, found[-1].id)
    assert shown == [f"P{number}" for number in range(7)]


def test_search_finds_parts_of_words_and_takes_wildcards_literally(session: Session) -> None:
    make_variant(session, product=make_product(session, name="Toor Dal", description="Split pigeon peas"))
    make_variant(session, product=make_product(session, name="100% Cotton_Bag", category="Home"))
    assert page_names(session, "toor") == page_names(session, "PIGEON") == ["Toor Dal"]
    assert page_names(session, "%") == page_names(session, "n_b") == page_names(session, "home") == ["100% Cotton_Bag"]
    assert page_names(session, "t__r") == page_names(session, "\\") == []
    assert page_names(session, category="Home") == ["100% Cotton_Bag"]


def test_another_stores_shelf_is_not_seen(session: Session, make_store: Callable[[], Store]) -> None:
    milk = make_variant(session)
    session.commit()
    with unit_of_work(make_store().id) as other:
        assert service.sellable(other, [milk.id], TODAY) == []
        assert page_names(other) == []


@pytest.mark.parametrize(
    ("wrong", "constraint"),
    [
        ({"mrp_amount": 5_999}, "never_above_mrp"),
        ({"amount": 0, "mrp_amount": 1}, "amount_positive"),
        ({"rate_bp": 10_001}, "rate_in_range"),
        ({"hsn": "04"}, "hsn_digits"),
        ({"sku": "lower"}, "sku_form"),
        ({"sold_by_weight": True}, "sold_by_weight_has_weight"),
    ],
)
def test_the_database_refuses_what_cannot_be(uow: UnitOfWork, wrong: dict[str, int | str | bool], constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint), uow() as session:
        make_variant(session, **{"amount": 6_000, **wrong})  # type: ignore[arg-type]
    with uow() as session:
        assert page_names(session) == []


def test_an_sku_and_a_slug_are_unique_in_a_store(uow: UnitOfWork) -> None:
    with uow() as session:
        taken = make_variant(session, product=make_product(session, slug="milk"), sku="MILK-1L")
        store_id, product_id = taken.store_id, taken.product_id
    for twin in (
        Product(store_id=store_id, slug="milk", name="Milk"),
        Variant(store_id=store_id, product_id=product_id, sku="MILK-1L", name="1 l", unit="1 l"),
    ):
        with pytest.raises(IntegrityError, match="uq_"), uow() as session:
            session.add(twin)
