"""Money that we hold for others, or others for us: wallets, cash with riders, receipts."""

from app.insight.checks.frame import Check

# Of each account of the ledger, debits less credits.
_BALANCES = """
SELECT a.code, sum(CASE WHEN t.debit_account_id = a.id THEN t.amount ELSE -t.amount END) AS amount
FROM ledger_accounts a JOIN transfers t ON a.id IN (t.debit_account_id, t.credit_account_id) GROUP BY a.code
"""
_OUT_OF_STEP = "Both are written in one transaction: find out who wrote to the tables. Until then let nobody spend from it."

CHECKS = (
    Check(
        "wallet_movements",
        "A wallet holds what its movements come to.",
        "wallets",
        """SELECT w.id, w.balance_amount, coalesce(m.amount, 0) AS moved_amount,
            w.balance_amount - coalesce(m.amount, 0) AS amount
        FROM wallets w LEFT JOIN (SELECT wallet_id, sum(amount) AS amount FROM wallet_movements GROUP BY wallet_id) m
            ON m.wallet_id = w.id
        WHERE w.balance_amount <> coalesce(m.amount, 0)""",
        "A wallet holds {balance_amount}, its statement comes to {moved_amount}.",
        _OUT_OF_STEP,
    ),
    Check(
        "wallet_ledger",
        "A wallet's account in the ledger owes what the wallet's statement says.",
        "wallets",
        f"""SELECT w.id, coalesce(m.amount, 0) AS moved_amount, -coalesce(b.amount, 0) AS booked_amount,
            coalesce(m.amount, 0) + coalesce(b.amount, 0) AS amount
        FROM wallets w LEFT JOIN (SELECT wallet_id, sum(amount) AS amount FROM wallet_movements GROUP BY wallet_id) m
            ON m.wallet_id = w.id
        LEFT JOIN ({_BALANCES}) b ON b.code = 'wallet:' || w.customer_id
        WHERE coalesce(m.amount, 0) <> -coalesce(b.amount, 0)""",  # noqa: S608
        "A wallet's statement comes to {moved_amount}, the ledger owes its customer {booked_amount}.",
        _OUT_OF_STEP,
    ),
    Check(
        "hold_left_over",
        "A wallet keeps money for live subscriptions of its own customer only.",
        "subscriptions",
        """SELECT s.id, s.status, h.amount FROM wallet_holds h JOIN wallets w ON w.id = h.wallet_id
        JOIN subscriptions s ON s.id = h.holder_id
        WHERE s.status IN ('cancelled', 'completed') OR s.customer_id <> w.customer_id""",
        "{amount} of a wallet is kept for a subscription that is {status}, or somebody else's.",
        "Nobody can spend it meanwhile. The repair lets go of it.",
        is_repaired=True,
        is_cheap=True,
    ),
    Check(
        "top_ups_spent",
        "What was paid into a wallet and given back at the provider was still there.",
        "ledger_accounts",
        f"""SELECT a.id, b.amount FROM ledger_accounts a JOIN ({_BALANCES}) b ON b.code = a.code
        WHERE a.code = 'top_ups' AND b.amount > 0""",  # noqa: S608
        "Top-ups were given back at the provider after {amount} of them had been spent here.",
        "Ask the customers for it, or write it off: the ledger's account top_ups names the refunds.",
        severity="notice",
    ),
    Check(
        "cash_with_riders",
        "Riders hold what their receipts say that they have not handed in.",
        "ledger_accounts",
        f"""SELECT a.id, coalesce(b.amount, 0) AS booked_amount, held.amount AS held_amount,
            coalesce(b.amount, 0) - held.amount AS amount
        FROM ledger_accounts a LEFT JOIN ({_BALANCES}) b ON b.code = a.code,
            (SELECT coalesce(sum(amount), 0) AS amount FROM receipts WHERE rider_id IS NOT NULL AND handover_id IS NULL) held
        WHERE a.code = 'cash_with_riders' AND coalesce(b.amount, 0) <> held.amount""",  # noqa: S608
        "The ledger has {booked_amount} with riders, their receipts come to {held_amount}.",
        "Count with each rider; both are written in one transaction, so find out who wrote to the tables.",
    ),
    Check(
        "receipt_missing",
        "Whoever took money by hand gave a receipt for just as much.",
        "captures",
        """SELECT c.id, c.provider_payment_id, c.amount, coalesce(r.amount, 0) AS receipt_amount FROM captures c
        LEFT JOIN receipts r ON r.capture_id = c.id
        WHERE c.source IN ('cash', 'bank') AND r.amount IS DISTINCT FROM c.amount""",
        "{amount} came in by hand ({provider_payment_id}), and the receipt says {receipt_amount}.",
        "Both are written in one transaction: find out who wrote to the tables, and ask who took the money.",
    ),
    Check(
        "handover_amount",
        "What a rider was expected to hand in is what the receipts of it say.",
        "cash_handovers",
        """SELECT h.id, h.expected_amount, coalesce(r.amount, 0) AS receipts_amount, h.expected_amount - coalesce(r.amount, 0)
            AS amount
        FROM cash_handovers h LEFT JOIN (SELECT handover_id, sum(amount) AS amount FROM receipts
            WHERE handover_id IS NOT NULL GROUP BY handover_id) r ON r.handover_id = h.id
        WHERE h.expected_amount <> coalesce(r.amount, 0)""",
        "A rider was expected to hand in {expected_amount}, the receipts of that come to {receipts_amount}.",
        "A handover never changes: find out who wrote to the tables.",
    ),
    Check(
        "cash_kept",
        "Cash is handed in within three days.",
        "staff",
        """SELECT rider_id AS id, count(*) AS receipts, sum(amount) AS amount, min(received_at) AS since FROM receipts
        WHERE rider_id IS NOT NULL AND handover_id IS NULL GROUP BY rider_id
        HAVING min(received_at) < :now - interval '3 days'""",
        "A rider holds {amount} of {receipts} orders, some of it since {since}.",
        "Have it handed in and counted by somebody else.",
        severity="notice",
        is_cheap=True,
    ),
    Check(
        "cash_order_unpaid",
        "What is delivered to be paid at the door is paid at the door.",
        "orders",
        """SELECT o.id, o.number, o.total_amount - o.reduced_amount AS amount FROM orders o
        WHERE o.status = 'delivered' AND o.payment_status <> 'paid' AND o.total_amount > o.reduced_amount
            AND o.payment_method = 'cash_on_delivery' AND (SELECT max(s.delivered_at) FROM shipments s
                WHERE s.order_id = o.id AND s.status = 'delivered') < :now - interval '2 days'""",
        "Order {number} was delivered, and its {amount} have not been recorded.",
        "Ask the rider: record the cash, or what the customer did not keep.",
        severity="notice",
    ),
)
