"""Twilio's Messages resource: create, fetch, list."""

from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

from starlette.responses import JSONResponse, Response

from sandbox import messages
from sandbox.ids import hex_id
from sandbox.messages import Message
from sandbox.sms_checks import check, segments
from sandbox.sms_status import announce
from sandbox.twilio_errors import Twilio, error_answer
from sandbox.wire import Refused, Wire, Work

MESSAGES = "/2010-04-01/Accounts/{account_sid}/Messages"

wire = Wire(Twilio())


@wire.operation("messages.create", "POST", MESSAGES + ".json")
def create(work: Work) -> Response:
    """201. No idempotency key exists: asked twice, it sends twice."""
    form = work.call.body or {}
    problem = check(form)
    if problem:
        raise Refused(error_answer(400, *problem))
    service = form.get("MessagingServiceSid")
    first = "scheduled" if form.get("SendAt") and service else "accepted" if service else "queued"
    message = messages.insert(
        work.db,
        Message(
            account=work.account.id,
            channel="sms",
            provider_id=hex_id("SM"),
            recipient=form["To"],
            sender=form.get("From", ""),
            status=first,
            at=work.now,
            text=form.get("Body", ""),
            facts={"callback_url": form.get("StatusCallback"), "messaging_service_sid": service, "custom_args": {}},
        ),
    )
    answer = JSONResponse(entity(message), 201)
    if first != "scheduled" and messages.receipts_are_automatic(work.db, work.account.id):
        announce(work.db, work.account, message, ["sent", "delivered"], work.now)
    return answer


@wire.operation("messages.fetch", "GET", MESSAGES + "/{sid}.json")
def fetch(work: Work) -> Response:
    message = messages.find(work.db, work.call.params["sid"])
    if message is None or message.account != work.account.id or message.channel != "sms":
        raise Refused(error_answer(404, 20404, f"The requested resource {work.call.path} was not found"))
    return JSONResponse(entity(message))


@wire.operation("messages.list", "GET", MESSAGES + ".json")
def listing(work: Work) -> Response:
    """Filters To, From and DateSent (a day, UTC; also `DateSent<` and `DateSent>`), newest first, by pages."""
    query = work.call.query
    size, number = min(_number(query, "PageSize", 50), 1000), _number(query, "Page", 0)
    # The filters are few and the sandbox's lists short: they are applied here, before the page is cut.
    found = [
        message
        for message in messages.listing(work.db, channel="sms", account=work.account.id, limit=100_000)
        if _fits(message, query)
    ]
    shown = found[number * size : (number + 1) * size]

    def page_uri(page: int) -> str:
        return f"{work.call.path}?{urlencode({**query, 'PageSize': size, 'Page': page})}"

    return JSONResponse(
        {
            "messages": [entity(message) for message in shown],
            "page": number,
            "page_size": size,
            "start": number * size,
            "end": number * size + max(len(shown) - 1, 0),
            "uri": page_uri(number),
            "first_page_uri": page_uri(0),
            "previous_page_uri": page_uri(number - 1) if number else None,
            "next_page_uri": page_uri(number + 1) if len(found) > (number + 1) * size else None,
        }
    )


def entity(message: Message) -> dict[str, Any]:
    """As the API shows it: numbers of parts as strings, dates in RFC 2822."""
    uri = f"/2010-04-01/Accounts/{message.account}/Messages/{message.provider_id}"
    sent_at = message.facts.get("sent_at")
    return {
        "sid": message.provider_id,
        "account_sid": message.account,
        "api_version": "2010-04-01",
        "body": message.text,
        "date_created": rfc2822(message.at),
        "date_sent": rfc2822(sent_at) if sent_at else None,
        "date_updated": rfc2822(message.facts.get("updated_at", message.at)),
        "direction": "outbound-api",
        "error_code": message.error_code,
        "error_message": None,
        "from": message.sender or None,
        "messaging_service_sid": message.facts["messaging_service_sid"],
        "num_media": "0",
        "num_segments": str(segments(message.text)),
        "price": None,
        "price_unit": None,
        "status": message.status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": message.recipient,
        "uri": f"{uri}.json",
    }


def rfc2822(unix_seconds: int) -> str:
    return format_datetime(datetime.fromtimestamp(unix_seconds, UTC))


def _number(query: dict[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not text.isdecimal():
        raise Refused(error_answer(400, 20001, f"{name} must be a number"))
    return int(text)


def _fits(message: Message, query: dict[str, str]) -> bool:
    if query.get("To", message.recipient) != message.recipient or query.get("From", message.sender) != message.sender:
        return False
    wanted = {name: query[name] for name in ("DateSent", "DateSent<", "DateSent>") if name in query}
    if not wanted:
        return True
    if not message.facts.get("sent_at"):
        return False
    sent = datetime.fromtimestamp(message.facts["sent_at"], UTC)
    return all(_date_fits(name, sent, text) for name, text in wanted.items())


def _date_fits(name: str, sent: datetime, text: str) -> bool:
    """The SDK sends a day (2026-11-21) or an instant (2026-11-21T10:00:00Z)."""
    asked = datetime.fromisoformat(text) if "," not in text else parsedate_to_datetime(text)
    if len(text) == len("2026-11-21"):
        days = (sent.date() - asked.date()).days
        return {"DateSent": days == 0, "DateSent<": days <= 0, "DateSent>": days >= 0}[name]
    seconds = (sent - asked.replace(tzinfo=asked.tzinfo or UTC)).total_seconds()
    return {"DateSent": seconds == 0, "DateSent<": seconds <= 0, "DateSent>": seconds >= 0}[name]
