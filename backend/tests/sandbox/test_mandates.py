"""Mandates: how they are asked for, approved, declined, paused and ended, and what the shop gets to see of it."""

import re
from typing import Any

import pytest

from tests.sandbox.household import DAY, START, Household, refused
from tests.sandbox.polling import eventually
from tests.sandbox.world import World

DUMMY = "Payment was a dummy payment for one time mandate registration."


@pytest.fixture
def home(world: World) -> Household:
    return Household(world)


def test_approving_charges_a_rupee_and_gives_a_token(home: Household) -> None:
    order = home.registration(expire_at=START + 400 * DAY)
    assert "token" not in order
    paid = home.approve(order["id"], detail="asha@okhdfc")
    home.world.razorpay.utility.verify_payment_signature({name: paid[name] for name in paid if name.startswith("razorpay_")})
    payment = home.payment(paid["razorpay_payment_id"])
    assert (payment["status"], payment["amount"], payment["customer_id"], payment["token_id"]) == (
        "captured", 100, home.customer["id"], paid["token_id"],
    )  # fmt: skip
    token = home.token(paid["token_id"])
    assert re.fullmatch(r"token_[A-Za-z0-9]{14}", token.pop("id"))
    assert re.fullmatch(r"[A-Za-z0-9]{14}", token.pop("token"))
    instants = [token.pop(name) for name in ("used_at", "created_at", "start_time")]
    assert all(0 <= at - START < 60 for at in instants)
    assert token == {
        "entity": "token", "bank": None, "wallet": None, "method": "upi",
        "vpa": {"username": "asha", "handle": "okhdfc", "name": None}, "recurring": True,
        "recurring_details": {"status": "confirmed", "failure_reason": None}, "auth_type": None, "mrn": None,
        "max_amount": 500_000, "expired_at": START + 400 * DAY, "dcc_enabled": False,
    }  # fmt: skip
    assert home.types() == ["payment.authorized", "payment.captured", "order.paid", "token.confirmed"]
    assert [capture["amount"] for capture in home.world.ledger()["captures"]] == [100]


def test_the_webhook_of_a_token_names_nobody_else(home: Household) -> None:
    token_id = home.mandate()
    body = home.world.events()[-1]["body"]
    assert (body["event"], body["contains"], list(body["payload"])) == ("token.confirmed", ["token"], ["token"])
    entity = body["payload"]["token"]["entity"]
    assert set(entity) == {
        "id", "entity", "token", "bank", "wallet", "method", "vpa", "recurring", "recurring_details", "auth_type", "mrn",
        "used_at", "created_at", "start_time", "dcc_enabled",
    }  # fmt: skip
    assert entity["id"] == token_id
    assert not re.search(r"(cust|order|pay)_[A-Za-z0-9]{14}", home.world.events()[-1]["raw_body"])


def test_without_an_expiry_a_mandate_is_for_ten_years(home: Household) -> None:
    assert 0 <= home.token(home.mandate())["expired_at"] - (START + 10 * 365 * DAY) < 60


def test_a_card_is_kept_by_its_last_digits(home: Household) -> None:
    order = home.registration("card", frequency="monthly")
    token_id = home.approve(order["id"], method="card", detail="5105 1051 0510 5100")["token_id"]
    token = home.token(token_id)
    assert "vpa" not in token
    assert (token["method"], token["card"]["last4"], token["card"]["network"]) == ("card", "5100", "MasterCard")
    assert "510510" not in str(home.world.events()) + str(home.world.get("/control/razorpay/tokens", account=home.world.key_id))


def test_on_some_upi_apps_the_payment_fails_and_the_mandate_is_good(home: Household) -> None:
    home.banks(registration="dummy")
    paid = home.approve(home.registration()["id"])
    payment = home.payment(paid["razorpay_payment_id"])
    assert (payment["status"], payment["captured"], payment["token_id"]) == ("failed", False, paid["token_id"])
    assert (payment["error_code"], payment["error_reason"], payment["error_description"]) == (
        "BAD_REQUEST_ERROR", "upi_dummy_payment", DUMMY,
    )  # fmt: skip
    assert home.token(paid["token_id"])["recurring_details"]["status"] == "confirmed"
    assert home.types() == ["payment.failed", "token.confirmed"]
    assert home.world.ledger()["captures"] == []
    assert home.payment(home.approve(home.registration("card")["id"], method="card")["razorpay_payment_id"])["captured"]


def test_a_bank_may_take_its_time_to_confirm(home: Household) -> None:
    home.banks(token_delay_seconds=2 * DAY)
    token_id = home.mandate()
    assert home.token(token_id)["recurring_details"]["status"] == "initiated"
    assert home.types()[-1] == "order.paid"
    at = home.next_at()
    assert at is not None
    home.clock(at - 1)
    assert home.token(token_id)["recurring_details"]["status"] == "initiated"
    home.clock(at + 5 * DAY)
    assert home.token(token_id)["recurring_details"]["status"] == "confirmed"
    assert home.world.events()[-1]["body"]["created_at"] == at


