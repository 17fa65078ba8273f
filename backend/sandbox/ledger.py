"""The sandbox's own books: every capture and refund, appended when it happens. The tests' second witness."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from sandbox.box import TheBox
from sandbox.razorpay.entities import Entity, children, recent
from sandbox.rendering import render
from sandbox.store import Db

router = APIRouter(include_in_schema=False)
SHOWN_PAYMENTS, SHOWN_SETTLEMENTS = 200, 50


def append(
    db: Db,
    account: str,
    kind: str,
    payment_id: str,
    order_id: str | None,
    refund_id: str | None,
    amount: int,
    reason: str,
    at: int,
) -> None:
    db.execute(
        "INSERT INTO ledger (account, kind, payment_id, order_id, refund_id, amount, reason, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (account, kind, payment_id, order_id, refund_id, amount, reason, at),
    )


def listing(db: Db, account: str | None) -> dict[str, list[dict[str, Any]]]:
    rows = db.execute(
        "SELECT account, kind, payment_id, order_id, refund_id, amount, reason, at FROM ledger"
        " WHERE ? IS NULL OR account = ? ORDER BY seq",
        (account, account),
    ).fetchall()
    entries = [dict(row) for row in rows]
    return {
        "captures": [entry for entry in entries if entry["kind"] == "capture"],
        "refunds": [entry for entry in entries if entry["kind"] == "refund"],
    }


@router.get("/ledger")
def show(request: Request, box: TheBox, account: str | None = None) -> Response:
    with box.store.transaction() as db:
        payments = [_story(db, payment) for payment in recent(db, "payment", account, SHOWN_PAYMENTS)]
        settlements = [
            settlement.wire | {"account": settlement.account, "lines": len(settlement.hidden["lines"])}
            for settlement in recent(db, "settlement", account, SHOWN_SETTLEMENTS)
        ]
        books = listing(db, account)
    totals = {kind: sum(entry["amount"] for entry in entries) for kind, entries in books.items()}
    return render(request, "ledger.html", payments=payments, settlements=settlements, totals=totals, account=account)


def _story(db: Db, payment: Entity) -> dict[str, Any]:
    """A payment with what came after it, earliest first."""
    refunds = [refund.wire | {"why": refund.hidden["why"]} for refund in reversed(children(db, payment.id, "refund"))]
    disputes = [dispute.wire for dispute in reversed(children(db, payment.id, "dispute"))]
    return payment.wire | {"account": payment.account, "refunds": refunds, "disputes": disputes}
