"""Twilio's SDK against the sandbox: what each answer and each fault means."""

import base64
import hashlib
import hmac

import pytest

from app.core.errors import ProviderError, Rejected, Unavailable, Unknown
from app.providers.messages import OutgoingSms
from app.providers.twilio import Twilio, verify_callback
from tests.providers.conftest import CLOSED_PORT, QUICK
from tests.sandbox_control import Sandbox

SMS = OutgoingSms("0199", "+919876543210", "123456 is your code", "http://127.0.0.1:1/callback")


@pytest.fixture
def twilio(sandbox: Sandbox) -> Twilio:
    return Twilio(sandbox.account_sid, sandbox.twilio["auth_token"], sandbox.twilio["phone_number"], sandbox.url, QUICK)


def test_an_sms_arrives_with_its_callback_address(twilio: Twilio, sandbox: Sandbox) -> None:
    sent = twilio.send(SMS)
    [message] = sandbox.inbox(channel="sms")
    assert (message["to"], message["text"], message["callback_url"]) == (SMS.to, SMS.text, SMS.status_callback_url)
    assert (sent.provider, sent.provider_id) == ("twilio", message["provider_id"])


def test_a_number_that_is_none_is_rejected_with_twilios_code(twilio: Twilio, sandbox: Sandbox) -> None:
    with pytest.raises(Rejected) as refusal:
        twilio.send(OutgoingSms("0199", "+0", "hello"))
    assert refusal.value.reason == "21211"
    assert sandbox.inbox() == []


@pytest.mark.parametrize(
    ("fault", "word", "arrives"),
    [
        ("timeout_after_effect", Unknown, True),
        ("timeout_before_effect", Unknown, False),
        ("error_without_code", Unknown, False),
        ("bad_gateway_html", Unknown, False),
        ("connection_reset", Unknown, False),
        ("rate_limited", Unavailable, False),
        ("rejected", Rejected, False),
        ("unauthorised", Rejected, False),
    ],
)
def test_each_fault_has_one_word(
    twilio: Twilio, sandbox: Sandbox, fault: str, word: type[ProviderError], arrives: bool
) -> None:
    sandbox.fault("messages.create", fault, seconds=2)
    with pytest.raises(word):
        twilio.send(SMS)
    assert len(sandbox.calls("messages.create")) == 1
    assert bool(sandbox.inbox()) is arrives


def test_a_refused_connection_took_no_effect() -> None:
    with pytest.raises(Unavailable):
        Twilio("AC1", "token", "+15005550006", CLOSED_PORT, QUICK).send(SMS)


def test_a_callback_is_signed_over_the_public_address_and_the_form() -> None:
    url, params, token = (
        "https://shop.example/api/v1/webhooks/twilio?message_id=1",
        {"MessageSid": "SM1", "To": "+91 98"},
        "token",
    )
    text = url + "".join(name + params[name] for name in sorted(params))
    signature = base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()
    assert verify_callback(url, params, signature, token)
    assert not verify_callback(url.replace("https", "http"), params, signature, token)
    assert not verify_callback(url, params | {"MessageSid": "SM2"}, signature, token)
    assert not verify_callback(url, params, signature, ""), "an unset token fails closed"
    for wrong in (None, "", "ü", "\udc80", signature[:-1]):
        assert not verify_callback(url, params, wrong, token)
