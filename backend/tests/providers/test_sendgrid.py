"""SendGrid's SDK against the sandbox: what each answer and each fault means."""

import base64
import socket
import time

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.core.errors import ProviderError, Rejected, Unavailable, Unknown
from app.providers.calls import Timeouts
from app.providers.messages import OutgoingEmail
from app.providers.sendgrid import SendGrid, verify_events
from tests.providers.conftest import CLOSED_PORT, QUICK
from tests.sandbox_control import Sandbox

EMAIL = OutgoingEmail("0199", "asha@example.in", "Order ORD-26-000001", "Thank you", "<p>Thank you</p>", "Test Organics")


@pytest.fixture
def sendgrid(sandbox: Sandbox) -> SendGrid:
    return SendGrid(sandbox.api_key, sandbox.sendgrid["from_email"], sandbox.url, QUICK)


def test_an_email_arrives_whole_and_carries_our_id(sendgrid: SendGrid, sandbox: Sandbox) -> None:
    sent = sendgrid.send(EMAIL)
    [message] = sandbox.inbox(channel="email")
    assert (message["to"], message["subject"]) == (EMAIL.to, EMAIL.subject)
    assert (message["text"].strip(), message["html"]) == (EMAIL.text, EMAIL.html)
    assert message["custom_args"] == {"message_id": "0199"}
    assert (sent.provider, sent.provider_id) == ("sendgrid", message["provider_id"])


def test_a_second_email_through_the_same_client_is_its_own(sendgrid: SendGrid) -> None:
    assert sendgrid.send(EMAIL) != sendgrid.send(EMAIL)


def test_an_address_that_is_none_is_rejected_by_field(sendgrid: SendGrid, sandbox: Sandbox) -> None:
    with pytest.raises(Rejected) as refusal:
        sendgrid.send(OutgoingEmail("0199", "nobody", "Hello", "Hello"))
    assert refusal.value.reason == "personalizations.0.to.0.email"
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
    sendgrid: SendGrid, sandbox: Sandbox, fault: str, word: type[ProviderError], arrives: bool
) -> None:
    sandbox.fault("mail.send", fault, seconds=2)
    with pytest.raises(word):
        sendgrid.send(EMAIL)
    assert len(sandbox.calls("mail.send")) == 1
    assert bool(sandbox.inbox()) is arrives


def test_a_refused_connection_took_no_effect() -> None:
    with pytest.raises(Unavailable):
        SendGrid("SG.x", "shop@example.in", CLOSED_PORT, QUICK).send(EMAIL)


def test_a_server_that_never_answers_the_hello_costs_the_connect_limit_only() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(1)
        url = f"https://127.0.0.1:{deaf.getsockname()[1]}"
        started = time.monotonic()
        with pytest.raises(Unavailable):
            SendGrid("SG.x", "shop@example.in", url, Timeouts(connect=0.3, read=30)).send(EMAIL)
        assert time.monotonic() - started < 5


def test_events_are_signed_over_the_timestamp_and_the_raw_bytes() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    public = base64.b64encode(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
    raw, timestamp = b'[{"event": "delivered"}]\r\n', "1513299569"
    signature = base64.b64encode(key.sign(timestamp.encode() + raw, ec.ECDSA(SHA256()))).decode()
    assert verify_events(raw, signature, timestamp, public)
    assert not verify_events(raw.strip(), signature, timestamp, public)
    assert not verify_events(raw, signature, "1513299570", public)
    assert not verify_events(raw, signature, None, public)
    for wrong in (None, "", "ü", "not base64!", base64.b64encode(b"short").decode()):
        assert not verify_events(raw, wrong, timestamp, public)
    for no_key in ("", "ü", base64.b64encode(b"no key").decode()):
        assert not verify_events(raw, signature, timestamp, no_key)
