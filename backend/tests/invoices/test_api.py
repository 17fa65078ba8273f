"""Documents through the API: one's own, or all for staff; as data, as a page and as PDF."""

from dataclasses import dataclass
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from app.core.ids import new_id
from app.core.security import sign_jwt
from app.core.work import unit_of_work
from app.stores.models import Store
from tests.builders import make_customer
from tests.invoices.selling import GHEE, MILK, credit, sell


@dataclass
class Scene:
    order_id: UUID
    invoice_id: UUID
    note_id: UUID
    owner: dict[str, str]
    other: dict[str, str]
    packer: dict[str, str]


def token(store: Store, kind: str, person: UUID, role: str = "") -> dict[str, str]:
    claims = {"sub": str(person), "kind": kind, "role": role, "store": str(store.id), "sid": str(new_id())}
    return {"Authorization": f"Bearer {sign_jwt(claims, seconds=600)}"}


@pytest.fixture
def scene(store: Store) -> Scene:
    with unit_of_work(store.id) as session:
        sold = sell(session, GHEE, MILK)
        invoice = sold.issue(session)
        note = credit(session, invoice, sold.items[:1])
        other = make_customer(session)
        return Scene(
            sold.order.id,
            invoice.id,
            note.id,
            token(store, "customer", sold.order.customer_id),
            token(store, "customer", other.id),
            token(store, "staff", new_id(), "packer"),
        )


def test_an_order_lists_its_documents(client: TestClient, scene: Scene) -> None:
    items = client.get(f"/api/v1/orders/{scene.order_id}/documents", headers=scene.owner).json()["items"]
    assert [(item["kind"], item["number"]) for item in items] == [
        ("invoice_cum_bill_of_supply", "INV/26-27/000001"),
        ("credit_note", "CRN/26-27/000001"),
    ]
    invoice, note = items
    assert note["original_document_id"] == invoice["id"] == str(scene.invoice_id)
    parts = ("taxable", "cgst", "sgst", "igst", "exempt", "round_off")
    assert sum(invoice[part]["amount"] for part in parts) == invoice["total"]["amount"] == 189_200


def test_a_document_tells_all_that_is_printed(client: TestClient, scene: Scene) -> None:
    document = client.get(f"/api/v1/documents/{scene.invoice_id}", headers=scene.owner).json()
    assert document["seller"]["legal_name"] == "Test Organics Private Limited"
    assert document["buyer"]["name"] == "Asha Rao"
    assert [(line["name"], line["hsn"], line["is_delivery"]) for line in document["lines"]] == [
        ("A2 Cow Ghee, 500 ml jar", "0405", False),
        ("Delivery", "0405", True),
        ("A2 Cow Milk, 1 litre bottle", "0401", False),
        ("Delivery", "0401", True),
    ]
    assert sum(line["total"]["amount"] for line in document["lines"]) == document["total"]["amount"]


def test_a_page_runs_nothing_and_a_pdf_has_the_number_for_a_name(client: TestClient, scene: Scene) -> None:
    page = client.get(f"/api/v1/documents/{scene.note_id}/page", headers=scene.owner)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert "INV/26-27/000001" in page.text
    pdf = client.get(f"/api/v1/documents/{scene.note_id}/pdf", headers=scene.owner)
    assert pdf.headers["content-type"] == "application/pdf"
    assert pdf.headers["content-disposition"] == 'attachment; filename="CRN-26-27-000001.pdf"'
    assert pdf.content.startswith(b"%PDF-")


@pytest.mark.parametrize("path", ["orders/{order}/documents", "documents/{id}", "documents/{id}/page", "documents/{id}/pdf"])
def test_ac42_somebody_elses_document_does_not_exist(client: TestClient, scene: Scene, path: str) -> None:
    url = "/api/v1/" + path.format(order=scene.order_id, id=scene.note_id)
    assert client.get(url, headers=scene.other).status_code == 404
    assert client.get(url).status_code == 401
    assert client.get(url, headers=scene.packer).status_code == 200
