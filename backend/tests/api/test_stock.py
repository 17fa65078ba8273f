"""Stock through the API, by those who may."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from app.accounts import service as accounts
from app.core.actor import SYSTEM
from app.core.ids import new_id
from app.core.security import sign_jwt
from app.core.work import unit_of_work
from app.stores.models import Store
from tests.builders import make_product, make_variant
from tests.unchanged import unchanged

STOCK = "/api/v1/stock"
NOBODYS = "01980a2e-5d6c-7c3e-9d2b-8f1f6d0c4a11"
Headers = dict[str, str]


@pytest.fixture
def packer(store: Store) -> Headers:
    return staff(store, "packer")


def staff(store: Store, role: str) -> Headers:
    with unit_of_work(store.id) as session:
        member = accounts.add_staff(session, f"{role}@example.in", "a long password", role, SYSTEM)
    claims = {"sub": str(member.id), "kind": "staff", "role": role, "store": str(store.id), "sid": str(new_id())}
    return {"Authorization": f"Bearer {sign_jwt(claims, seconds=600)}"}


def shelf(session: Session) -> tuple[str, str]:
    """Ghee, of which there are 4, and milk, of which there are 40."""
    ghee = make_variant(session, product=make_product(session, name="A2 Cow Ghee"), sku="A-GHEE", stock_quantity=4)
    milk = make_variant(session, product=make_product(session, name="Toned Milk 100%"), sku="B-MILK", stock_quantity=40)
    return str(ghee.id), str(milk.id)


def ok(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


def test_what_there_is_and_what_runs_low(client: TestClient, store: Store, packer: Headers) -> None:
    with unit_of_work(store.id) as session:
        shelf(session)
        make_variant(session, sku="C-NEW", stock_quantity=0)

    def skus(**query: Any) -> list[str]:
        return [item["sku"] for item in ok(client.get(STOCK, params=query, headers=packer))["items"]]

    assert skus() == ["A-GHEE", "B-MILK", "C-NEW"]
    assert skus(available_at_most=4) == ["A-GHEE", "C-NEW"]
    assert [skus(search=words) for words in ("cow ghee", "b-mil", "100%", "_", "%")] == [
        ["A-GHEE"], ["B-MILK"], ["B-MILK"], [], ["B-MILK"]
    ]  # fmt: skip
    first = ok(client.get(STOCK, params={"limit": 2}, headers=packer))
    assert (first["next"], first["items"][0]["name"], first["items"][0]["available"]) == ("B-MILK", "A2 Cow Ghee", 4)
    rest = ok(client.get(STOCK, params={"limit": 2, "after": first["next"]}, headers=packer))
    assert ([item["sku"] for item in rest["items"]], rest["next"]) == (["C-NEW"], None)


def test_goods_come_in_once_and_every_change_can_be_read(client: TestClient, store: Store, packer: Headers) -> None:
    with unit_of_work(store.id) as session:
        ghee, milk = shelf(session)
    receipt = {"lines": [{"variant_id": milk, "quantity": 24}, {"variant_id": ghee, "quantity": 2}], "note": "note 4711"}
    key = {"Idempotency-Key": "van-1"}
    for _ in range(2):
        levels = ok(client.post(f"{STOCK}/receipts", json=receipt, headers=packer | key), 201)["levels"]
        assert [(level["variant_id"], level["on_hand"]) for level in levels] == [(milk, 64), (ghee, 6)]
    change = {"variant_id": ghee, "change": -1, "reason": "damaged", "note": "dropped"}
    with unchanged(store):
        for path, body in (("receipts", receipt), ("adjustments", change)):
            assert ok(client.post(f"{STOCK}/{path}", json=body, headers=packer), 400)["code"] == "idempotency_key_missing"
    assert (
        ok(client.post(f"{STOCK}/adjustments", json=change, headers=packer | {"Idempotency-Key": "jar"}), 201)["available"] == 5
    )
    page = ok(client.get(f"{STOCK}/{ghee}/movements", params={"limit": 2}, headers=packer))
    moves = [(move["kind"], move["quantity"], move["on_hand_after"], move["cause"]) for move in page["items"]]
    assert moves == [("adjust", -1, 5, "damaged: dropped"), ("receive", 2, 6, "note 4711")]
    rest = ok(client.get(f"{STOCK}/{ghee}/movements", params={"limit": 2, "after": page["next"]}, headers=packer))
    assert ([move["quantity"] for move in rest["items"]], rest["next"]) == ([4], None)


def test_a_count_from_the_shelf_to_the_books(client: TestClient, store: Store, packer: Headers) -> None:
    with unit_of_work(store.id) as session:
        _, milk = shelf(session)
    count = ok(client.post(f"{STOCK}/counts", json={"note": "quarter"}, headers=packer), 201)
    assert (count["status"], count["lines"], count["counted"]) == ("open", 2, 0)
    url = f"{STOCK}/counts/{count['id']}"
    counted = ok(client.put(f"{url}/lines/{milk}", json={"counted": 37}, headers=packer))
    assert (counted["counted"], counted["different"], counted["missing"]) == (1, 1, 3)
    detail = ok(client.get(url, params={"which": "different"}, headers=packer))
    line = detail["items"][0]
    assert (line["sku"], line["expected"], line["counted"], line["difference"]) == ("B-MILK", 40, 37, -3)
    pages = [ok(client.get(url, params={"limit": 1, "after": after}, headers=packer)) for after in (None, "A-GHEE")]
    assert [(page["items"][0]["sku"], page["next"]) for page in pages] == [("A-GHEE", "A-GHEE"), ("B-MILK", None)]
    assert ok(client.post(f"{STOCK}/counts", json={"variant_ids": [milk]}, headers=packer), 409)["code"] == "being_counted"
    closed = [ok(client.post(f"{url}/closing", headers=packer)) for _ in range(2)]
    assert closed[0] == closed[1]
    assert ok(client.get(STOCK, params={"search": "milk"}, headers=packer))["items"][0]["on_hand"] == 37
    assert [item["status"] for item in ok(client.get(f"{STOCK}/counts", headers=packer))["items"]] == ["closed"]


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("receipts", {"lines": [], "note": "van"}, 422),
        ("receipts", {"lines": [{"variant_id": NOBODYS, "quantity": 1}], "note": "van"}, 404),
        ("receipts", {"lines": [{"variant_id": NOBODYS, "quantity": 0}], "note": "van"}, 422),
        ("adjustments", {"variant_id": NOBODYS, "change": -1, "reason": "damaged"}, 404),
        ("adjustments", {"variant_id": NOBODYS, "change": 1, "reason": "damaged"}, 422),
        ("counts", {"variant_ids": [NOBODYS], "category": "Dairy"}, 422),
        (f"counts/{NOBODYS}/closing", None, 404),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    client: TestClient, store: Store, packer: Headers, path: str, body: Any, code: int
) -> None:
    with unchanged(store):
        assert client.post(f"{STOCK}/{path}", json=body, headers=packer | {"Idempotency-Key": "once"}).status_code == code


def test_a_line_named_twice_in_a_receipt_is_a_slip(client: TestClient, store: Store, packer: Headers) -> None:
    with unit_of_work(store.id) as session:
        ghee, _ = shelf(session)
    twice = {"lines": [{"variant_id": ghee, "quantity": 1}, {"variant_id": ghee, "quantity": 2}], "note": "van"}
    with unchanged(store):
        answer = client.post(f"{STOCK}/receipts", json=twice, headers=packer | {"Idempotency-Key": "once"})
    assert answer.status_code == 422


def test_support_may_look_and_not_touch(client: TestClient, store: Store) -> None:
    support = staff(store, "support")
    assert client.get(STOCK, headers=support).status_code == 200
    with unchanged(store):
        assert client.post(f"{STOCK}/counts", json={}, headers=support).status_code == 403
