"""States of a message, lengths of an SMS, addresses: pure functions."""

from itertools import permutations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.notifications.rules import (
    ADVANCES,
    OF_SENDGRID,
    OF_TWILIO,
    SENDGRID_IGNORED,
    MessageStatus,
    advance,
    normal_recipient,
    sms_segments,
)

S = MessageStatus


def told(start: MessageStatus, *words: MessageStatus) -> MessageStatus:
    for word in words:
        start = advance(start, word) or start
    return start


def test_receipts_in_any_order_and_number_end_in_the_same_state() -> None:
    for start in (S.SENDING, S.UNKNOWN, S.SENT):
        for order in permutations((S.SENT, S.DELIVERED, S.SENT, S.DELIVERED)):
            assert told(start, *order) is S.DELIVERED


def test_a_message_never_goes_back() -> None:
    for present, word in product(S, S):
        reached = advance(present, word)
        assert reached is None or present not in ADVANCES[reached], f"{present} → {word} could return"


def test_final_states_stay() -> None:
    for final, word in product((S.BOUNCED, S.FAILED, S.SUPPRESSED, S.CANCELLED), S):
        assert advance(final, word) is None


def test_every_state_says_where_it_may_go() -> None:
    assert set(ADVANCES) == set(S)


def test_every_word_of_the_providers_is_known() -> None:
    sendgrid = {"processed", "dropped", "delivered", "deferred", "bounce", "open", "click", "spamreport", "unsubscribe"}
    assert OF_SENDGRID.keys() | SENDGRID_IGNORED.keys() == sendgrid | {"group_unsubscribe", "group_resubscribe"}
    assert not OF_SENDGRID.keys() & SENDGRID_IGNORED.keys()
    twilio = {"accepted", "scheduled", "queued", "sending", "sent", "delivered", "undelivered", "failed", "canceled", "read"}
    assert OF_TWILIO.keys() == twilio


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("₹" + "a" * 69, 1),
        ("₹" + "a" * 70, 2),
        ("दूध" * 23, 1),
        ("🥛" * 35, 1),
        ("🥛" * 36, 2),
    ],
)
def test_an_sms_is_paid_in_parts(text: str, segments: int) -> None:
    assert sms_segments(text) == segments


@given(st.text(max_size=400), st.text(max_size=40))
def test_more_text_is_never_cheaper(text: str, more: str) -> None:
    assert sms_segments(text + more) >= sms_segments(text)


@pytest.mark.parametrize(
    ("channel", "to", "normal"),
    [
        ("sms", "+91 98765-43210", "+919876543210"),
        ("sms", "+91 (98765) 43210", "+919876543210"),
        ("sms", "9876543210", None),
        ("sms", "+0123456789", None),
        ("sms", "asha@example.in", None),
        ("email", " Asha.Rao@Example.IN ", "Asha.Rao@example.in"),
        ("email", "asha@localhost", None),
        ("email", "a@b.in, c@d.in", None),
        ("email", "a@b.in\nBcc: c@d.in", None),
        ("email", "x" * 250 + "@b.in", None),
    ],
)
def test_an_address_has_one_spelling_or_is_none(channel: str, to: str, normal: str | None) -> None:
    assert normal_recipient(channel, to) == normal
