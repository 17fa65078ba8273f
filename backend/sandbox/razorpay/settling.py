"""Settling: what was captured and refunded becomes one transfer to the merchant's bank, with a line for each.

Settled is what the ledger says, so a refund counts from the moment it is processed, and payments that were given back
uncaptured never do: they were not the merchant's money. (When a pending refund leaves a settlement is not documented.)
"""

from dataclasses import dataclass, field
from typing import Any

from sandbox.ids import random_text, razorpay_id
from sandbox.razorpay.entities import Entity, insert, load, save, those
from sandbox.razorpay.errors import refused
from sandbox.razorpay.happening import Happening
from sandbox.razorpay.settlement_lines import adjustment_line, money_line
from sandbox.store import Db

UNSETTLED = "SELECT * FROM ledger WHERE account = ? AND at <= ? ORDER BY seq"


@dataclass(frozen=True)
class Mistakes:
    """What a test may have Razorpay do wrong, so that a reconciliation has something to find."""

    leave_out: list[str] = field(default_factory=list)  # entity ids that do not come in this settlement
    changed: dict[str, dict[str, int]] = field(default_factory=dict)  # per entity id: other fee, tax, credit, debit, amount
    amount_off: int = 0  # the transfer is this much more than its lines


def settle(happening: Happening, until: int, mistakes: Mistakes, shows_fees: bool) -> Entity:
    """Everything up to `until` that no settlement has yet; refused when the merchant is owed nothing for it."""
    db, account = happening.db, happening.merchant.id
    stamp = {"settled_at": happening.now, "settlement_id": razorpay_id("setl")}
    utr = f"{happening.now}{random_text(6).lower()}"
    lines = [money_line(db, row, utr) for row in _unsettled(db, account, until)]
    adjustments = [
        one
        for one in reversed(those(db, "kind = 'adjustment' AND account = ? AND created_at <= ?", (account, until)))
        if "settlement_id" not in one.hidden and one.id not in mistakes.leave_out
    ]
    lines += [adjustment_line(one) for one in adjustments]
    lines = [line | stamp | _changes(line, mistakes) for line in lines if line["entity_id"] not in mistakes.leave_out]
    amount = sum(line["credit"] - line["debit"] for line in lines) + mistakes.amount_off
    if amount <= 0:
        raise refused(f"There is nothing to settle: the lines come to {amount} paise.")
    for one in adjustments:
        one.hidden["settlement_id"] = stamp["settlement_id"]
        save(db, one)
    settlement = {
        "id": stamp["settlement_id"],
        "entity": "settlement",
        "amount": amount,
        "status": "processed",
        # The pages call these the totals of the payments settled, and say that they are 0 in a normal settlement.
        "fees": sum(line["fee"] for line in lines) if shows_fees else 0,
        "tax": sum(line["tax"] for line in lines) if shows_fees else 0,
        "utr": utr,
        "created_at": happening.now,
    }
    entity = insert(db, Entity(account, "settlement", None, settlement, {"lines": lines}))
    happening.note("settlement.processed", settlement=settlement)
    return entity


def lines_between(db: Db, account: str, since: int, before: int) -> list[dict[str, Any]]:
    """Of the settlements made in that time, earliest first."""
    made = those(db, "kind = 'settlement' AND account = ? AND created_at >= ? AND created_at < ?", (account, since, before))
    return [line for settlement in reversed(made) for line in settlement.hidden["lines"]]


def _unsettled(db: Db, account: str, until: int) -> list[Any]:
    settlements = those(db, "kind = 'settlement' AND account = ?", (account,))
    taken = {line["entity_id"] for settlement in settlements for line in settlement.hidden["lines"]}
    return [
        row
        for row in db.execute(UNSETTLED, (account, until)).fetchall()
        if (row["refund_id"] or row["payment_id"]) not in taken
        and load(db, account, "payment", row["payment_id"]).wire["captured"]
    ]


def _changes(line: dict[str, Any], mistakes: Mistakes) -> dict[str, int]:
    """Another fee changes the credit with it, unless that is named too."""
    changed = mistakes.changed.get(line["entity_id"], {})
    if "fee" in changed and line["type"] == "payment":
        return {"credit": line["amount"] - changed["fee"], **changed}
    return changed
