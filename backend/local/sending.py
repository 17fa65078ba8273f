"""The shop packs and sends the first order: what was weighed costs what it weighs, and the invoice has a number."""

import uuid

from local.scene import Scene, Seen
from local.shop import Json, check, wait_for
from local.wording import rupees

CARRIER = "the shop's own van"
LIGHTER_PERCENT = 10  # what is weighed weighs so much less than it was meant to


def send(scene: Scene) -> Seen:
    """Packed by staff, a little light; the difference goes back, the invoice is for what is in the parcel."""
    staff, path = scene.clock.staff, f"/orders/{scene.order['id']}"
    contents, grams = _contents(scene.order)
    parcel = staff.post(f"{path}/shipments", {"lines": contents}, idempotency_key=str(uuid.uuid4()))
    packed = scene.shop.get(path)
    check(packed["status"] == "packed", f"{packed['number']} is {packed['status']} instead of packed")
    lighter = packed["total"]["amount"] - packed["owed"]["amount"]
    check(lighter > 0, f"the parcel is lighter, and still {packed['owed']} are owed")
    staff.post(f"/shipments/{parcel['id']}/dispatch", {"carrier": CARRIER}, idempotency_key=str(uuid.uuid4()))
    invoice = _only_invoice(scene)
    check(invoice["total"] == packed["owed"], f"the invoice is for {invoice['total']}, {packed['owed']} are owed")
    pdf = scene.shop.get_bytes(f"/documents/{invoice['id']}/pdf")
    check(pdf.startswith(b"%PDF"), f"the invoice's PDF begins with {pdf[:20]!r}")
    sms = wait_for("the SMS that it is on its way", lambda: _told(scene))
    staff.post(f"/shipments/{parcel['id']}/delivery", idempotency_key=str(uuid.uuid4()))
    scene.order = scene.shop.get(path)
    check(scene.order["status"] == "delivered", f"{scene.order['number']} is {scene.order['status']} instead of delivered")
    wait_for("the difference to go back", lambda: scene.given_back(scene.order, scene.provider_order_id, [lighter]))
    facts = {
        "order_number": scene.order["number"],
        "statuses": ["packed", "out_for_delivery", "delivered"],
        "packed_grams": grams,
        "owed": packed["owed"],
        "refunds": [lighter],
        "invoice": {"number": invoice["number"], "kind": invoice["kind"], "total": invoice["total"], "pdf_bytes": len(pdf)},
        "sms": {"id": sms["id"], "text": sms["text"]},
    }
    weighed = ", ".join(f"{is_} g instead of {meant} g of {name}" for name, (is_, meant) in grams.items())
    told = f"{invoice['number']} for {rupees(invoice['total']['amount'])}, a page and a PDF; with {CARRIER}, then delivered"
    return Seen(facts, [f"{weighed}: {rupees(lighter)} went back", told, f"SMS: {sms['text']}"])


def _contents(order: Json) -> tuple[list[Json], dict[str, tuple[int, int]]]:
    """Everything, and of each thing that is weighed how much: by name, what it is and what it was meant to be."""
    contents, grams = [], {}
    for line in order["lines"]:
        piece: Json = {"line_id": line["id"], "quantity": line["quantity"]}
        if line["piece_grams"]:
            meant = line["quantity"] * line["piece_grams"]
            piece["grams"] = meant * (100 - LIGHTER_PERCENT) // 100
            grams[line["name"]] = (piece["grams"], meant)
        contents.append(piece)
    check(bool(grams), f"nothing in {order['number']} is sold by weight")
    return contents, grams


def _only_invoice(scene: Scene) -> Json:
    documents: list[Json] = scene.shop.get(f"/orders/{scene.order['id']}/documents")["items"]
    check(len(documents) == 1, f"{len(documents)} documents for one parcel")
    check(documents[0]["kind"] != "credit_note", "the first document is a credit note")
    return documents[0]


def _told(scene: Scene) -> Json | None:
    found = scene.sandbox.inbox(scene.customer.phone, "sms")
    return next((sms for sms in found if f"{scene.order['number']} is on its way" in sms["text"]), None)
