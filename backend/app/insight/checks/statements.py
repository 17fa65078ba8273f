"""Statements of account against the books: nobody is asked for more than was charged and not received."""

from app.insight.checks.frame import Check

# What changed what a customer on account owes, and when: documents as they are, money as the ledger has it.
_MOVED = """
SELECT o.customer_id, d.issued_at AS at, CASE d.kind WHEN 'credit_note' THEN -d.total_amount ELSE d.total_amount END AS amount
FROM documents d JOIN orders o ON o.id = d.order_id WHERE o.payment_method = 'account'
UNION ALL
SELECT o.customer_id, c.captured_at, -t.amount FROM transfers t JOIN captures c ON c.id = t.cause_id
JOIN payments p ON p.id = c.payment_id JOIN orders o ON o.id = p.order_id
WHERE t.kind = 'capture' AND o.payment_method = 'account'
UNION ALL
SELECT o.customer_id, CASE WHEN r.status = 'failed' AND t.kind = 'refund' THEN coalesce(r.happened_at, r.created_at)
    ELSE r.decided_at END, CASE t.kind WHEN 'refund' THEN t.amount ELSE -t.amount END
FROM transfers t JOIN refunds r ON r.id = t.cause_id JOIN payments p ON p.id = r.payment_id JOIN orders o ON o.id = p.order_id
WHERE t.kind IN ('refund', 'refund_failed') AND o.payment_method = 'account'
"""
_NEVER = "An issued statement never changes: find out who wrote to the tables, and tell the customer what is right."

CHECKS = (
    Check(
        "statement_sum",
        "A statement comes to what its lines come to, and begins where the one before it ended.",
        "statements",
        """SELECT s.id, s.number, s.opening_amount, s.closing_amount,
            s.closing_amount - s.opening_amount - coalesce(l.amount, 0) AS amount
        FROM statements s
        LEFT JOIN (SELECT statement_id, count(*) AS lines, sum(amount) AS amount FROM statement_lines GROUP BY statement_id) l
            ON l.statement_id = s.id
        LEFT JOIN LATERAL (SELECT b.closing_amount FROM statements b
            WHERE b.customer_id = s.customer_id AND b.month_on < s.month_on ORDER BY b.month_on DESC LIMIT 1) before ON true
        WHERE coalesce(l.lines, 0) <> s.line_count OR s.opening_amount + coalesce(l.amount, 0) <> s.closing_amount
            OR before.closing_amount <> s.opening_amount""",
        "Statement {number} goes from {opening_amount} to {closing_amount}, its lines or the one before it say otherwise.",
        _NEVER,
    ),
    Check(
        "statement_books",
        "What the newest statement says is owed is what documents and the ledger come to at the end of its month.",
        "statements",
        f"""SELECT s.id, s.number, s.closing_amount, coalesce(sum(m.amount), 0) AS booked_amount,
            s.closing_amount - coalesce(sum(m.amount), 0) AS amount
        FROM (SELECT DISTINCT ON (customer_id) * FROM statements ORDER BY customer_id, month_on DESC) s
        LEFT JOIN ({_MOVED}) m ON m.customer_id = s.customer_id AND m.at < s.to_at
        GROUP BY s.id, s.number, s.closing_amount HAVING s.closing_amount <> coalesce(sum(m.amount), 0)""",  # noqa: S608
        "Statement {number} closes with {closing_amount}, the books of that day come to {booked_amount}.",
        "What was booked late is on the next statement, and then they agree; otherwise find out who wrote to the tables.",
    ),
)
