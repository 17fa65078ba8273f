import pytest

from app.accounts.errors import PhoneInvalid
from app.accounts.phones import parse_phone


@pytest.mark.parametrize(
    "text",
    ["+919876543210", "9876543210", "09876543210", "98765 43210", "+91 98765-43210", "0091 9876543210", "+91-(98765) 43210"],
)
def test_a_number_has_one_spelling(text: str) -> None:
    assert parse_phone(text) == "+919876543210"


def test_a_mobile_number_abroad_is_taken() -> None:
    assert parse_phone("+447400123456") == "+447400123456"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "nothing"),
        ("hello", "no number"),
        ("12345", "too short"),
        ("1234567890", "the library takes it for valid"),
        ("5876543210", "a fixed line"),
        ("+912223456789", "a fixed line in Mumbai"),
        ("1800111109", "toll free"),
        ("+91987654321012", "too long"),
        ("+14155550123", "not surely mobile"),
        ("+999123456789", "no such country"),
    ],
)
def test_what_no_sms_reaches_is_refused(text: str, why: str) -> None:
    with pytest.raises(PhoneInvalid) as refusal:
        parse_phone(text)
    assert refusal.value.facts == {"field": "phone"}
