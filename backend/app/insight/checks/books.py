"""The ledger against the facts it is made of: each capture and refund is booked once, at its amount, in its account."""

from app.insight.checks.frame import Check

_RESTORE = "The application books money in the transaction that learns of it: find out who wrote to the tables, and restore it."
# The account at which money arrives, by where it came from. Cash is with a rider, or in the till.
_ARRIVES = """CASE c.source WHEN 'razorpay' THEN a.code = 'razorpay' WHEN 'bank' THEN a.code = 'bank'
    WHEN 'wallet' THEN a.code LIKE 'wallet:%' ELSE a.code IN ('cash', 'cash_with_riders') END"""

CHECKS = (
    Check(
        "capture_not_booked",
        "Money that came in is in the ledger, once.",
        "captures",
        """SELECT c.id, c.provider_payment_id, c.amount, coalesce(t.amount, 0) AS booked_amount FROM captures c
        LEFT JOIN transfers t ON t.kind = 'capture' AND t.cause_id = c.id WHERE t.amount IS DISTINCT FROM c.amount""",
        "Payment {provider_payment_id} of {amount} is in the ledger with {booked_amount}.",
        _RESTORE,
    ),
    Check(
        "refund_not_booked",
        "Money that went back is in the ledger, once; money that did not is not.",
        "refunds",
        """SELECT r.id, r.receipt, r.status, r.amount, coalesce(t.amount, 0) AS booked_amount FROM refunds r
        LEFT JOIN (SELECT cause_id, sum(CASE kind WHEN 'refund' THEN amount ELSE -amount END) AS amount FROM transfers
            WHERE kind IN ('refund', 'refund_failed') GROUP BY cause_id) t ON t.cause_id = r.id
        WHERE coalesce(t.amount, 0) <> CASE r.status WHEN 'processed' THEN r.amount ELSE 0 END""",
        "Refund {receipt} of {amount} is {status}, and in the ledger with {booked_amount}.",
        _RESTORE,
    ),
    Check(
        "booked_without_cause",
        "Nothing is booked as a capture or a refund that is none.",
        "transfers",
        """SELECT t.id, t.kind, t.amount FROM transfers t
        WHERE t.kind = 'capture' AND NOT EXISTS (SELECT FROM captures c WHERE c.id = t.cause_id)
            OR t.kind IN ('refund', 'refund_failed') AND NOT EXISTS (SELECT FROM refunds r WHERE r.id = t.cause_id)""",
        "The ledger has a {kind} of {amount} that belongs to nothing.",
        _RESTORE,
    ),
    Check(
        "booked_elsewhere",
        "Money is booked where it is: at the provider, in the wallet, with the rider, at the bank.",
        "captures",
        f"""SELECT c.id, c.provider_payment_id, c.source, a.code, c.amount FROM captures c
        JOIN transfers t ON t.kind = 'capture' AND t.cause_id = c.id JOIN ledger_accounts a ON a.id = t.debit_account_id
        WHERE NOT {_ARRIVES}""",  # noqa: S608
        "Payment {provider_payment_id} of {amount} came by {source} and is booked on {code}.",
        "Correct it by a transfer from the one account to the other, with the reason; the ledger itself is only ever added to.",
    ),
)
