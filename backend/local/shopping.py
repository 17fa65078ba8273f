"""The first part of the story: a newcomer finds the shop, signs in, fills a basket, checks out and pays."""

import uuid

from local.scene import Scene, Seen
from local.shop import Json, StoryFailed, check, wait_for
from local.wording import rupees

PRODUCTS_EXPECTED = 18
FAMILIAR = ("milk", "curd", "ghee", "jaggery", "atta")
BASKET = {"milk": 2, "ghee": 1, "tomato": 1}
ADDRESS = {
    "line1": "14, Third Main Road",
    "line2": "Indiranagar",
    "city": "Bengaluru",
    "state_code": "29",
    "pin": "560038",
}


def look_around(scene: Scene) -> Seen:
    """The shelves of an Indian organic shop, every page of them."""
    after, more = "", True
    while more:
        page = scene.shop.get("/products", limit=10, **({"after": after} if after else {}))
        scene.products += page["items"]
        after = page["next"] or ""
        more = bool(after)
    names = [product["name"] for product in scene.products]
    check(len(names) >= PRODUCTS_EXPECTED, f"only {len(names)} products on the shelves")
    for word in FAMILIAR:
        check(any(word in name.lower() for name in names), f"no {word} among {', '.join(names)}")
    variants = [variant for product in scene.products for variant in product["variants"]]
    check(any(variant["is_exempt"] for variant in variants), "nothing on the shelves is exempt from GST")
    check(any(variant["sold_by_weight"] for variant in variants), "nothing on the shelves is sold by weight")
    facts = {"products": len(names), "variants": len(variants)}
    return Seen(facts, [f"{len(names)} products in {len(variants)} sizes, e.g. {', '.join(names[:3])}"])


def sign_in(scene: Scene) -> Seen:
    """By a one-time code, read from the SMS on the customer's phone."""
    phone = scene.customer.phone
    scene.shop.post("/otp", {"phone": phone})
    code = wait_for(f"the one-time code on {phone}", lambda: scene.sandbox.code_sent_to(phone))
    session = scene.shop.post("/sessions", {"phone": phone, "code": code})
    scene.shop.token = session["access_token"]
    me = scene.shop.patch("/me", {"name": scene.customer.name, "email": scene.customer.email})
    check(me["phone"] == phone, f"signed in as {me['phone']} instead of {phone}")
    facts = {"customer_id": me["id"], "phone": phone, "email": scene.customer.email, "code": code}
    return Seen(facts, [f"{scene.customer.name}, {phone}, with the code {code} from the SMS"])


def fill_basket(scene: Scene) -> Seen:
    """An address, and milk, ghee and tomatoes; the shop's sums must be the sums of its lines."""
    address = {"name": scene.customer.name, "phone": scene.customer.phone, **ADDRESS}
    scene.address = scene.shop.post("/addresses", address)
    cart = scene.shop.post("/carts")
    for word, quantity in BASKET.items():
        variant = available(scene.products, word, quantity)
        cart = scene.shop.put(f"/carts/{cart['id']}/lines/{variant['id']}", {"quantity": quantity})
    scene.cart = cart
    lines = cart["lines"]
    check(len(lines) == len(BASKET), f"{len(lines)} lines in the cart instead of {len(BASKET)}")
    for line in lines:
        price, total = line["unit_price"]["amount"], line["line_total"]["amount"]
        check(price * line["quantity"] == total, f"{line['name']}: {line['quantity']} × {price} is not {total}")
    parts = [cart["subtotal"], cart["shipping"], cart["round_off"]]
    check(sum(part["amount"] for part in parts) == cart["total"]["amount"], "the cart's total is not its sum")
    check(cart["can_checkout"], f"the cart cannot be checked out: {cart['problems']}")
    told = [f"{line['quantity']} × {line['name']}, {line['unit']}: {_rupees(line['line_total'])}" for line in lines]
    facts = {"cart_id": cart["id"], "address_id": scene.address["id"], "lines": len(lines), "total": cart["total"]}
    return Seen(facts, [*told, f"total {_rupees(cart['total'])}, to {ADDRESS['city']} {ADDRESS['pin']}"])


def check_out(scene: Scene) -> Seen:
    """The order waits for its payment, its goods are set aside, and the provider knows the same amount."""
    watched = scene.cart["lines"][0]
    before = on_shelf(scene, watched["variant_id"])
    request = {"cart_id": scene.cart["id"], "address_id": scene.address["id"], "payment_method": "razorpay"}
    placed = scene.shop.post("/checkouts", request, idempotency_key=str(uuid.uuid4()))
    scene.order, payment = placed["order"], placed["payment"]
    scene.provider_order_id = payment["provider_order_id"]
    order = scene.order
    check(order["status"] == "pending_payment", f"the order is {order['status']} instead of pending_payment")
    check(order["total"] == scene.cart["total"], f"the order costs {order['total']}, the cart {scene.cart['total']}")
    check(payment["amount"] == order["total"]["amount"], f"the provider was told {payment['amount']}")
    reserved = before - on_shelf(scene, watched["variant_id"])
    check(reserved == watched["quantity"], f"{reserved} of {watched['name']} reserved instead of {watched['quantity']}")
    facts = {
        "order_id": order["id"],
        "order_number": order["number"],
        "status": order["status"],
        "total": order["total"],
        "reserved": {watched["sku"]: reserved},
        "provider_order_id": scene.provider_order_id,
    }
    told = f"{order['number']}, {_rupees(order['total'])}, {order['status']}; Razorpay order {scene.provider_order_id}"
    return Seen(facts, [told, f"{reserved} × {watched['name']} set aside: {before} → {before - reserved} on the shelf"])


def pay(scene: Scene) -> Seen:
    """At the provider's checkout, which signs what the browser will bring back."""
    paid = scene.sandbox.pay(scene.provider_order_id)
    names = ("razorpay_payment_id", "razorpay_order_id", "razorpay_signature")
    scene.proof = {name: paid[name] for name in names}
    check(paid["razorpay_order_id"] == scene.provider_order_id, f"paid for {paid['razorpay_order_id']}")
    check(paid["status"] == "captured", f"the payment is {paid['status']} instead of captured")
    facts = {"payment_id": paid["razorpay_payment_id"], "status": paid["status"], "amount": scene.order["total"]}
    return Seen(facts, [f"{_rupees(scene.order['total'])} by UPI, {paid['razorpay_payment_id']}, {paid['status']}"])


def available(products: list[Json], word: str, quantity: int) -> Json:
    for product in products:
        for variant in product["variants"]:
            if word in product["name"].lower() and variant["available_quantity"] >= quantity:
                found: Json = variant
                return found
    raise StoryFailed(f"no {word} left on the shelves: scripts/run --fresh restocks them")


def on_shelf(scene: Scene, variant_id: str) -> int:
    """How many anybody could still order, asked anew."""
    for product in scene.products:
        if any(variant["id"] == variant_id for variant in product["variants"]):
            now = scene.shop.get(f"/products/{product['slug']}")
            return next(int(v["available_quantity"]) for v in now["variants"] if v["id"] == variant_id)
    raise StoryFailed(f"variant {variant_id} is on no shelf")


def _rupees(money: Json) -> str:
    return rupees(money["amount"])
