"""Razorpay's customers, through the real SDK."""

import re
from typing import Any

import pytest

from tests.sandbox.household import PERSON, refused
from tests.sandbox.world import World


def test_a_customer_looks_as_documented(world: World) -> None:
    customer = world.razorpay.customer.create({**PERSON, "gstin": "29XAbbA4369J1PA", "notes": {"shop": "1"}})
    assert re.fullmatch(r"cust_[A-Za-z0-9]{14}", customer["id"])
    assert isinstance(customer.pop("created_at"), int)
    assert customer == {
        "id": customer["id"],
        "entity": "customer",
        **PERSON,
        "gstin": "29XAbbA4369J1PA",
        "notes": {"shop": "1"},
    }


def test_ten_digits_become_an_indian_number_and_empty_notes_a_list(world: World) -> None:
    customer = world.razorpay.customer.create({"name": "Asha Rao", "contact": "9876543210"})
    assert (customer["contact"], customer["email"], customer["notes"]) == ("+919876543210", None, [])
    assert world.razorpay.customer.create({"contact": "+14155550100"})["contact"] == "+14155550100"


def test_the_same_person_is_refused_or_given_again(world: World) -> None:
    first = world.razorpay.customer.create(PERSON)
    again = {**PERSON, "name": "Somebody else", "contact": "9876543210"}
    assert refused(world.razorpay.customer.create, again) == "Customer already exists for the merchant"
    assert (
        refused(world.razorpay.customer.create, {**again, "fail_existing": "1"}) == "Customer already exists for the merchant"
    )
    assert world.razorpay.customer.create({**again, "fail_existing": "0"}) == first
    assert world.razorpay.customer.create({**PERSON, "email": "other@example.in", "fail_existing": "0"})["id"] != first["id"]
    assert world.razorpay.customer.all()["count"] == 2


def test_fetch_list_and_edit(world: World) -> None:
    customer = world.razorpay.customer.create(PERSON)
    assert world.razorpay.customer.fetch(customer["id"]) == customer
    edited = world.razorpay.customer.edit(customer["id"], {"name": "Asha Rao Iyer", "contact": "9123456780"})
    assert edited == {**customer, "name": "Asha Rao Iyer", "contact": "+919123456780"}
    assert world.razorpay.customer.all()["items"] == [edited]
    other = world.razorpay.customer.create(PERSON)
    assert refused(world.razorpay.customer.edit, other["id"], {"contact": "9123456780"}) == (
        "Customer already exists for the merchant"
    )
    assert world.razorpay.customer.fetch(other["id"]) == other


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "Jo"}, "The name must be at least 3 characters."),
        ({"name": "x" * 51}, "The name may not be greater than 50 characters."),
        ({"name": "Asha-Rao"}, "The name format is invalid."),
        ({"contact": "1234567"}, "Contact number should be at least 8 digits, including country code"),
        ({"contact": "+919876543210999"}, "Contact number should not be greater than 15 digits, including country code"),
        ({"contact": "98765 43210"}, "Contact number contains invalid characters, only digits and + symbol are allowed"),
        ({"email": "asha"}, "The email must be a valid email address."),
        ({"email": "a" * 60 + "@b.in"}, "The email may not be greater than 64 characters."),
        ({"colour": "red"}, "colour is/are not required and should not be sent"),
    ],
)
def test_a_bad_customer_is_refused_and_nothing_is_kept(world: World, changes: dict[str, Any], words: str) -> None:
    assert refused(world.razorpay.customer.create, {**PERSON, **changes}) == words
    assert world.razorpay.customer.all()["count"] == 0


@pytest.mark.parametrize("name", ["आशा राव", "O'Neill (Jr.)"])
def test_names_of_other_scripts_are_names(world: World, name: str) -> None:
    assert world.razorpay.customer.create({"name": name})["name"] == name


def test_other_merchants_customers_do_not_exist(world: World) -> None:
    other = World(world.url, world.receiver)
    try:
        customer = other.razorpay.customer.create(PERSON)
        assert refused(world.razorpay.customer.fetch, customer["id"]) == "The id provided does not exist"
        assert world.razorpay.customer.create(PERSON)["id"] != customer["id"]
    finally:
        other.close()
