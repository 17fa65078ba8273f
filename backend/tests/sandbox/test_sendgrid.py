"""SendGrid through its own library, and its event webhook through its own verifier."""

import json
from typing import Any

import pytest
from python_http_client.exceptions import BadRequestsError, UnauthorizedError
from sendgrid import SendGridAPIClient
from sendgrid.helpers.eventwebhook import EventWebhook

from tests.sandbox.receiver import Received
from tests.sandbox.world import World

MAIL: dict[str, Any] = {
    "personalizations": [{"to": [{"email": "asha@example.in"}]}], "from": {"email": "shop@example.in"},
    "subject": "Hello", "content": [{"type": "text/plain", "value": "Text"}, {"type": "text/html", "value": "<p>Html</p>"}],
}  # fmt: skip


def verified(world: World, received: Received) -> list[dict[str, Any]]:
    headers = received.headers
    signature = headers["x-twilio-email-event-webhook-signature"]
    timestamp = headers["x-twilio-email-event-webhook-timestamp"]
    verifier = EventWebhook(world.public_key)
    assert verifier.verify_signature(received.body, signature, timestamp)
    assert not verifier.verify_signature(received.body + " ", signature, timestamp)
    events: list[dict[str, Any]] = json.loads(received.body)
    return events


def test_a_mail_is_accepted_with_an_empty_answer_and_lands_in_the_inbox(world: World) -> None:
    answer = world.mail(message_id="m-1")
    assert (answer.status_code, answer.body) == (202, b"")
    [message] = world.get("/control/inbox", account=world.api_key)
    assert message["provider_id"] == answer.headers["X-Message-Id"]
    assert (message["to"], message["from"], message["subject"], message["text"], message["html"]) == (
        "asha@example.in", "shop@example.in", "Your order", "Thank you", "<p>Thank <b>you</b></p>",
    )  # fmt: skip
    assert (message["channel"], message["status"], message["custom_args"]) == ("email", "delivered", {"message_id": "m-1"})


def test_sent_twice_is_delivered_twice(world: World) -> None:
    world.mail(message_id="m-1")
    world.mail(message_id="m-1")
    assert len(world.get("/control/inbox", account=world.api_key)) == 2


def test_events_come_as_one_signed_array_with_flat_custom_arguments(world: World) -> None:
    answer = world.mail(message_id="m-1")
    [received] = world.receiver.wait(1)
    events = verified(world, received)
    assert [event["event"] for event in events] == ["processed", "delivered"]
    for event in events:
        assert (event["email"], event["message_id"]) == ("asha@example.in", "m-1")
        assert event["sg_message_id"].startswith(answer.headers["X-Message-Id"] + ".")
    assert len({event["sg_event_id"] for event in events}) == 2
    assert events[1]["response"] == "250 OK"


def test_every_recipient_gets_a_copy_and_an_event(world: World) -> None:
    mail = {**MAIL, "custom_args": {"a": "all"}, "categories": ["news"], "personalizations": [
        {"to": [{"email": "a@example.in"}], "cc": [{"email": "c@example.in"}], "custom_args": {"n": "1"}},
        {"to": [{"email": "b@example.in"}], "subject": "For b"},
    ]}  # fmt: skip
    world.sendgrid.client.mail.send.post(request_body=mail)
    found = {message["to"]: message for message in world.get("/control/inbox", account=world.api_key)}
    assert set(found) == {"a@example.in", "b@example.in", "c@example.in"}
    assert found["c@example.in"]["custom_args"] == {"a": "all", "n": "1"}
    assert found["b@example.in"]["subject"] == "For b"
    events = verified(world, world.receiver.wait(1)[0])
    assert len(events) == 6
    assert {event["category"] for event in events} == {"news"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"personalizations": []}, "personalizations"),
        ({"personalizations": [{"to": []}]}, "personalizations.0.to"),
        ({"personalizations": [{"to": [{"email": "nobody"}]}]}, "personalizations.0.to.0.email"),
        ({"personalizations": [{"to": [{"email": "a@b.in"}], "cc": [{"email": "A@b.in"}]}]}, "personalizations.0"),
        ({"from": {}}, "from.email"),
        ({"subject": ""}, "subject"),
        ({"content": []}, "content"),
        ({"content": [{"type": "text/plain", "value": ""}]}, "content.0.value"),
        ({"content": list(reversed(MAIL["content"]))}, "content"),
    ],
)
def test_a_bad_mail_is_refused_with_its_field_and_not_kept(world: World, change: dict[str, Any], field: str) -> None:
    with pytest.raises(BadRequestsError) as refusal:
        world.sendgrid.client.mail.send.post(request_body={**MAIL, **change})
    [error] = json.loads(refusal.value.body)["errors"]
    assert (error["field"], error["help"]) == (field, None)
    assert error["message"]
    assert world.get("/control/inbox", account=world.api_key) == []
    refusal.value.__traceback__ = None


