"""Customers: create, fetch, list, edit. A token belongs to one."""

import unicodedata
from typing import Any

from starlette.responses import JSONResponse, Response

from sandbox.ids import razorpay_id
from sandbox.razorpay.entities import Entity, checked_notes, collection, insert, load, one_of, page, save
from sandbox.razorpay.errors import Razorpay, refuse_unknown, refused
from sandbox.wire import Wire, Work

wire = Wire(Razorpay())

NAME_CHARACTERS = (3, 50)
NAME_PUNCTUATION = " .'/@()"
CONTACT_CHARACTERS, CONTACT_DIGITS = 15, 8
EMAIL_CHARACTERS = 64
ACCEPTED = ("name", "contact", "email", "gstin", "notes")
NA: dict[str, Any] = {"source": "NA", "step": "NA", "reason": "NA"}
SAME_PERSON = (
    "kind = 'customer' AND account = ? AND json_extract(wire, '$.contact') IS ? AND json_extract(wire, '$.email') IS ?"
)


@wire.operation("customers.create", "POST", "/v1/customers")
def create(work: Work) -> Response:
    """One per contact and e-mail: a repeat is refused, unless `fail_existing` is the string "0"."""
    body = _body(work, (*ACCEPTED, "fail_existing"))
    facts = _checked(body)
    earlier = one_of(work.db, SAME_PERSON, (work.account.id, facts["contact"], facts["email"]))
    if earlier is not None and body.get("fail_existing") == "0":
        return JSONResponse(earlier.wire)
    if earlier is not None:
        raise refused("Customer already exists for the merchant", **NA)
    shown = {"id": razorpay_id("cust"), "entity": "customer", **facts, "created_at": work.now}
    return JSONResponse(insert(work.db, Entity(work.account.id, "customer", None, shown)).wire)


@wire.operation("customers.list", "GET", "/v1/customers")
def listing(work: Work) -> Response:
    return collection([customer.wire for customer in page(work.db, work.account.id, "customer", work.call.query)])


@wire.operation("customers.fetch", "GET", "/v1/customers/{customer_id}")
def fetch(work: Work) -> Response:
    return JSONResponse(_load(work).wire)


@wire.operation("customers.edit", "PUT", "/v1/customers/{customer_id}")
def edit(work: Work) -> Response:
    """What is not named stays."""
    customer = _load(work)
    facts = _checked({**{name: customer.wire[name] for name in ACCEPTED}, **_body(work, ACCEPTED)})
    earlier = one_of(work.db, SAME_PERSON, (work.account.id, facts["contact"], facts["email"]))
    if earlier is not None and earlier.id != customer.id:
        raise refused("Customer already exists for the merchant", **NA)
    customer.wire.update(facts)
    save(work.db, customer)
    return JSONResponse(customer.wire)


def _load(work: Work) -> Entity:
    return load(work.db, work.account.id, "customer", work.call.params["customer_id"])


def _body(work: Work, accepted: tuple[str, ...]) -> dict[str, Any]:
    body = work.call.body
    if not isinstance(body, dict):
        raise refused("The request body is not valid JSON")
    refuse_unknown(body, set(accepted))
    return body


def _checked(body: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": _name(body.get("name")),
        "email": _email(body.get("email")),
        "contact": _contact(body.get("contact")),
        "gstin": body.get("gstin"),
        "notes": checked_notes(body.get("notes")),
    }


def _name(name: Any) -> str | None:
    if name in (None, ""):
        return None
    least, most = NAME_CHARACTERS
    if not isinstance(name, str) or len(name) < least:
        raise refused(f"The name must be at least {least} characters.", field="name")
    if len(name) > most:
        raise refused(f"The name may not be greater than {most} characters.", field="name")
    if not all(char in NAME_PUNCTUATION or unicodedata.category(char)[0] in "LMN" for char in name):
        raise refused("The name format is invalid.", field="name")
    return name


def _email(email: Any) -> str | None:
    if email in (None, ""):
        return None
    if not isinstance(email, str) or email.count("@") != 1 or " " in email:
        raise refused("The email must be a valid email address.", field="email")
    if len(email) > EMAIL_CHARACTERS:
        raise refused(f"The email may not be greater than {EMAIL_CHARACTERS} characters.", field="email")
    return email


def _contact(contact: Any) -> str | None:
    """With its country code; ten digits alone are an Indian number."""
    if contact in (None, ""):
        return None
    text = str(contact)
    digits = text.removeprefix("+")
    facts: dict[str, Any] = {"field": "contact", "step": "NA", "reason": "invalid_contact_number"}
    if not digits.isascii() or not digits.isdigit():
        raise refused("Contact number contains invalid characters, only digits and + symbol are allowed", **facts)
    if len(digits) < CONTACT_DIGITS:
        raise refused(f"Contact number should be at least {CONTACT_DIGITS} digits, including country code", **facts)
    if len(text) > CONTACT_CHARACTERS:
        raise refused(f"Contact number should not be greater than {CONTACT_CHARACTERS} digits, including country code", **facts)
    return f"+91{digits}" if len(digits) == 10 and not text.startswith("+") else f"+{digits}"
