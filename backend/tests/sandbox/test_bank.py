"""What people see of mandates: the checkout page that asks for one, and the bank app."""

import json
from typing import Any

import pytest

from tests.sandbox.forms import Form, forms_in
from tests.sandbox.household import DAY, START, Household
from tests.sandbox.world import World

CALLBACK = "http://shop.example.in/return"


@pytest.fixture
def home(world: World) -> Household:
    return Household(world)


def open_checkout(home: Household, order: dict[str, Any], **changes: str) -> Any:
    fields = {
        "key_id": home.world.key_id, "order_id": order["id"], "customer_id": home.customer["id"], "recurring": "1",
        "name": "Rozana Organics", "callback_url": CALLBACK, "prefill[email]": "asha@example.in",
    }  # fmt: skip
    return home.world.http.post("/v1/checkout/embedded", data={**fields, **changes})


def press(home: Household, page: str, **choices: str) -> Any:
    [form] = forms_in(page)
    return home.world.http.request(form.method, form.action, data={**form.fields, **choices})


def way_back(page: str) -> Form:
    [form] = forms_in(page)
    assert form.action == CALLBACK
    return form


def test_the_page_says_in_plain_words_what_is_approved(home: Household) -> None:
    order = home.registration(max_amount=250_000, frequency="weekly", expire_at=START + 365 * DAY)
    page = open_checkout(home, order)
    assert page.status_code == 200
    for words in (
        "up to ₹2,500",
        "Once a week",
        "2 Dec 2027",
        "₹1, to check the account",
        "Approve",
        "Decline",
        "Rozana Organics",
    ):
        assert words in page.text


@pytest.mark.parametrize("recurring", ["1", "true", "preferred"])
def test_approving_by_hand(home: Household, recurring: str) -> None:
    page = open_checkout(home, home.registration(), recurring=recurring)
    answer = press(home, page.text, vpa="asha@okhdfc")
    assert "Mandate approved" in answer.text
    form = way_back(answer.text)
    assert set(form.fields) == {"razorpay_payment_id", "razorpay_order_id", "razorpay_signature"}
    home.world.razorpay.utility.verify_payment_signature(form.fields)
    payment = home.payment(form.fields["razorpay_payment_id"])
    assert (payment["status"], payment["vpa"], payment["email"]) == ("captured", "asha@okhdfc", "asha@example.in")
    assert home.token(payment["token_id"])["vpa"]["handle"] == "okhdfc"


def test_a_card_approves_a_mandate_for_cards(home: Household) -> None:
    page = open_checkout(home, home.registration("card"))
    assert "Card number" in page.text
    assert "UPI id" not in page.text
    payment = home.payment(way_back(press(home, page.text).text).fields["razorpay_payment_id"])
    assert home.token(payment["token_id"])["card"]["last4"] == "1111"


@pytest.mark.parametrize("choices", [{"outcome": "failed"}, {"vpa": "failure@razorpay"}])
def test_declining_by_hand(home: Household, choices: dict[str, str]) -> None:
    answer = press(home, open_checkout(home, home.registration()).text, **choices)
    assert "Mandate declined" in answer.text
    form = way_back(answer.text)
    assert form.fields["error[reason]"] == "payment_cancelled"
    assert "razorpay_signature" not in form.fields
    payment = home.payment(json.loads(form.fields["error[metadata]"])["payment_id"])
    assert home.token(payment["token_id"])["recurring_details"]["status"] == "rejected"
    assert home.world.ledger()["captures"] == []


def test_a_dummy_payment_comes_back_as_an_error_of_its_own_kind(home: Household) -> None:
    home.banks(registration="dummy")
    answer = press(home, open_checkout(home, home.registration()).text)
    assert "Mandate approved" in answer.text
    form = way_back(answer.text)
    assert (form.fields["error[code]"], form.fields["error[reason]"]) == ("BAD_REQUEST_ERROR", "upi_dummy_payment")
    payment = home.payment(json.loads(form.fields["error[metadata]"])["payment_id"])
    assert home.token(payment["token_id"])["recurring_details"]["status"] == "confirmed"


