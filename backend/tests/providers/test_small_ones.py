"""The parts without an SDK: SMTP, the console, waits, clients per thread, the registry."""

import smtplib
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime

import pytest

from app.core.clock import machine_now
from app.core.errors import ProviderError, Rejected, Unavailable, Unknown
from app.providers import calls
from app.providers.clients import MAX_CLIENTS, per_thread
from app.providers.console import Console, masked
from app.providers.messages import OutgoingEmail, OutgoingSms
from app.providers.razorpay import Razorpay
from app.providers.registry import SendingAccount, email_provider, sms_provider
from app.providers.sendgrid import SendGrid
from app.providers.smtp import Smtp
from app.providers.twilio import Twilio
from tests.providers.conftest import QUICK

EMAIL = OutgoingEmail("0199", "asha@example.in", "Order ₹1", "Thank you", "<p>Thank you</p>", "Test Organics")


class MailServer(socketserver.ThreadingTCPServer):
    """Just enough SMTP to take one message, or to answer `replies` instead; None hangs up."""

    daemon_threads = True

    def __init__(self, replies: dict[str, str | None]) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.replies = replies
        self.mails: list[bytes] = []


class Conversation(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self.wfile.write(b"220 ready\r\n")
        while line := self.rfile.readline():
            verb = line.split()[0].decode().upper()
            reply = self.server.replies.get(verb, "354 go on" if verb == "DATA" else "250 ok")
            if reply is None:
                return
            self.wfile.write(reply.encode() + b"\r\n")
            if reply.startswith("354"):
                self.server.mails.append(self._mail())
                final = self.server.replies.get("END", "250 taken")
                if final is None:
                    return
                self.wfile.write(final.encode() + b"\r\n")

    def _mail(self) -> bytes:
        return b"".join(iter(self.rfile.readline, b".\r\n"))


@contextmanager
def mail_server(**replies: str | None) -> Iterator[MailServer]:
    with MailServer(replies) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.shutdown()


def smtp_to(server: MailServer) -> Smtp:
    return Smtp("127.0.0.1", server.server_address[1], "", "", "shop@example.in", QUICK)


def test_smtp_hands_the_message_over_under_our_own_id() -> None:
    with mail_server() as server:
        sent = smtp_to(server).send(EMAIL)
        [mail] = server.mails
    assert (sent.provider, sent.provider_id) == ("smtp", "<0199@example.in>")
    assert b"Message-ID: <0199@example.in>" in mail
    assert b"text/plain" in mail
    assert mail.index(b"text/plain") < mail.index(b"text/html")


@pytest.mark.parametrize(
    ("replies", "word"),
    [
        ({"RCPT": "550 no such mailbox"}, Rejected),
        ({"RCPT": "450 greylisted"}, Unavailable),
        ({"MAIL": "421 busy"}, Unavailable),
        ({"DATA": "554 spam"}, Rejected),
        ({"END": "552 too large"}, Rejected),
        ({"END": None}, Unknown),
        ({"EHLO": None}, Unavailable),
    ],
)
def test_smtp_answers_have_one_word(replies: dict[str, str | None], word: type[ProviderError]) -> None:
    with mail_server(**replies) as server, pytest.raises(word):
        smtp_to(server).send(EMAIL)


def test_smtp_refused_sign_in_is_rejected() -> None:
    with mail_server(EHLO="250-hello\r\n250 AUTH PLAIN", AUTH="535 no") as server, pytest.raises(Rejected) as refusal:
        Smtp("127.0.0.1", server.server_address[1], "me", "wrong", "shop@example.in", QUICK).send(EMAIL)
    assert refusal.value.reason == "unauthorised"
    assert isinstance(refusal.value.__cause__, smtplib.SMTPAuthenticationError)


@pytest.mark.parametrize("address", ["a..b@example.in", "a(b@example.in", 'a"b@example.in', "आशा@example.in", "asha@उदाहरण.in"])
def test_smtp_an_address_that_cannot_be_written_is_rejected_and_nothing_leaves(address: str) -> None:
    with mail_server() as server, pytest.raises(Rejected):
        smtp_to(server).send(replace(EMAIL, to=address))
    assert server.mails == []


def test_smtp_away_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        Smtp("127.0.0.1", 1, "", "", "shop@example.in", QUICK).send(EMAIL)


def test_the_console_sends_nothing_and_shows_nobody() -> None:
    assert Console().send(EMAIL).provider_id == "0199"
    assert masked("asha@example.in") == "a***@example.in"
    assert masked("+919876543210") == "***3210"


def test_the_registry_knows_the_providers_of_the_settings() -> None:
    twilio = SendingAccount("twilio", {"account_sid": "AC1", "auth_token": "t", "phone_number": "+15005550006"})
    assert isinstance(sms_provider(twilio), Twilio)
    assert sms_provider(twilio) is sms_provider(twilio), "one client per thread and account"
    assert isinstance(email_provider(SendingAccount("console", {})), Console)
    assert isinstance(email_provider(SendingAccount("smtp", {})), Smtp)
    for make in (email_provider, sms_provider):
        with pytest.raises(ValueError, match="pigeon"):
            make(SendingAccount("pigeon", {}))


def test_each_thread_has_its_own_client_and_old_ones_give_way() -> None:
    mine, theirs = per_thread("key", object), []
    thread = threading.Thread(target=lambda: theirs.append(per_thread("key", object)))
    thread.start()
    thread.join()
    assert theirs[0] is not mine
    for number in range(MAX_CLIENTS):
        per_thread(number, object)
    assert per_thread("key", object) is not mine


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7.0),
        ({"retry-after": "86400"}, 600.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": format_datetime(machine_now() - timedelta(hours=1), usegmt=True)}, 0.0),
        ({"X-RateLimit-Reset": str(machine_now().timestamp() + 10_000)}, 600.0),
    ],
)
def test_the_wait_a_provider_asks_for_is_kept_within_ten_minutes(headers: dict[str, str], seconds: float | None) -> None:
    assert calls.retry_after_seconds(headers) == seconds


@pytest.fixture
def black_hole() -> Iterator[str]:
    """A server that takes every connection and every byte, and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as hole:
        yield f"http://127.0.0.1:{hole.getsockname()[1]}"


def test_ac35_a_black_hole_costs_the_read_limit_and_no_more(black_hole: str) -> None:
    assert calls.DEFAULT_TIMEOUTS.connect <= 5
    assert calls.DEFAULT_TIMEOUTS.read <= 15
    sms = OutgoingSms("0199", "+919876543210", "hello")
    attempts: list[Callable[[], object]] = [
        lambda: SendGrid("SG.x", "shop@example.in", black_hole, QUICK).send(EMAIL),
        lambda: Twilio("AC1", "token", "+15005550006", black_hole, QUICK).send(sms),
        lambda: Razorpay("rzp_test_x", "secret", black_hole, QUICK).create_order("att_1", 100_00, "INR", {}),
    ]
    for attempt in attempts:
        started = time.monotonic()
        with pytest.raises(Unknown) as error:
            attempt()
        assert error.value.reason == "timeout"
        assert QUICK.read <= time.monotonic() - started < 10 * QUICK.read
