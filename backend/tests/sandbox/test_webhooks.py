"""Razorpay's webhooks, as a receiver sees them."""

import json

import pytest
from razorpay.errors import SignatureVerificationError

from tests.sandbox.polling import eventually
from tests.sandbox.receiver import Received
from tests.sandbox.world import World

ONE_SALE = {"payment.authorized", "payment.captured", "order.paid"}


def types(received: list[Received]) -> list[str]:
    return [json.loads(one.body)["event"] for one in received]


def states(world: World) -> list[str]:
    return [delivery["state"] for event in world.events() for delivery in event["deliveries"]]


def test_one_payment_makes_three_signed_events(world: World) -> None:
    world.pay(world.order()["id"])
    received = world.receiver.wait(3)
    assert set(types(received)) == ONE_SALE
    assert len({one.event_id for one in received}) == 3
    for one in received:
        assert one.path == "/razorpay"
        assert world.razorpay.utility.verify_webhook_signature(
            one.body, one.headers["x-razorpay-signature"], world.webhook_secret
        )
        with pytest.raises(SignatureVerificationError):
            world.razorpay.utility.verify_webhook_signature(one.body, one.headers["x-razorpay-signature"], "other")
    eventually(lambda: states(world) == ["acknowledged"] * 3)


def test_the_payload_is_a_snapshot_of_its_moment(world: World) -> None:
    world.pay(world.order()["id"])
    bodies = {body["event"]: body for body in (json.loads(one.body) for one in world.receiver.wait(3))}
    authorised = bodies["payment.authorized"]["payload"]["payment"]["entity"]
    assert (authorised["status"], authorised["captured"], authorised["fee"]) == ("authorized", False, None)
    assert bodies["payment.captured"]["payload"]["payment"]["entity"]["fee"] == 1180
    paid = bodies["order.paid"]
    assert (paid["contains"], paid["entity"], paid["account_id"][:4]) == (["payment", "order"], "event", "acc_")
    assert paid["payload"]["order"]["entity"]["status"] == "paid"
    assert paid["payload"]["order"]["entity"]["notes"] == []


def test_a_refused_delivery_is_repeated_with_the_same_id_and_body(world: World) -> None:
    world.webhooks(retry_seconds=[0.02])
    world.receiver.statuses = [500, 404, 302]
    world.pay(world.order()["id"], "failed")
    first, *again = world.receiver.wait(4)
    assert {(one.event_id, one.body) for one in again} == {(first.event_id, first.body)}
    eventually(lambda: states(world) == ["acknowledged"])
    assert world.events()[0]["deliveries"][0]["attempts"] == 4


def test_a_receiver_has_five_seconds(world: World) -> None:
    world.webhooks(retry_seconds=[0.02])
    world.receiver.silent.set()
    world.pay(world.order()["id"], "failed")
    world.receiver.wait(1)
    [delivery] = eventually(lambda: [one for one in world.events()[0]["deliveries"] if one["attempts"]])
    assert delivery["last_status"] is None
    assert "Timeout" in delivery["last_error"]
    world.receiver.silent.clear()
    eventually(lambda: states(world) == ["acknowledged"])
    assert len({one.event_id for one in world.receiver.received}) == 1


def test_an_absent_receiver_is_tried_until_it_is_there(world: World) -> None:
    hook = {"url": "http://127.0.0.1:9/away", "secret": "s"}
    world.declare_merchant(webhooks=[hook])
    world.webhooks(retry_seconds=[0.02])
    world.pay(world.order()["id"], "failed")
    eventually(lambda: world.events()[0]["deliveries"][0]["attempts"] >= 3)
    assert states(world) != ["acknowledged"]


def test_held_webhooks_wait_for_release(world: World) -> None:
    world.webhooks("hold")
    world.pay(world.order()["id"])
    assert states(world) == ["held"] * 3
    assert world.post("/control/webhooks/release", {"account": world.key_id}) == {"released": 3}
    assert set(types(world.receiver.wait(3))) == ONE_SALE