def test_an_unknown_key_is_401(world: World) -> None:
    with pytest.raises(UnauthorizedError) as refusal:
        SendGridAPIClient("SG.unknown.key", host=world.url).client.mail.send.post(request_body=MAIL)
    assert "authorization grant is invalid" in refusal.value.to_dict["errors"][0]["message"]


def test_other_content_types_are_415_and_sandbox_mode_sends_nothing(world: World) -> None:
    key = {"Authorization": f"Bearer {world.api_key}"}
    assert world.http.post("/v3/mail/send", headers=key, data={"a": "b"}).status_code == 415
    quiet = {**MAIL, "mail_settings": {"sandbox_mode": {"enable": True}}}
    assert world.http.post("/v3/mail/send", headers=key, json=quiet).status_code == 200
    assert world.get("/control/inbox", account=world.api_key) == []


def test_held_receipts_are_reported_by_hand(world: World) -> None:
    world.put("/control/receipts", {"account": world.api_key, "mode": "hold"})
    world.mail(message_id="m-1")
    [message] = world.get("/control/inbox", account=world.api_key)
    assert message["status"] == "accepted"
    assert world.events(world.api_key) == []
    world.post(f"/control/messages/{message['provider_id']}/receipt", {"status": "bounce"})
    [event] = verified(world, world.receiver.wait(1)[0])
    assert (event["event"], event["type"], event["status"], event["message_id"]) == ("bounce", "bounce", "5.1.1", "m-1")
    assert world.get(f"/control/inbox/{message['id']}")["status"] == "bounce"


def test_reactions_leave_a_mail_delivered(world: World) -> None:
    world.mail()
    [message] = world.get("/control/inbox", account=world.api_key)
    world.post(f"/control/messages/{message['id']}/receipt", {"status": "spamreport"})
    world.receiver.wait(2)
    assert world.get(f"/control/inbox/{message['id']}")["status"] == "delivered"
    wrong = world.http.post(f"/control/messages/{message['id']}/receipt", json={"status": "undelivered"})
    assert wrong.status_code == 422


def test_the_signing_key_is_kept_or_chosen(world: World) -> None:
    from sandbox.webhooks.signing import new_signing_key, public_key

    assert world.get("/control/sendgrid/accounts", api_key=world.api_key)["public_key"] == world.public_key
    same = world.put("/control/sendgrid/accounts", {"api_key": world.api_key})
    assert same["public_key"] == world.public_key
    chosen = new_signing_key()
    changed = world.put("/control/sendgrid/accounts", {"api_key": world.api_key, "signing_key_pem": chosen})
    assert changed["public_key"] == public_key(chosen)
    wrong = {"api_key": world.api_key, "signing_key_pem": "no key"}
    assert world.http.put("/control/sendgrid/accounts", json=wrong).status_code == 422
    assert world.http.get("/control/sendgrid/accounts", params={"api_key": "SG.no.no"}).status_code == 404
