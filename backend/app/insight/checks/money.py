"""Money in and money back, against the orders it is for. AC-07: nothing captured stays without an order or a refund."""

from app.insight.checks.frame import Check

# One row per payment: what came in and is not on its way back; and of that, what a bank took out of our hands in a dispute.
PAID = """
SELECT payment_id, sum(amount) AS captured_amount, sum(amount - refunded_amount) AS kept_amount, max(captured_at) AS last_at,
    coalesce((SELECT sum(d.deducted_amount) FROM disputes d WHERE d.payment_id = c.payment_id), 0) AS disputed_amount
FROM captures c GROUP BY payment_id
"""
_FAILED = "EXISTS (SELECT FROM refunds f WHERE f.payment_id = p.id AND f.status = 'failed')"
_SETTLE = (
    "The repair starts the refunds that are missing, by the one rule that all refunds follow; a second run finds nothing to do."
)

CHECKS = (
    Check(
        "captured_without_order",
        "Money that came in has a paid order, or is on its way back within half an hour.",
        "orders",
        f"""SELECT o.id, o.number, o.status, o.payment_status, paid.kept_amount AS amount, paid.last_at
        FROM orders o JOIN payments p ON p.order_id = o.id JOIN ({PAID}) paid ON paid.payment_id = p.id
        WHERE (o.payment_status <> 'paid' OR o.status = 'cancelled') AND paid.kept_amount > paid.disputed_amount
            AND NOT {_FAILED} AND paid.last_at < :now - interval '30 minutes'""",  # noqa: S608
        "{amount} came in for order {number}, which is {status} and {payment_status}, and none of it is on its way back.",
        "The repair confirms an order that waits for its payment; of any other, what is too much goes back.",
        is_repaired=True,
        is_cheap=True,
    ),
    Check(
        "over_paid",
        "Nobody has paid more than is owed, but for what is on its way back.",
        "orders",
        f"""SELECT o.id, o.number, o.total_amount - o.reduced_amount AS owed_amount, paid.kept_amount,
            paid.kept_amount - o.total_amount + o.reduced_amount AS amount
        FROM orders o JOIN payments p ON p.order_id = o.id JOIN ({PAID}) paid ON paid.payment_id = p.id
        WHERE o.payment_status = 'paid' AND o.status <> 'cancelled' AND NOT {_FAILED}
            AND paid.kept_amount - paid.disputed_amount > o.total_amount - o.reduced_amount""",  # noqa: S608
        "Order {number} costs {owed_amount} and keeps {kept_amount}: {amount} too much, and none of that is on its way back.",
        _SETTLE,
        is_repaired=True,
    ),
    Check(
        "under_paid",
        "A paid order keeps what it costs.",
        "orders",
        f"""SELECT o.id, o.number, o.total_amount - o.reduced_amount AS owed_amount, paid.kept_amount,
            o.total_amount - o.reduced_amount - paid.kept_amount AS amount
        FROM orders o JOIN payments p ON p.order_id = o.id JOIN ({PAID}) paid ON paid.payment_id = p.id
        WHERE o.payment_status = 'paid' AND o.status <> 'cancelled' AND paid.kept_amount < o.total_amount - o.reduced_amount
            """,  # noqa: S608
        "Order {number} costs {owed_amount} and keeps {kept_amount}: {amount} went back that was owed.",
        "See in explain who gave it back, and why; then either lower the order's price by as much, or ask the customer for it.",
    ),
    Check(
        "paid_without_capture",
        "A paid order has money in the books.",
        "orders",
        """SELECT o.id, o.number, o.total_amount - o.reduced_amount AS amount
        FROM orders o LEFT JOIN payments p ON p.order_id = o.id
        WHERE o.payment_status = 'paid' AND o.total_amount > o.reduced_amount
            AND NOT EXISTS (SELECT FROM captures c WHERE c.payment_id = p.id)""",
        "Order {number} of {amount} counts as paid, and no money for it is in the books.",
        "The repair asks the provider, and books what it has. If it has nothing, somebody marked it as paid by other means.",
        is_repaired=True,
    ),
    Check(
        "paid_but_waiting",
        "A paid order does not wait for its payment.",
        "orders",
        """SELECT o.id, o.number, o.total_amount AS amount FROM orders o
        WHERE o.status = 'pending_payment' AND o.payment_status = 'paid'""",
        "Order {number} is paid with {amount} and still waits for its payment.",
        "Both change in one transaction, so this was written past the application: confirm the order by hand, or restore it.",
        is_cheap=True,
    ),
    Check(
        "payment_status",
        "A payment is captured when one of its captures counts, and only then.",
        "payments",
        """SELECT p.id, p.status, p.amount FROM payments p
        WHERE (p.status = 'captured') <> EXISTS (SELECT FROM captures c WHERE c.payment_id = p.id AND c.is_counted)""",
        "A payment of {amount} is {status}, which its captures do not bear out.",
        "Both are written in one transaction: find out who wrote to the tables.",
    ),
    Check(
        "top_up_not_credited",
        "What was paid into a wallet is in it.",
        "captures",
        """SELECT c.id, c.provider_payment_id, c.amount FROM captures c JOIN payments p ON p.id = c.payment_id
        WHERE p.top_up_id IS NOT NULL
            AND NOT EXISTS (SELECT FROM wallet_movements m WHERE m.kind = 'top_up' AND m.cause_id = c.id)""",
        "{amount} was paid into a wallet ({provider_payment_id}), and is not in it.",
        "Both are written in one transaction: find out who wrote to the tables, and restore the wallet's statement.",
    ),
    Check(
        "approval_kept",
        "The rupee that approves a mandate goes back.",
        "captures",
        """SELECT c.id, c.provider_payment_id, c.amount - c.refunded_amount AS amount FROM captures c
        JOIN payments p ON p.id = c.payment_id
        WHERE p.mandate_id IS NOT NULL AND c.refunded_amount < c.amount AND c.captured_at < :now - interval '30 minutes'""",
        "{amount} that approved a mandate ({provider_payment_id}) is still here.",
        "The repair starts its refund.",
        severity="notice",
        is_repaired=True,
    ),
    Check(
        "debit_undecided",
        "A bank decides on a debit within three days.",
        "debits",
        """SELECT d.id, d.amount, d.created_at, o.number FROM debits d JOIN payment_attempts a ON a.id = d.attempt_id
        JOIN payments p ON p.id = a.payment_id LEFT JOIN orders o ON o.id = p.order_id
        WHERE d.status IN ('due', 'pending') AND d.created_at < app_now() - interval '3 days'""",
        "The bank has not decided since {created_at} on a debit of {amount} for order {number}.",
        "Ask the provider's support about this payment; no other debit is tried meanwhile.",
        severity="notice",
        is_cheap=True,
    ),
)
