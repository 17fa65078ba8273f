"""Our books against the provider's: what it pays out, what customers dispute, and whether it still tells us."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session

from app.insight import webhooks
from app.insight.checks.frame import Check

_OPEN = "('open', 'under_review', 'action_required')"
_AGAIN = "Once it is mended the next reconciliation matches it by itself (`rozana payments reconcile` does at once)."


def _silent(session: Session, now: datetime) -> Sequence[Mapping[str, Any]]:
    since = webhooks.silent_since(session, now)
    return [] if since is None else [{"id": None, "amount": None, "since": since}]


CHECKS = (
    Check(
        "provider_balance",
        "Beside what came in and went back, the ledger moves at the provider what settlements and disputes say.",
        "ledger_accounts",
        """SELECT a.id, booked.amount AS booked_amount, told.amount AS told_amount, booked.amount - told.amount AS amount
        FROM ledger_accounts a,
            (SELECT coalesce(sum(CASE WHEN d.code = 'razorpay' THEN t.amount ELSE -t.amount END), 0) AS amount
            FROM transfers t JOIN ledger_accounts d ON d.id = t.debit_account_id
            JOIN ledger_accounts c ON c.id = t.credit_account_id
            WHERE 'razorpay' IN (d.code, c.code) AND t.kind NOT IN ('capture', 'refund', 'refund_failed')) booked,
            (SELECT -(SELECT coalesce(sum(amount), 0) FROM settlements WHERE status = 'processed' AND amount > 0)
                - (SELECT coalesce(sum(fee_amount), 0) FROM settlement_lines WHERE settlement_id IS NOT NULL)
                - (SELECT coalesce(sum(deducted_amount), 0) FROM disputes WHERE status <> 'won') AS amount) told
        WHERE a.code = 'razorpay' AND booked.amount <> told.amount""",
        "At the provider, {booked_amount} is booked for settlements, fees and disputes, and these come to {told_amount}.",
        "Compare the ledger's account razorpay with the provider's balance line by line, and book what is missing.",
    ),
    Check(
        "settlement_line",
        "Every line of the provider's settlements fits our books.",
        "settlement_lines",
        """SELECT id, entity_id, kind, problem, greatest(credit_amount, debit_amount) AS amount FROM settlement_lines
        WHERE problem IS NOT NULL""",
        "The {kind} {entity_id} of {amount} in the provider's settlements does not fit our books: {problem}.",
        f"`rozana payments settlements` says what to do about each. {_AGAIN}",
    ),
    Check(
        "settlement_sum",
        "A settlement is what its lines come to.",
        "settlements",
        """SELECT s.id, s.provider_settlement_id, s.amount AS paid_amount, coalesce(l.amount, 0) AS lines_amount,
            s.amount - coalesce(l.amount, 0) AS amount
        FROM settlements s LEFT JOIN (SELECT settlement_id, sum(credit_amount - debit_amount) AS amount FROM settlement_lines
            GROUP BY settlement_id) l ON l.settlement_id = s.id
        WHERE s.made_at < :now - interval '2 days' AND s.amount <> coalesce(l.amount, 0)""",
        "Settlement {provider_settlement_id} paid {paid_amount}, its lines come to {lines_amount}.",
        f"Read the report of its day again; what is missing then is the provider's to explain. {_AGAIN}",
    ),
    Check(
        "capture_not_settled",
        "What the provider took is paid out within a week.",
        "captures",
        """SELECT c.id, c.provider_payment_id, c.captured_at, c.amount FROM captures c
        WHERE c.source = 'razorpay' AND c.captured_at < :now - interval '7 days'
            AND NOT EXISTS (SELECT FROM settlement_lines l WHERE l.capture_id = c.id AND l.settlement_id IS NOT NULL)
            AND EXISTS (SELECT FROM settlements s WHERE s.made_at > c.captured_at + interval '5 days')""",
        "Payment {provider_payment_id} of {amount}, taken at {captured_at}, is in no settlement, and later ones are.",
        "Ask the provider: it may be on hold. Name the payment.",
        severity="notice",
    ),
    Check(
        "dispute_due",
        "Evidence in a dispute is sent in time.",
        "disputes",
        f"""SELECT d.id, d.provider_dispute_id, d.respond_by, d.amount, o.number FROM disputes d
        JOIN payments p ON p.id = d.payment_id LEFT JOIN orders o ON o.id = p.order_id
        WHERE d.status IN {_OPEN} AND d.respond_by < :now + interval '2 days'""",  # noqa: S608
        "Dispute {provider_dispute_id} over {amount} of order {number} is lost without evidence by {respond_by}.",
        "Send the proof of delivery and the invoice in the provider's dashboard, or accept it there.",
        is_cheap=True,
    ),
    Check(
        "disputes_held",
        "What the ledger holds for disputes is what was deducted for open ones.",
        "ledger_accounts",
        f"""SELECT a.id, booked.amount AS booked_amount, open.amount AS open_amount, booked.amount - open.amount AS amount
        FROM ledger_accounts a, (SELECT coalesce(sum(deducted_amount), 0) AS amount FROM disputes WHERE status IN {_OPEN}) open,
            (SELECT coalesce(sum(CASE WHEN d.code = 'disputes_held' THEN t.amount ELSE -t.amount END), 0) AS amount
            FROM transfers t JOIN ledger_accounts d ON d.id = t.debit_account_id
            JOIN ledger_accounts c ON c.id = t.credit_account_id WHERE 'disputes_held' IN (d.code, c.code)) booked
        WHERE a.code = 'disputes_held' AND booked.amount <> open.amount""",  # noqa: S608
        "The ledger holds {booked_amount} for disputes, open ones come to {open_amount}.",
        "Compare the disputes with the provider's dashboard, and book what is missing with its reason.",
    ),
    Check(
        "webhooks_silent",
        "The provider tells us of the money that comes.",
        "provider_accounts",
        _silent,
        "Since {since} money came of which no webhook told.",
        "Switch the webhook on again in the provider's dashboard; `rozana payments backfill` then finds what else was missed.",
        is_cheap=True,
    ),
)