def test_declining_leaves_a_rejected_token_and_takes_nothing(home: Household) -> None:
    order = home.registration()
    paid = home.approve(order["id"], outcome="failed")
    payment = home.payment(paid["razorpay_payment_id"])
    assert (payment["status"], payment["error_reason"], payment["token_id"]) == (
        "failed",
        "payment_cancelled",
        paid["token_id"],
    )
    details = home.token(paid["token_id"])["recurring_details"]
    assert details == {"status": "rejected", "failure_reason": payment["error_description"]}
    assert home.types() == ["payment.failed", "token.rejected"]
    assert home.world.ledger()["captures"] == []
    second = home.approve(order["id"])
    assert second["token_id"] != paid["token_id"]
    assert home.world.razorpay.order.fetch(order["id"])["status"] == "paid"


def test_an_approved_order_takes_no_second_approval(home: Household) -> None:
    order = home.registration()
    home.approve(order["id"])
    before = home.money()
    path = f"/control/razorpay/orders/{order['id']}/pay"
    assert home.world.http.post(path, json={"recurring": True}).status_code == 409
    assert home.money() == before


def test_recurring_belongs_to_orders_with_terms_and_only_to_them(home: Household) -> None:
    for order, body in ((home.registration(), {}), (home.world.order(), {"recurring": True}),
                        (home.registration(), {"recurring": True, "method": "card"})):  # fmt: skip
        assert home.world.http.post(f"/control/razorpay/orders/{order['id']}/pay", json=body).status_code == 409
    assert home.money() == (0, 0, 0)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"customer_id": None}, "The customer id field is required."),
        ({"customer_id": "cust_AAAAAAAAAAAAAA"}, "The id provided does not exist"),
        ({"method": None}, "The method field is required."),
        ({"method": "emandate"}, "The selected method is invalid."),
        ({"amount": 99}, "Order amount less than minimum amount allowed"),
        ({"currency": "USD"}, "The currency should be INR when method is upi"),
        ({"token": []}, "The token must be an array."),
        ({"max_amount": 99}, "The token.max_amount must be between 100 and 9999900."),
        ({"max_amount": 9_999_901}, "The token.max_amount must be between 100 and 9999900."),
        ({"max_amount": "5000"}, "The token.max_amount must be an integer."),
        ({"max_amount": None}, "The token.max_amount field is required."),
        ({"method": "card", "max_amount": 1_500_001}, "The token.max_amount must be between 100 and 1500000."),
        ({"frequency": None}, "The token.frequency field is required."),
        ({"frequency": "hourly"}, "The selected token.frequency is invalid."),
        ({"method": "card", "frequency": "daily"}, "The selected token.frequency is invalid."),
        ({"frequency": "weekly", "recurring_value": 8}, "The token.recurring_value is invalid for the frequency weekly."),
        ({"recurring_value": 1}, "The token.recurring_value is invalid for the frequency as_presented."),
        ({"frequency": "monthly", "recurring_type": "near"}, "The selected token.recurring_type is invalid."),
        ({"expire_at": START - DAY}, "The token.expire_at must be in the future, at most 30 years."),
        ({"expire_at": START + 32 * 365 * DAY}, "The token.expire_at must be in the future, at most 30 years."),
        ({"colour": 1}, "colour is/are not required and should not be sent"),
    ],
)  # fmt: skip
def test_bad_terms_are_refused(home: Household, changes: dict[str, Any], words: str) -> None:
    body: dict[str, Any] = {
        "amount": 100, "currency": "INR", "customer_id": home.customer["id"], "method": "upi",
        "token": {"max_amount": 500_000, "frequency": "as_presented"},
    }  # fmt: skip
    for name, value in changes.items():
        place = body if name in (*body, "token") else body["token"]
        place[name] = value
    assert refused(home.world.razorpay.order.create, body) == words
    assert home.world.razorpay.order.all()["count"] == 0


@pytest.mark.parametrize(
    "frequency", ["daily", "weekly", "fortnightly", "bimonthly", "monthly", "quarterly", "half_yearly", "yearly"]
)
def test_every_documented_frequency_is_taken(home: Household, frequency: str) -> None:
    day: dict[str, Any] = {} if frequency == "daily" else {"recurring_value": 7, "recurring_type": "before"}
    assert home.registration(frequency=frequency, **day)["status"] == "created"


