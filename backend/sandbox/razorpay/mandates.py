"""A customer's standing permission to debit, which Razorpay shows as a token: how it comes to be, rests and ends.

initiated -> confirmed | rejected; confirmed <-> paused; confirmed, paused -> cancelled. The customer moves it in the bank
app, the merchant may only cancel it, and forgetting the token (DELETE) leaves the mandate itself alive at the bank.
"""

from typing import Any

from sandbox.ids import random_text, razorpay_id
from sandbox.razorpay import banking
from sandbox.razorpay.entities import Entity, insert, load, save
from sandbox.razorpay.errors import refused
from sandbox.razorpay.happening import Happening
from sandbox.razorpay.instruments import Instrument
from sandbox.razorpay.terms import YEAR_SECONDS, Terms
from sandbox.store import Db
from sandbox.transitions import Step, act, plan

# verb -> (states it is possible in, the state it leads to)
MOVES: dict[str, tuple[tuple[str, ...], str]] = {
    "confirm": (("initiated",), "confirmed"),
    "reject": (("initiated",), "rejected"),
    "pause": (("confirmed",), "paused"),
    "resume": (("paused",), "confirmed"),
    "cancel": (("confirmed", "paused"), "cancelled"),
}
EVENTS = {verb: f"token.{state}" for verb, (_, state) in MOVES.items()} | {"resume": "token.resumed"}
# Not part of the token in webhooks, as documented there.
ONLY_FETCHED = ("max_amount", "expired_at")
# Why a mandate in this state is not debited.
NOT_DEBITABLE = {
    "initiated": "mandate_not_active",
    "rejected": "mandate_not_active",
    "paused": "mandate_paused",
    "cancelled": "mandate_cancelled",
    "expired": "mandate_expired",
}


def start(happening: Happening, terms: Terms, instrument: Instrument) -> Entity:
    """The customer was asked; the bank has not answered."""
    username, _, handle = (instrument.detail or "success@razorpay").partition("@")
    is_upi = terms.method == "upi"
    shown: dict[str, Any] = {
        "id": razorpay_id("token"),
        "entity": "token",
        "token": random_text(14),
        "bank": None,
        "wallet": None,
        "method": terms.method,
        **({"vpa": {"username": username, "handle": handle or "upi", "name": None}} if is_upi else {}),
        **({} if is_upi else {"card": _card(instrument)}),
        "recurring": True,
        "recurring_details": {"status": "initiated", "failure_reason": None},
        "auth_type": None,
        "mrn": None,
        "used_at": happening.now,
        "created_at": happening.now,
        "start_time": happening.now,
        "max_amount": terms.max_amount,
        "expired_at": terms.expire_at,
        "dcc_enabled": False,
    }
    hidden = {"customer_id": terms.customer_id, "frequency": terms.frequency, "instrument": instrument.remembered()}
    return insert(happening.db, Entity(happening.merchant.id, "token", terms.customer_id, shown, hidden))


def approved(happening: Happening, max_amount: int) -> Entity:
    """A customer and the UPI mandate they approved some time ago."""
    shown = {"id": razorpay_id("cust"), "entity": "customer", "name": "Asha Rao", "contact": None, "email": None}
    customer = insert(
        happening.db,
        Entity(happening.merchant.id, "customer", None, {**shown, "gstin": None, "notes": [], "created_at": happening.now}),
    )
    terms = Terms(customer.id, "upi", max_amount, happening.now + 10 * YEAR_SECONDS, "as_presented", None, None)
    token = start(happening, terms, Instrument("upi"))
    token.wire["recurring_details"] = {"status": "confirmed", "failure_reason": None}
    save(happening.db, token)
    return token


def move(happening: Happening, token: Entity, verb: str, failure_reason: str | None = None) -> None:
    """Refused where the mandate's state does not allow it. A token that Razorpay has forgotten tells nobody."""
    allowed, state = MOVES[verb]
    if state_of(token) not in allowed:
        raise refused(f"A mandate can be moved by {verb} only when {' or '.join(allowed)}; this one is {state_of(token)}")
    if verb in ("pause", "resume") and token.wire["method"] != "upi":
        raise refused("Only UPI mandates can be paused and resumed")
    token.wire["recurring_details"] = {"status": state, "failure_reason": failure_reason}
    save(happening.db, token)
    if not is_forgotten(token):
        happening.note(EVENTS[verb], token={name: fact for name, fact in token.wire.items() if name not in ONLY_FETCHED})


def confirm_in_time(happening: Happening, token: Entity) -> None:
    """Now, or after the bank's delay."""
    delay = banking.of(happening.db, happening.merchant.id).token_delay_seconds
    if delay:
        plan(happening.db, happening.merchant.id, happening.now + delay, "token.confirm", token.id)
    else:
        move(happening, token, "confirm")


def cancel_in_time(happening: Happening, token: Entity) -> None:
    """The merchant asked for it: the bank carries it out now, or after a while."""
    delay = banking.of(happening.db, happening.merchant.id).cancel_seconds
    if delay:
        plan(happening.db, happening.merchant.id, happening.now + delay, "token.cancel", token.id)
    else:
        move(happening, token, "cancel")


@act("token.confirm")
def _confirm(step: Step) -> None:
    _move_when_due(step, "confirm")


@act("token.cancel")
def _cancel(step: Step) -> None:
    _move_when_due(step, "cancel")


def _move_when_due(step: Step, verb: str) -> None:
    """Something else may have happened to it meanwhile; then nothing does now."""
    token = load(step.db, step.account.id, "token", step.entity_id)
    if state_of(token) in MOVES[verb][0]:
        happening = Happening(step.db, step.account, step.at)
        move(happening, token, verb)
        happening.publish()


def load_token(db: Db, account: str, token_id: str) -> Entity:
    """As the API sees it: a forgotten one does not exist."""
    token = load(db, account, "token", token_id)
    if is_forgotten(token):
        raise refused("The id provided does not exist")
    return token


def forget(db: Db, token: Entity) -> None:
    """Gone from Razorpay; the mandate stays as it is at the bank, and in the customer's bank app."""
    token.hidden["forgotten"] = True
    save(db, token)


def is_forgotten(token: Entity) -> bool:
    return bool(token.hidden.get("forgotten"))


def state_of(token: Entity) -> str:
    return str(token.wire["recurring_details"]["status"])


def why_not_debitable(token: Entity, now: int) -> str | None:
    """The reason, or None when the mandate is live."""
    if state_of(token) != "confirmed":
        return NOT_DEBITABLE[state_of(token)]
    return NOT_DEBITABLE["expired"] if token.wire["expired_at"] <= now else None


def _card(instrument: Instrument) -> dict[str, Any]:
    card = instrument.card(None) or {}
    return {name: fact for name, fact in card.items() if name != "id"} | {"expiry_month": 12, "expiry_year": 2035}
