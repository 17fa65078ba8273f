"""The shelf, as a storefront sees it."""

import pytest
from fastapi.testclient import TestClient

from app.core.actor import SYSTEM
from app.core.clock import machine_now
from app.stock import service as stock
from tests.builders import make_order, make_product, make_variant
from tests.conftest import UnitOfWork

URL = "/api/v1/products"


def test_a_product_with_its_variants_price_tax_and_stock(client: TestClient, uow: UnitOfWork) -> None:
    with uow() as session:
        milk = make_product(session, slug="a2-milk", name="A2 Milk", category="Dairy", image="milk")
        half = make_variant(
            session, product=milk, sku="MILK-500ML", unit="500 ml", name="pouch", amount=4_800, mrp_amount=5_000,
            is_exempt=True, hsn="0401", stock_quantity=3,
        )  # fmt: skip
        make_variant(session, product=milk, sku="MILK-1L", stock_quantity=0, position=1)
        stock.reserve_many(session, make_order(session).id, {half.id: 1}, None, machine_now(), SYSTEM)
    answer = client.get(f"{URL}/a2-milk")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["slug"], body["name"], body["category"], body["image"]) == ("a2-milk", "A2 Milk", "Dairy", "milk")
    first, second = body["variants"]
    assert first == {
        "id": str(half.id),
        "sku": "MILK-500ML",
        "name": "pouch",
        "unit": "500 ml",
        "price": {"amount": 4_800, "currency": "INR"},
        "mrp": {"amount": 5_000, "currency": "INR"},
        "tax_rate_bp": 0,
        "hsn": "0401",
        "is_exempt": True,
        "sold_by_weight": False,
        "weight_grams": None,
        "available": True,
        "available_quantity": 2,
    }
    assert (second["sku"], second["available"], second["available_quantity"]) == ("MILK-1L", False, 0)
    assert client.get(URL).json()["items"] == [body]


def test_pages_lead_to_the_end(client: TestClient, uow: UnitOfWork) -> None:
    with uow() as session:
        for number in range(5):
            make_variant(session, product=make_product(session, slug=f"p{number}", position=number))
    slugs: list[str] = []
    after: str | None = ""
    while after is not None:
        page = client.get(URL, params={"limit": 2} | ({"after": after} if after else {})).json()
        slugs += [item["slug"] for item in page["items"]]
        after = page["next"]
    assert slugs == [f"p{number}" for number in range(5)]


def test_search_and_category_narrow_the_page(client: TestClient, uow: UnitOfWork) -> None:
    with uow() as session:
        make_variant(session, product=make_product(session, slug="toor-dal", name="Toor Dal", category="Staples"))
        make_variant(session, product=make_product(session, slug="curd", name="Curd", category="Dairy"))
    for params in ({"search": " dal "}, {"category": "Staples"}, {"search": "dal", "category": "Staples"}):
        assert [item["slug"] for item in client.get(URL, params=params).json()["items"]] == ["toor-dal"]
    assert client.get(URL, params={"search": "dal", "category": "Dairy"}).json() == {"items": [], "next": None}


@pytest.mark.parametrize(
    "params",
    [
        {"limit": 0},
        {"limit": 101},
        {"limit": "many"},
        {"after": "nonsense"},
        {"after": ""},
        {"after": "1." + "g" * 32},
        {"after": "9" * 30 + "." + "0" * 32},
        {"search": "x" * 81},
        {"search": "a\x00b"},
        {"category": "\x00"},
    ],
)
def test_a_query_that_makes_no_sense_is_a_problem_not_a_crash(client: TestClient, params: dict[str, str | int]) -> None:
    answer = client.get(URL, params=params)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert answer.headers["content-type"] == "application/problem+json"


def test_what_is_not_on_sale_is_not_found(client: TestClient, uow: UnitOfWork) -> None:
    with uow() as session:
        make_variant(session, product=make_product(session, slug="gone", is_active=False))
        make_product(session, slug="nothing-to-buy")
    for slug in ("gone", "nothing-to-buy", "never-there"):
        answer = client.get(f"{URL}/{slug}")
        assert (answer.status_code, answer.json()["code"]) == (404, "product_not_found")
    assert client.get(URL).json() == {"items": [], "next": None}
