"""What a customer sees and does in the bank app: every mandate with its debits, and the three buttons."""

from typing import Any

from sandbox import accounts, clock
from sandbox.razorpay import debits, mandates
from sandbox.razorpay.entities import Entity, load, one_of, those
from sandbox.razorpay.happening import Happening
from sandbox.razorpay.terms import IN_WORDS
from sandbox.store import Db

SHOWN_MANDATES, SHOWN_DEBITS = 100, 12
SHOWN_OF_A_DEBIT = ("id", "order_id", "amount", "status", "error_reason", "created_at")


def move(db: Db, token_id: str, verb: str) -> Entity | None:
    """The customer pauses, resumes or cancels, with its webhook; None when there is no such mandate."""
    token = one_of(db, "kind = 'token' AND id = ?", (token_id,))
    if token is None:
        return None
    happening = Happening(db, accounts.get(db, "razorpay", token.account), clock.now(db, token.account))
    mandates.move(happening, token, verb)
    happening.publish()
    return token


def listing(db: Db, account: str | None) -> list[Entity]:
    """Newest first, also those that Razorpay has forgotten: the bank has not."""
    return those(db, "kind = 'token' AND (? IS NULL OR account = ?)", (account, account))


def facts(db: Db, token: Entity) -> dict[str, Any]:
    """The mandate and its debits, for tests."""
    return {
        **token.wire,
        "account": token.account,
        "customer_id": token.parent,
        "frequency": token.hidden["frequency"],
        "forgotten": mandates.is_forgotten(token),
        "debits": _debits(db, token),
    }


def sheet(db: Db, token: Entity) -> dict[str, Any]:
    """The mandate as the customer sees it."""
    customer = load(db, token.account, "customer", str(token.parent)).wire
    made = _debits(db, token)
    return {
        "id": token.id,
        "account": token.account,
        "payee": accounts.get(db, "razorpay", token.account).facts["name"],
        "person": customer["name"] or customer["contact"] or customer["email"] or customer["id"],
        "paid_from": _source(token),
        "limit": token.wire["max_amount"],
        "frequency": IN_WORDS[token.hidden["frequency"]],
        "valid_until": token.wire["expired_at"],
        "state": mandates.state_of(token),
        "forgotten": mandates.is_forgotten(token),
        "buttons": [
            verb
            for verb in ("resume", "pause", "cancel")
            if mandates.state_of(token) in mandates.MOVES[verb][0] and (verb == "cancel" or token.wire["method"] == "upi")
        ],
        "announced": _announced(db, token),
        "debits": made[:SHOWN_DEBITS],
        "older": len(made[SHOWN_DEBITS:]),
    }


def _source(token: Entity) -> str:
    if token.wire["method"] == "upi":
        return "UPI {username}@{handle}".format(**token.wire["vpa"])
    return "{network} card ending {last4}".format(**token.wire["card"])


def _debits(db: Db, token: Entity) -> list[dict[str, Any]]:
    return [{name: debit.wire[name] for name in SHOWN_OF_A_DEBIT} for debit in debits.of_token(db, token)]


def _announced(db: Db, token: Entity) -> list[dict[str, Any]]:
    """Debits the customer was told of and that were not tried yet, earliest first."""
    rows = db.execute(
        "SELECT json_extract(orders.wire, '$.amount') AS amount, json_extract(entities.wire, '$.payment_after') AS not_before"
        " FROM entities JOIN entities AS orders ON orders.id = entities.parent"
        " WHERE entities.kind = 'notification' AND entities.account = ? AND json_extract(entities.wire, '$.token_id') = ?"
        " AND json_extract(entities.wire, '$.status') = 'delivered' AND json_extract(orders.wire, '$.status') = 'created'"
        " ORDER BY not_before",
        (token.account, token.id),
    )
    return [dict(row) for row in rows]