def test_dropped_webhooks_never_arrive_but_are_on_record(world: World) -> None:
    world.webhooks("drop")
    world.pay(world.order()["id"])
    assert states(world) == ["dropped"] * 3
    world.webhooks("send")
    world.pay(world.order()["id"], "failed")
    assert types(world.receiver.wait(1)) == ["payment.failed"]


def test_one_payment_can_be_made_without_webhooks(world: World) -> None:
    world.pay(world.order()["id"], send_webhooks=False)
    assert states(world) == ["dropped"] * 3


def test_duplicates_share_their_event_id(world: World) -> None:
    world.webhooks(duplicate=2)
    world.pay(world.order()["id"], "failed")
    assert len({(one.event_id, one.body) for one in world.receiver.wait(3)}) == 1


def test_shuffled_webhooks_come_in_other_orders(world: World) -> None:
    world.webhooks("hold", shuffle=True)
    seen = set()
    for _ in range(12):  # (1/6)^11 that all come alike
        before = len(world.receiver.received)
        world.pay(world.order()["id"])
        world.post("/control/webhooks/release", {"account": world.key_id})
        seen.add(tuple(types(world.receiver.wait(before + 3)[before:])))
        if len(seen) > 1:
            return
    raise AssertionError(f"always {seen}")


def test_delayed_webhooks_come_later(world: World) -> None:
    world.webhooks(delay_seconds=0.4)
    world.pay(world.order()["id"], "failed")
    assert world.receiver.received == []
    world.webhooks(delay_seconds=0)
    world.pay(world.order()["id"])
    assert types(world.receiver.wait(4))[-1] == "payment.failed"


def test_an_event_can_be_delivered_again_by_hand(world: World) -> None:
    world.webhooks("hold")
    world.pay(world.order()["id"])
    order_paid = world.events()[-1]
    assert world.post(f"/control/events/{order_paid['id']}/deliver") == [
        {"url": f"{world.receiver.url}/razorpay", "status": 200, "error": None}
    ]
    world.receiver.statuses = [503]
    [answer] = world.post(f"/control/events/{order_paid['id']}/deliver")
    assert answer["status"] == 503
    assert [one.event_id for one in world.receiver.received] == [order_paid["id"]] * 2
    assert [one.body for one in world.receiver.received] == [order_paid["raw_body"]] * 2
    assert world.http.post("/control/events/nothing/deliver").status_code == 404


def test_retries_keep_the_old_secret_and_replays_use_the_new_one(world: World) -> None:
    world.webhooks("hold")
    world.pay(world.order()["id"], "failed")
    world.declare_merchant(webhooks=[{"url": f"{world.receiver.url}/razorpay", "secret": "rotated"}])
    world.post("/control/webhooks/release", {"account": world.key_id})
    [old] = world.receiver.wait(1)
    world.post(f"/control/events/{old.event_id}/deliver")
    _, new = world.receiver.wait(2)
    verify = world.razorpay.utility.verify_webhook_signature
    assert verify(old.body, old.headers["x-razorpay-signature"], world.webhook_secret)
    assert verify(new.body, new.headers["x-razorpay-signature"], "rotated")


def test_a_webhook_may_subscribe_to_some_events(world: World) -> None:
    some = [{"url": f"{world.receiver.url}/some", "secret": "s", "events": ["order.paid"]}]
    world.declare_merchant(webhooks=some)
    world.pay(world.order()["id"])
    eventually(lambda: states(world) == ["acknowledged"])
    assert types(world.receiver.received) == ["order.paid"]
    assert [event["type"] for event in world.events()] == ["payment.authorized", "payment.captured", "order.paid"]


def test_accounts_do_not_share_their_modes(world: World) -> None:
    world.webhooks("drop", account="another")
    world.pay(world.order()["id"], "failed")
    world.receiver.wait(1)