def test_the_customer_pauses_resumes_and_ends_it(home: Household) -> None:
    token_id = home.mandate()
    before = len(home.types())
    for verb, state in (("pause", "paused"), ("resume", "confirmed"), ("pause", "paused"), ("cancel", "cancelled")):
        assert home.act(token_id, verb)["recurring_details"]["status"] == state
        assert home.token(token_id)["recurring_details"]["status"] == state
    assert home.types()[before:] == ["token.paused", "token.resumed", "token.paused", "token.cancelled"]


@pytest.mark.parametrize("verb", ["pause", "resume", "cancel"])
def test_an_ended_mandate_stays_ended(home: Household, verb: str) -> None:
    token_id = home.mandate()
    home.act(token_id, "cancel")
    before = home.money()
    assert home.world.http.post(f"/control/razorpay/tokens/{token_id}/{verb}").status_code == 409
    assert home.money() == before
    assert home.token(token_id)["recurring_details"]["status"] == "cancelled"


def test_cards_are_not_paused_and_unknown_tokens_not_found(home: Household) -> None:
    token_id = home.mandate("card")
    assert home.world.http.post(f"/control/razorpay/tokens/{token_id}/pause").status_code == 409
    assert home.world.http.post("/control/razorpay/tokens/token_AAAAAAAAAAAAAA/pause").status_code == 404
    assert home.act(token_id, "cancel")["recurring_details"]["status"] == "cancelled"


def test_the_shop_may_cancel_and_hears_of_the_end_by_webhook(home: Household) -> None:
    home.banks(cancel_seconds=600)
    token_id = home.mandate()
    cancel = home.world.razorpay.token.cancel
    assert cancel(home.customer["id"], token_id) == {"status": "cancellation_initiated"}
    assert home.token(token_id)["recurring_details"]["status"] == "confirmed"
    at = home.next_at()
    assert at is not None
    home.clock(at)
    assert home.token(token_id)["recurring_details"]["status"] == "cancelled"
    assert home.types()[-1] == "token.cancelled"
    assert refused(cancel, home.customer["id"], token_id) == "The token cannot be cancelled, it is cancelled"
    assert home.types().count("token.cancelled") == 1


def test_cancelled_twice_at_once_it_ends_once(home: Household) -> None:
    home.banks(cancel_seconds=600)
    token_id = home.mandate()
    home.world.razorpay.token.cancel(home.customer["id"], token_id)
    home.act(token_id, "cancel")
    home.clock(START + DAY)
    assert home.types().count("token.cancelled") == 1


def test_deleting_forgets_the_token_and_leaves_the_mandate_alive(home: Household) -> None:
    token_id = home.mandate()
    assert home.world.razorpay.token.delete(home.customer["id"], token_id) == {"deleted": True}
    assert refused(home.world.razorpay.token.fetch, home.customer["id"], token_id) == "The id provided does not exist"
    order = home.world.order(25_000)
    assert home.refusal(order, token_id) == "The id provided does not exist"
    [mandate] = home.world.get("/control/razorpay/tokens", account=home.world.key_id)
    assert (mandate["forgotten"], mandate["recurring_details"]["status"]) == (True, "confirmed")
    before = len(home.types())
    home.act(token_id, "cancel")
    assert len(home.types()) == before, "Razorpay does not report what it has forgotten"


def test_lists_leave_out_upi_unless_the_account_has_that_feature(home: Household) -> None:
    upi, card = home.mandate(), home.mandate("card")
    home.approve(home.registration("card")["id"], method="card", outcome="failed")
    expired = home.mandate("card", expire_at=START + DAY)
    home.clock(START + 2 * DAY)
    listed = home.world.razorpay.token.all(home.customer["id"])
    assert (listed["entity"], listed["count"], [token["id"] for token in listed["items"]]) == ("collection", 1, [card])
    home.banks(save_vpa=True)
    assert [token["id"] for token in home.world.razorpay.token.all(home.customer["id"])["items"]] == [card, upi]
    assert home.token(expired)["id"] == expired


def test_a_token_belongs_to_its_customer_and_its_merchant(home: Household) -> None:
    token_id = home.mandate()
    neighbour = home.world.razorpay.customer.create({"name": "Ravi Kumar", "contact": "9000000001"})
    assert refused(home.world.razorpay.token.fetch, neighbour["id"], token_id) == "The id provided does not exist"
    other = World(home.world.url, home.world.receiver)
    try:
        assert refused(other.razorpay.token.fetch, home.customer["id"], token_id) == "The id provided does not exist"
    finally:
        other.close()


def test_the_webhooks_arrive_signed(home: Household) -> None:
    home.mandate()
    received = home.world.receiver.wait(4)
    assert all(
        home.world.razorpay.utility.verify_webhook_signature(
            one.body, one.headers["x-razorpay-signature"], home.world.webhook_secret
        )
        for one in received
    )
    assert eventually(lambda: home.world.get("/control/quiet", account=home.world.key_id) == {"deliveries": 0})
