"""Money on its way back: no more than came in, and none that never arrives."""

from app.insight.checks.frame import Check
from app.insight.checks.money import PAID

CHECKS = (
    Check(
        "refunded_amount",
        "What a capture counts as given back is what its refunds come to.",
        "captures",
        """SELECT c.id, c.provider_payment_id, c.refunded_amount, coalesce(r.amount, 0) AS refunds_amount,
            c.refunded_amount - coalesce(r.amount, 0) AS amount
        FROM captures c LEFT JOIN (SELECT capture_id, sum(amount) AS amount FROM refunds
            WHERE status <> 'failed' GROUP BY capture_id) r ON r.capture_id = c.id
        WHERE c.refunded_amount <> coalesce(r.amount, 0) AND coalesce(r.amount, 0) <= c.amount""",
        "Payment {provider_payment_id} counts {refunded_amount} as given back, its refunds come to {refunds_amount}.",
        "Both are written in one transaction: find out who wrote to the tables before any more is refunded.",
    ),
    Check(
        "refunds_over_capture",
        "No more goes back than came in, what is on its way included.",
        "captures",
        """SELECT c.id, c.provider_payment_id, c.amount AS captured_amount, r.amount AS refunds_amount,
            r.amount - c.amount AS amount
        FROM captures c JOIN (SELECT capture_id, sum(amount) AS amount FROM refunds
            WHERE status <> 'failed' GROUP BY capture_id) r ON r.capture_id = c.id
        WHERE r.amount > c.amount""",
        "Of payment {provider_payment_id} came {captured_amount}, and {refunds_amount} of refunds are made or on their way.",
        "Somebody gave back at the provider what had gone back in another way: explain of the order names both. Ask for it, or "
        "write it off.",
    ),
    Check(
        "refund_failed",
        "A refund that failed is made good in another way.",
        "orders",
        f"""SELECT o.id, o.number, f.failure_reason, f.refund_id, paid.kept_amount
            - CASE WHEN o.status = 'cancelled' THEN 0 ELSE o.total_amount - o.reduced_amount END AS amount
        FROM (SELECT DISTINCT ON (payment_id) payment_id, failure_reason, id AS refund_id FROM refunds
            WHERE status = 'failed' ORDER BY payment_id, id DESC) f
        JOIN payments p ON p.id = f.payment_id JOIN orders o ON o.id = p.order_id JOIN ({PAID}) paid ON paid.payment_id = p.id
        WHERE paid.kept_amount - paid.disputed_amount
            > CASE WHEN o.status = 'cancelled' THEN 0 ELSE o.total_amount - o.reduced_amount END
            """,  # noqa: S608
        "{amount} of order {number} could not be given back ({failure_reason}), and no other refund is on its way. "
        "Refund {refund_id} was the last.",
        "Ask the customer for another way, and redirect the refund (POST /api/v1/refunds/ID/redirect, or in the shop's back "
        "office): into the wallet, or paid by hand. The repair tries the same way once more.",
        is_repaired=True,
    ),
    Check(
        "refund_slow",
        "A refund arrives within ten days.",
        "refunds",
        """SELECT r.id, r.receipt, r.created_at, r.amount, o.number FROM refunds r
        JOIN payments p ON p.id = r.payment_id LEFT JOIN orders o ON o.id = p.order_id
        WHERE r.status = 'pending' AND r.created_at < app_now() - interval '10 days'
            AND r.failure_reason IS DISTINCT FROM 'insufficient_balance' AND r.destination <> 'by_hand'""",
        "A refund of {amount} for order {number} is on its way since {created_at}.",
        "The repair asks the provider what became of it. If it says pending, ask its support, naming the receipt.",
        severity="notice",
        is_repaired=True,
        is_cheap=True,
    ),
    Check(
        "refund_waits_for_balance",
        "The balance at the provider is enough for what is to be given back.",
        "refunds",
        """SELECT r.id, r.amount, o.number FROM refunds r
        JOIN payments p ON p.id = r.payment_id LEFT JOIN orders o ON o.id = p.order_id
        WHERE r.status = 'pending' AND r.failure_reason = 'insufficient_balance'""",
        "A refund of {amount} for order {number} waits: the balance at the provider is too low.",
        "Top up the balance at the provider. The refund is then made by itself.",
        is_cheap=True,
    ),
    Check(
        "refund_by_hand",
        "What goes back by hand is paid out within two days.",
        "refunds",
        """SELECT r.id, r.amount, o.number, r.created_at FROM refunds r
        JOIN payments p ON p.id = r.payment_id LEFT JOIN orders o ON o.id = p.order_id
        WHERE r.status = 'pending' AND r.destination = 'by_hand' AND r.created_at < app_now() - interval '2 days'""",
        "{amount} of order {number} is to be paid out by hand since {created_at}.",
        "Pay it out, and say so: the order's refunds name it.",
        severity="notice",
        is_cheap=True,
    ),
)
