"""Twilio through its own library, and its callbacks through its own validator."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator

from tests.sandbox.receiver import Received
from tests.sandbox.world import FROM_NUMBER, World


def form(received: Received) -> dict[str, str]:
    return dict(parse_qsl(received.body, keep_blank_values=True))


def test_a_message_is_queued_then_delivered(world: World) -> None:
    message = world.text(body="Your code is 123456")
    assert re.fullmatch(r"SM[0-9a-f]{32}", message.sid)
    assert (message.status, message.direction, message.num_segments, message.num_media, message.price) == (
        "queued", "outbound-api", "1", "0", None,
    )  # fmt: skip
    assert message.date_sent is None
    assert message.date_created is not None
    fetched = world.twilio.messages(message.sid).fetch()
    assert (fetched.status, fetched.body, fetched.to, fetched.from_) == (
        "delivered", "Your code is 123456", "+919876543210", FROM_NUMBER,
    )  # fmt: skip
    assert fetched.date_sent is not None
    [kept] = world.get("/control/inbox", account=world.account_sid, to="9876543210", channel="sms")
    assert (kept["provider_id"], kept["text"], kept["status"]) == (message.sid, "Your code is 123456", "delivered")


def test_create_answers_201(world: World) -> None:
    answer = world.http.post(f"/2010-04-01/Accounts/{world.account_sid}/Messages.json",
                             auth=(world.account_sid, world.auth_token),
                             data={"To": "+919876543210", "From": FROM_NUMBER, "Body": "Hi"})  # fmt: skip
    assert answer.status_code == 201
    assert answer.json()["date_created"].endswith("+0000")


def test_sent_twice_is_delivered_twice(world: World) -> None:
    assert world.text().sid != world.text().sid
    assert len(world.get("/control/inbox", account=world.account_sid)) == 2


def test_callbacks_are_signed_over_the_whole_url(world: World) -> None:
    url = f"{world.receiver.url}/callbacks/twilio?message=m-1&x=%C3%A9"
    message = world.text(status_callback=url)
    received = world.receiver.wait(2)
    validator = RequestValidator(world.auth_token)
    for one in received:
        assert one.path == "/callbacks/twilio?message=m-1&x=%C3%A9"
        assert validator.validate(url, form(one), one.headers["x-twilio-signature"])
        assert not validator.validate(url, {**form(one), "MessageStatus": "failed"}, one.headers["x-twilio-signature"])
    by_status = {form(one)["MessageStatus"]: form(one) for one in received}
    assert set(by_status) == {"sent", "delivered"}  # never the first status
    for fields in by_status.values():
        assert (fields["MessageSid"], fields["SmsSid"], fields["AccountSid"]) == (message.sid, message.sid, world.account_sid)
    assert "RawDlrDoneDate" in by_status["delivered"]


def test_a_callback_is_tried_once_unless_the_url_asks_for_more(world: World) -> None:
    world.webhooks(account=world.account_sid, retry_seconds=[0.02])
    world.put("/control/receipts", {"account": world.account_sid, "mode": "hold"})
    for fragment, attempts in (("", 1), ("#rc=2&rp=all", 3)):
        before = len(world.receiver.received)
        world.receiver.statuses = [500] * attempts
        message = world.text(status_callback=f"{world.receiver.url}/sms{fragment}")
        world.post(f"/control/messages/{message.sid}/receipt", {"status": "sent"})
        world.receiver.wait(before + attempts)
    world.receiver.wait_until(lambda received: len(received) == 4)
    assert {one.path for one in world.receiver.received} == {"/sms"}


def test_held_receipts_are_reported_by_hand(world: World) -> None:
    world.put("/control/receipts", {"account": world.account_sid, "mode": "hold"})
    message = world.text(status_callback=f"{world.receiver.url}/sms")
    assert world.twilio.messages(message.sid).fetch().status == "queued"
    world.post(f"/control/messages/{message.sid}/receipt", {"status": "undelivered", "error_code": 30005})
    [callback] = world.receiver.wait(1)
    assert (form(callback)["MessageStatus"], form(callback)["ErrorCode"]) == ("undelivered", "30005")
    fetched = world.twilio.messages(message.sid).fetch()
    assert (fetched.status, fetched.error_code) == ("undelivered", 30005)


def test_a_messaging_service_accepts(world: World) -> None:
    message = world.twilio.messages.create(to="+919876543210", messaging_service_sid="MG" + "0" * 32, body="Hi")
    assert (message.status, message.messaging_service_sid) == ("accepted", "MG" + "0" * 32)


@pytest.mark.parametrize(
    ("to", "body", "code"),
    [("", "x", 21604), ("12345", "x", 21211), ("+91notanumber", "x", 21211), ("+919876543210", "", 21602),
     ("+919876543210", "x" * 1601, 21617), (FROM_NUMBER, "x", 21266)],
)  # fmt: skip
def test_a_bad_message_is_refused_and_not_kept(world: World, to: str, body: str, code: int) -> None:
    with pytest.raises(TwilioRestException) as refusal:
        world.text(to=to, body=body)
    assert (refusal.value.status, refusal.value.code) == (400, code)
    assert world.get("/control/inbox", account=world.account_sid) == []


@pytest.mark.parametrize(
    ("body", "segments"),
    [("a" * 160, "1"), ("a" * 161, "2"), ("आ" * 70, "1"), ("आ" * 71, "2"), ("₹" + "a" * 70, "2")],
)
def test_texts_are_counted_in_segments(world: World, body: str, segments: str) -> None:
    assert world.text(body=body).num_segments == segments


def test_a_wrong_token_is_20003(world: World) -> None:
    world.twilio.password = "wrong"
    world.twilio.auth = (world.account_sid, "wrong")
    with pytest.raises(TwilioRestException) as refusal:
        world.text()
    assert (refusal.value.status, refusal.value.code) == (401, 20003)


def test_an_unknown_message_is_20404(world: World) -> None:
    with pytest.raises(TwilioRestException) as refusal:
        world.twilio.messages("SM" + "0" * 32).fetch()
    assert (refusal.value.status, refusal.value.code) == (404, 20404)


def test_lists_filter_by_number_and_day_and_have_pages(world: World) -> None:
    sids = [world.text(to=f"+9198765432{number:02d}").sid for number in range(5)]
    listed = world.twilio.messages.list(page_size=2)
    assert [message.sid for message in listed] == list(reversed(sids))
    assert [message.sid for message in world.twilio.messages.list(to="+919876543203")] == [sids[3]]
    now = datetime.now(UTC)
    assert len(world.twilio.messages.list(date_sent_after=now - timedelta(minutes=5))) == 5
    assert world.twilio.messages.list(date_sent_after=now + timedelta(minutes=5)) == []
    assert world.twilio.messages.list(date_sent_before=now - timedelta(days=1)) == []
