"""What orders cost, against what they are made of: lines, reductions, and the record of who did it."""

from app.insight.checks.frame import Check

# Of the past, an order may keep its delivery charge beside its lines; newer ones have lines for it.
_LINES = """
SELECT order_id, sum(total_amount) AS amount, sum(cgst_amount + sgst_amount + igst_amount) AS tax_amount,
    bool_or(kind = 'shipping') AS has_shipping_lines
FROM order_lines GROUP BY order_id
"""

_FROZEN = "Nothing of this changes once an order is placed: find out who wrote to the tables, and restore what was there."

CHECKS = (
    Check(
        "order_total",
        "An order's total is what its lines and its round-off come to.",
        "orders",
        f"""SELECT o.id, o.number, o.total_amount, l.amount AS lines_amount, o.total_amount - l.amount AS amount
        FROM orders o JOIN ({_LINES}) l ON l.order_id = o.id
        WHERE o.total_amount <> l.amount + o.round_off_amount
            + CASE WHEN l.has_shipping_lines THEN 0 ELSE o.shipping_amount END""",  # noqa: S608
        "Order {number} is of {total_amount}, but its lines come to {lines_amount}.",
        _FROZEN,
    ),
    Check(
        "order_tax",
        "An order's tax is the tax of its lines.",
        "orders",
        f"""SELECT o.id, o.number, o.tax_amount, l.tax_amount AS lines_amount, o.tax_amount - l.tax_amount AS amount
        FROM orders o JOIN ({_LINES}) l ON l.order_id = o.id
        WHERE o.tax_amount <> l.tax_amount AND (l.has_shipping_lines OR o.shipping_amount = 0)""",  # noqa: S608
        "Order {number} contains {tax_amount} of tax, but its lines contain {lines_amount}.",
        _FROZEN,
    ),
    Check(
        "order_without_lines",
        "Every order has goods.",
        "orders",
        """SELECT o.id, o.number, o.total_amount AS amount FROM orders o
        WHERE NOT EXISTS (SELECT FROM order_lines l WHERE l.order_id = o.id AND l.kind = 'goods')""",
        "Order {number} of {amount} has no goods.",
        "Lines are written with their order: find out who took them away, and restore them.",
    ),
    Check(
        "reduced_amount",
        "What is no longer owed of an order is the sum of its reductions.",
        "orders",
        """SELECT o.id, o.number, o.reduced_amount, r.amount AS reductions_amount,
            o.reduced_amount - coalesce(r.amount, 0) AS amount
        FROM orders o
        LEFT JOIN (SELECT order_id, sum(amount) AS amount FROM reductions GROUP BY order_id) r ON r.order_id = o.id
        WHERE o.reduced_amount <> coalesce(r.amount, 0)""",
        "Order {number} counts {reduced_amount} as no longer owed, its reductions come to {reductions_amount}.",
        "Reductions are only ever added, with the order's sum: find out who wrote to the tables before any more is refunded.",
    ),
    Check(
        "reduction_lines",
        "A reduction is what its lines and its round-off come to.",
        "reductions",
        """SELECT r.id, o.number, r.amount AS reduction_amount, coalesce(sum(l.taxable_amount + l.cgst_amount + l.sgst_amount
            + l.igst_amount), 0) AS lines_amount, r.amount - r.round_off_amount
            - coalesce(sum(l.taxable_amount + l.cgst_amount + l.sgst_amount + l.igst_amount), 0) AS amount
        FROM reductions r JOIN orders o ON o.id = r.order_id LEFT JOIN reduction_lines l ON l.reduction_id = r.id
        GROUP BY r.store_id, r.id, o.number
        HAVING r.amount - r.round_off_amount
            <> coalesce(sum(l.taxable_amount + l.cgst_amount + l.sgst_amount + l.igst_amount), 0)""",
        "A reduction of order {number} is of {reduction_amount}, but its lines come to {lines_amount}.",
        "A reduction never changes: find out who wrote to the tables. A credit note made of it is wrong by as much.",
    ),
    Check(
        "line_reduced_too_far",
        "No line is reduced below nothing, under any head of tax, nor by more pieces than it has.",
        "order_lines",
        """SELECT l.id, o.number, l.name, l.total_amount AS line_amount, r.total_amount AS reduced_amount,
            r.total_amount - l.total_amount AS amount
        FROM (SELECT order_line_id, sum(quantity) AS quantity, sum(taxable_amount) AS taxable_amount,
            sum(cgst_amount) AS cgst_amount, sum(sgst_amount) AS sgst_amount, sum(igst_amount) AS igst_amount,
            sum(taxable_amount + cgst_amount + sgst_amount + igst_amount) AS total_amount
            FROM reduction_lines GROUP BY order_line_id) r
        JOIN order_lines l ON l.id = r.order_line_id JOIN orders o ON o.id = l.order_id
        WHERE r.taxable_amount > l.taxable_amount OR r.cgst_amount > l.cgst_amount OR r.sgst_amount > l.sgst_amount
            OR r.igst_amount > l.igst_amount OR r.quantity > l.quantity""",
        "{name} in order {number} cost {line_amount}, and {reduced_amount} of it was taken off, or too much of a head of tax.",
        "More was given back for this line than it cost. Ask who decided on its reductions (explain of the order names them).",
    ),
    Check(
        "paid_without_record",
        "Whoever marked an order as paid is written down.",
        "orders",
        """SELECT o.id, o.number, o.total_amount AS amount FROM orders o
        WHERE o.payment_status = 'paid' AND o.placed_at > :now - interval '40 days' AND NOT EXISTS (
            SELECT FROM audit_entries a WHERE a.object_id = o.id AND a.action LIKE 'order.%' AND a.action <> 'order.placed')""",
        "Order {number} of {amount} is paid, and nothing says by whom that was recorded.",
        "The application writes both in one transaction, so this was written past it: find out by whom.",
    ),
)