def test_an_approved_mandate_says_so(home: Household) -> None:
    order = home.registration()
    home.approve(order["id"])
    assert "This mandate has been approved" in open_checkout(home, order).text


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"recurring": "0"}, "The recurring field is required"), ({"customer_id": ""}, "not the one of the order"),
     ({"customer_id": "cust_AAAAAAAAAAAAAA"}, "not the one of the order")],
)  # fmt: skip
def test_a_form_that_forgets_is_refused(home: Household, changes: dict[str, str], words: str) -> None:
    page = open_checkout(home, home.registration(), **changes)
    assert page.status_code == 400
    assert words in page.text
    assert home.money() == (0, 0, 0)


def test_an_ordinary_order_asks_for_no_mandate(home: Household) -> None:
    page = open_checkout(home, home.world.order())
    assert page.status_code == 400
    assert "Pay with" in open_checkout(home, home.world.order(), recurring="preferred").text


def bank(home: Household) -> str:
    return str(home.world.http.get("/bank", params={"account": home.world.key_id}).text)


def test_the_bank_app_shows_the_mandate_and_its_debits(home: Household) -> None:
    assert "No mandates yet" in bank(home)
    token_id = home.mandate(max_amount=250_000, frequency="monthly")
    assert "No debits yet" in bank(home)
    order = home.noticed(token_id, 12_345)
    page = bank(home)
    for words in ("Test shop", "₹2,500", "once a month", "Asha Rao", "UPI success@razorpay", "active", "announced", "₹123.45"):
        assert words in page
    home.clock(START + 2 * DAY)
    home.banks(outcomes=[{"failed": "insufficient_funds"}])
    home.debit(order, token_id)
    page = bank(home)
    assert "pending" in page
    assert "announced" not in page
    home.clock(START + 3 * DAY)
    assert "insufficient funds" in bank(home)


def test_its_buttons_act_like_the_control_api(home: Household) -> None:
    token_id = home.mandate()

    def press_button(verb: str) -> list[str]:
        [form] = [form for form in forms_in(bank(home)) if form.action.endswith(verb)]
        answer = home.world.http.post(form.action)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/bank#{token_id}")
        return [form.action.rsplit("/", 1)[1] for form in forms_in(bank(home))]

    assert press_button("pause") == ["resume", "cancel"]
    assert home.token(token_id)["recurring_details"]["status"] == "paused"
    assert press_button("resume") == ["pause", "cancel"]
    assert press_button("cancel") == []
    assert home.types()[-3:] == ["token.paused", "token.resumed", "token.cancelled"]


def test_a_stale_button_changes_nothing(home: Household) -> None:
    token_id = home.mandate()
    before = home.money()
    for path in (f"/bank/{token_id}/resume", "/bank/token_AAAAAAAAAAAAAA/cancel"):
        assert home.world.http.post(path).status_code == 303
    assert home.world.http.post(f"/bank/{token_id}/delete").status_code == 422
    assert home.money() == before


def test_a_deleted_token_is_still_a_mandate_there(home: Household) -> None:
    token_id = home.mandate()
    home.world.razorpay.token.delete(home.customer["id"], token_id)
    assert "has deleted this mandate" in bank(home)
    home.world.http.post(f"/bank/{token_id}/cancel")
    assert "cancelled" in bank(home)


def test_what_was_sent_is_escaped(home: Household) -> None:
    attack = "<script>alert(1)</script>"
    home.world.declare_merchant(name=attack)
    home.approve(home.registration()["id"], detail=f"{attack}@upi")
    assert attack not in bank(home)
    assert attack not in open_checkout(home, home.registration(), name=attack).text


def test_the_index_leads_to_the_bank_app(home: Household) -> None:
    assert 'href="/bank"' in home.world.http.get("/").text
    assert home.world.http.get("/bank").status_code == 200
