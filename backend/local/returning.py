"""Things go wrong, and the money comes back once: something was spoilt, and a box is not wanted after all."""

import uuid

from local.scene import Scene, Seen
from local.shop import Json, check, wait_for
from local.shopping import on_shelf
from local.wording import rupees

SPOILT = "milk"


def report_spoilt(scene: Scene) -> Seen:
    """One of two was spoilt: accepted at once by the shop's policy, refunded, and taken off the invoice by a credit note."""
    order, path = scene.order, f"/orders/{scene.order['id']}"
    line = next(line for line in order["lines"] if SPOILT in line["name"].lower())
    report = {"reason": "spoilt", "lines": [{"line_id": line["id"], "quantity": 1}], "note": "It was sour this morning"}
    key = str(uuid.uuid4())
    told = scene.shop.post(f"{path}/returns", report, idempotency_key=key)
    check(told["status"] == "accepted", f"the report is {told['status']} instead of accepted")
    again = scene.shop.post(f"{path}/returns", report, idempotency_key=key)
    check(again["id"] == told["id"], "the same report, sent twice, was taken for two")
    worth, earlier = line["unit_price"]["amount"], order["refunded"]["amount"]
    scene.order = wait_for("the money to go back", lambda: scene.given_back(order, scene.provider_order_id, [earlier, worth]))
    note = wait_for("the credit note", lambda: _credit_note(scene, scene.order))
    check(note["total"]["amount"] == worth, f"the credit note is for {note['total']} instead of {worth}")
    left = scene.order["paid"]["amount"] - scene.order["refunded"]["amount"]
    check(left == scene.order["owed"]["amount"], f"{left} paise are kept and {scene.order['owed']} are owed")
    facts = {
        "return_id": told["id"],
        "status": told["status"],
        "refunds": [earlier, worth],
        "credit_note": {"number": note["number"], "total": note["total"]},
        "paid": scene.order["paid"],
        "refunded": scene.order["refunded"],
        "owed": scene.order["owed"],
    }
    accepted = f"1 of {line['quantity']} × {line['name']} spoilt: {told['decided_because']}, at once"
    back = f"{rupees(worth)} back to the bank, once; credit note {note['number']}"
    kept = f"the shop keeps {rupees(left)}, exactly what is owed"
    return Seen(facts, [accepted, back, kept])


def call_off(scene: Scene) -> Seen:
    """The box is cancelled the day before it comes: asked first what would happen, then done, then done again."""
    order, line = scene.renewal, scene.renewal["lines"][0]
    path, paid = f"/orders/{order['id']}", order["total"]["amount"]
    before, was = on_shelf(scene, line["variant_id"]), scene.shop.get_bytes(path)
    preview = scene.shop.post(f"{path}/cancellation?dry_run=true", {"note": "We are away"})
    check(
        [refund["amount"]["amount"] for refund in preview["refunds"]] == [paid], f"the preview gives back {preview['refunds']}"
    )
    check(scene.shop.get_bytes(path) == was, "asking what would happen changed the order")
    scene.shop.post(f"{path}/cancellation", {"note": "We are away"}, idempotency_key=str(uuid.uuid4()))
    after = on_shelf(scene, line["variant_id"])
    check(after > before, f"{before} boxes on the shelf before, {after} after the cancellation")
    scene.renewal = wait_for("the money to go back", lambda: scene.given_back(order, scene.renewal_provider_order_id, [paid]))
    once = scene.shop.get_bytes(path)
    scene.shop.post(f"{path}/cancellation", {"note": "We are away"}, idempotency_key=str(uuid.uuid4()))
    scene.clock.settle()  # nothing is left to be done: what has not gone back twice by now does not
    check(scene.shop.get_bytes(path) == once, "to cancel twice changed the order")
    refunds = scene.sandbox.refunds(scene.renewal_provider_order_id)
    check(refunds == [paid], f"the bank saw these refunds: {refunds}")
    facts = {
        "order_number": order["number"],
        "status": scene.renewal["status"],
        "refunds": refunds,
        "back_on_shelf": {line["sku"]: after - before},
    }
    told = f"{order['number']} is {scene.renewal['status']}; 1 × {line['name']} back: {before} → {after} on the shelf"
    return Seen(facts, [told, f"{rupees(paid)} back to the bank; cancelled again: still one refund"])


def _credit_note(scene: Scene, order: Json) -> Json | None:
    documents: list[Json] = scene.shop.get(f"/orders/{order['id']}/documents")["items"]
    notes = [document for document in documents if document["kind"] == "credit_note"]
    check(len(notes) <= 1, f"{len(notes)} credit notes for one thing that was spoilt")
    return notes[0] if notes else None
