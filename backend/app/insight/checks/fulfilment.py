"""How far orders have come, against their pieces, parcels, returns and the clock."""

from app.insight.checks.frame import Check

_NEXT = """
SELECT o.id, o.number, o.status, CASE WHEN sum(l.quantity - l.cancelled_quantity - l.packed_quantity) > 0 THEN 'confirmed'
    WHEN sum(l.packed_quantity) = 0 THEN 'cancelled'
    ELSE (SELECT s.status FROM shipments s WHERE s.order_id = o.id AND s.status <> 'cancelled'
        ORDER BY array_position(ARRAY['packed', 'out_for_delivery', 'delivered'], s.status::text) LIMIT 1) END AS expected
FROM orders o JOIN order_lines l ON l.order_id = o.id AND l.kind = 'goods'
WHERE o.status <> 'pending_payment' AND (o.status <> 'cancelled' OR l.packed_quantity > 0)
GROUP BY o.store_id, o.id
"""

CHECKS = (
    Check(
        "order_status",
        "An order is where its least advanced piece is.",
        "orders",
        f"""SELECT *, NULL::bigint AS amount FROM ({_NEXT}) n WHERE status <> expected""",  # noqa: S608
        "Order {number} is {status}, but by its pieces and shipments it is {expected}.",
        "The repair lets it follow its pieces, as packing does. Where the table of states forbids that, a person decides.",
        is_repaired=True,
    ),
    Check(
        "packed_quantity",
        "What a line counts as packed is in a shipment that stands.",
        "order_lines",
        """SELECT l.id, o.number, l.name, l.packed_quantity, coalesce(s.quantity, 0) AS shipped, NULL::bigint AS amount
        FROM order_lines l JOIN orders o ON o.id = l.order_id LEFT JOIN (
            SELECT sl.order_line_id, sum(sl.quantity) AS quantity FROM shipment_lines sl
            JOIN shipments s ON s.id = sl.shipment_id WHERE s.status <> 'cancelled' GROUP BY sl.order_line_id
        ) s ON s.order_line_id = l.id
        WHERE l.packed_quantity <> coalesce(s.quantity, 0)""",
        "{name} in order {number}: {packed_quantity} counted as packed, {shipped} in shipments.",
        "Somebody has to look into the parcels: the line or the shipment is wrong, and stock left the shelf for one of them.",
    ),
    Check(
        "returned_quantity",
        "What a line counts as returned was accepted as a return.",
        "order_lines",
        """SELECT l.id, o.number, l.name, l.returned_quantity, coalesce(r.quantity, 0) AS accepted, NULL::bigint AS amount
        FROM order_lines l JOIN orders o ON o.id = l.order_id LEFT JOIN (
            SELECT rl.order_line_id, sum(rl.quantity) AS quantity FROM return_lines rl
            JOIN returns r ON r.id = rl.return_id WHERE r.status = 'accepted' GROUP BY rl.order_line_id
        ) r ON r.order_line_id = l.id
        WHERE l.returned_quantity <> coalesce(r.quantity, 0)""",
        "{name} in order {number}: {returned_quantity} counted as returned, {accepted} accepted in returns.",
        "Compare the order's returns with its reductions: one of them was given money for, or not, without the other.",
    ),
    Check(
        "cycle_without_order",
        "A delivery of a subscription that was made has its order.",
        "cycles",
        """SELECT c.id, c.delivers_on, NULL::bigint AS amount FROM cycles c
        WHERE c.status = 'created' AND NOT EXISTS (SELECT FROM orders o WHERE o.cycle_id = c.id)""",
        "The delivery of {delivers_on} counts as made, but it has no order.",
        "Both are written in one transaction, and no order is ever deleted: find out who did, and restore it.",
    ),
    Check(
        "order_not_expired",
        "An order that is not paid in time is given up, or found to be paid.",
        "orders",
        """SELECT o.id, o.number, o.expires_at, o.total_amount AS amount FROM orders o
        WHERE o.status = 'pending_payment' AND o.expires_at < :now - interval '15 minutes'""",
        "Order {number} of {amount} should have been paid by {expires_at}; nobody has given it up, and it holds stock.",
        "The repair asks the provider for its payments, then confirms it or gives it up. Many of these: beat does not tick.",
        is_repaired=True,
        is_cheap=True,
    ),
)
