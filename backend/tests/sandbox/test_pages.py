"""The pages for people: they show what is there, and nothing that was sent can act in them."""

from tests.sandbox.world import World

ATTACK = "<script>alert(1)</script>"


def test_the_index_leads_everywhere(world: World) -> None:
    page = world.http.get("/").text
    for path in ("/inbox", "/ledger", "/control"):
        assert f'href="{path}"' in page
        assert world.http.get(path).status_code == 200


def test_the_inbox_shows_both_kinds(world: World) -> None:
    world.text(to="+919811122233", body="Your code is 424242")
    world.mail(to="asha.inbox@example.in")
    page = world.http.get("/inbox").text
    assert "Your code is 424242" in page
    assert "Your order" in page
    assert page.index("Your order") < page.index("Your code is 424242")
    only = world.http.get("/inbox", params={"to": "asha.inbox"}).text
    assert "asha.inbox@example.in" in only
    assert "424242" not in only
    assert "No message matches" in world.http.get("/inbox", params={"to": "nobody-at-all"}).text
    assert "424242" not in world.http.get("/inbox", params={"channel": "email"}).text


def test_the_inbox_escapes_and_boxes_what_it_shows(world: World) -> None:
    world.text(to="+919811122244", body=ATTACK)
    world.sendgrid.client.mail.send.post(request_body={
        "personalizations": [{"to": [{"email": "boxed@example.in"}]}], "from": {"email": "shop@example.in"},
        "subject": ATTACK, "content": [{"type": "text/html", "value": f'<p title="x">{ATTACK}</p>'}],
    })  # fmt: skip
    answer = world.http.get("/inbox")
    assert ATTACK not in answer.text
    assert 'srcdoc="&lt;base target=&#34;_blank&#34;&gt;&lt;p title=&#34;x&#34;&gt;&lt;script&gt;' in answer.text
    assert "allow-scripts" not in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_the_ledger_shows_payments_and_totals(world: World) -> None:
    order = world.order(12345600)
    world.pay(order["id"], "failed", error_reason="card_declined")
    world.pay(order["id"])
    page = world.http.get("/ledger", params={"account": world.key_id}).text
    assert page.count("₹1,23,456") == 3
    assert "card declined" in page
    assert order["id"] in page


def test_the_ledger_tells_what_came_after_a_payment(world: World) -> None:
    payment_id = world.pay(world.order(4567800)["id"])["razorpay_payment_id"]
    world.razorpay.payment.refund(payment_id, {"amount": 12300, "receipt": f"rf_{ATTACK}"})
    world.post(f"/control/razorpay/payments/{payment_id}/dispute", {"amount": 34500, "reason_code": ATTACK, "deduct": True})
    settlement = world.post("/control/razorpay/settlements", {"account": world.key_id})
    page = world.http.get("/ledger", params={"account": world.key_id}).text
    for words in ("partly refunded", "−₹123", "asked for by the shop", "₹345 deducted", settlement["utr"], "3 lines"):
        assert words in page
    assert ATTACK not in page


def test_the_control_page_lists_every_control_route(world: World) -> None:
    page = world.http.get("/control").text
    for path in world.get("/control/openapi.json")["paths"]:
        assert path in page


def test_every_control_route_makes_a_promise(world: World) -> None:
    paths = world.get("/control/openapi.json")["paths"]
    silent = [path for path, methods in paths.items() for facts in methods.values() if not facts.get("description")]
    assert silent == []
