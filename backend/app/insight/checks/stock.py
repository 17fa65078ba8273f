"""What is on the shelf and what is promised, against every movement, every reservation and every order."""

from app.insight.checks.frame import Check

_BY_HAND = "Count the shelf (a stock-take corrects the level by a movement of its own), and find out who wrote to the tables."

CHECKS = (
    Check(
        "on_hand",
        "What lies on the shelf is what the movements brought and took.",
        "stock_levels",
        """SELECT s.id, v.sku, s.on_hand, coalesce(m.on_hand, 0) AS moved, NULL::bigint AS amount
        FROM stock_levels s JOIN variants v ON v.id = s.variant_id LEFT JOIN (
            SELECT variant_id, sum(CASE WHEN kind IN ('reserve', 'release') THEN 0 WHEN kind = 'deduct' THEN -quantity
                ELSE quantity END) AS on_hand FROM stock_movements GROUP BY variant_id
        ) m ON m.variant_id = s.variant_id
        WHERE s.on_hand <> coalesce(m.on_hand, 0)""",
        "{sku}: the level says {on_hand} on the shelf, the movements say {moved}.",
        _BY_HAND,
    ),
    Check(
        "reserved_by_movements",
        "What is promised is what the movements reserved and let go.",
        "stock_levels",
        """SELECT s.id, v.sku, s.reserved, coalesce(m.reserved, 0) AS moved, NULL::bigint AS amount
        FROM stock_levels s JOIN variants v ON v.id = s.variant_id LEFT JOIN (
            SELECT variant_id, sum(CASE kind WHEN 'reserve' THEN quantity ELSE -quantity END) AS reserved
            FROM stock_movements WHERE kind IN ('reserve', 'release', 'deduct') GROUP BY variant_id
        ) m ON m.variant_id = s.variant_id
        WHERE s.reserved <> coalesce(m.reserved, 0)""",
        "{sku}: the level says {reserved} promised, the movements say {moved}.",
        "Movements are written with the level in one statement: find out who wrote to the tables.",
    ),
    Check(
        "reserved_by_reservations",
        "What is promised is what the reservations hold.",
        "stock_levels",
        """SELECT s.id, v.sku, s.reserved, coalesce(r.held, 0) AS held, NULL::bigint AS amount
        FROM stock_levels s JOIN variants v ON v.id = s.variant_id LEFT JOIN (
            SELECT variant_id, sum(quantity) AS held FROM reservations WHERE status = 'held' GROUP BY variant_id
        ) r ON r.variant_id = s.variant_id
        WHERE s.reserved <> coalesce(r.held, 0)""",
        "{sku}: the level says {reserved} promised, reservations hold {held}.",
        "Reservations are written with the level in one statement: find out who wrote to the tables.",
    ),
    Check(
        "held_for_orders",
        "An order that is alive holds exactly the pieces that are still to be packed.",
        "orders",
        """SELECT o.id, o.number, v.sku, coalesce(held.quantity, 0) AS held, coalesce(wanted.quantity, 0) AS wanted,
            NULL::bigint AS amount
        FROM (SELECT order_id, variant_id, sum(quantity) AS quantity FROM reservations
            WHERE status = 'held' AND order_id IS NOT NULL GROUP BY order_id, variant_id) held
        FULL JOIN (SELECT l.order_id, l.variant_id, sum(l.quantity - l.cancelled_quantity - l.packed_quantity) AS quantity
            FROM order_lines l JOIN orders alive ON alive.id = l.order_id
            WHERE l.kind = 'goods' AND alive.status <> 'cancelled' AND l.quantity > l.cancelled_quantity + l.packed_quantity
            GROUP BY l.order_id, l.variant_id) wanted USING (order_id, variant_id)
        JOIN orders o ON o.id = order_id JOIN variants v ON v.id = variant_id
        WHERE coalesce(held.quantity, 0) <> coalesce(wanted.quantity, 0)""",
        "Order {number} holds {held} of {sku}, and {wanted} are still to be packed.",
        "Look at the order's movements: either pieces were promised to nobody, or the order will find the shelf empty.",
    ),
    Check(
        "hold_expired",
        "What is held for a while is let go when that is over.",
        "reservations",
        """SELECT r.id, v.sku, r.quantity, r.expires_at, NULL::bigint AS amount
        FROM reservations r JOIN variants v ON v.id = r.variant_id LEFT JOIN orders o ON o.id = r.order_id
        WHERE r.status = 'held' AND r.expires_at < :now - interval '15 minutes'
            AND o.status IS DISTINCT FROM 'pending_payment'""",
        "{quantity} of {sku} are held since before {expires_at}, for no order that waits for its payment.",
        "The repair makes it firm where its order is confirmed, and lets it go where the order is cancelled or there is none.",
        is_repaired=True,
    ),
)
