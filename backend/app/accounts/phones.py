"""Phone numbers: one spelling (E.164), and only those an SMS can reach."""

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

from app.accounts.errors import PhoneInvalid

HOME_REGION = "IN"  # numbers without a country code are Indian


def parse_phone(text: str) -> str:
    """The number as +919876543210. PhoneInvalid unless its type is mobile: the library takes 1234567890 for valid."""
    try:
        number = phonenumbers.parse(text, HOME_REGION)
    except NumberParseException as error:
        raise PhoneInvalid(field="phone") from error
    if not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) != PhoneNumberType.MOBILE:
        raise PhoneInvalid(field="phone")
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)
