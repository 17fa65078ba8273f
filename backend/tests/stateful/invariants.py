"""What must hold after every step, in one statement; and what must hold besides once everything has come to rest.

The statements of `insight.checks` are joined by some of our own, written without looking at those; and the sandbox's ledger,
which shares no code with the app, is the second witness of every payment and refund.
"""

from dataclasses import dataclass
from typing import Any

from app.insight.checks.registry import CHECKS
from tests.stateful.shop import Shop

TOLERATED = {  # not broken promises, but what a fault on order leads to: shown to staff, who do something about it
    "dead_attempts", "dead_rows", "refund_failed", "refund_waits_for_balance",
    "refunds_over_capture",  # given back in the dashboard although it had been given into the wallet: nobody could refuse it
}  # fmt: skip
OURS: dict[str, str] = {
    "lines and round-off are the total": """SELECT o.id FROM orders o JOIN order_lines l ON l.order_id = o.id
        GROUP BY o.store_id, o.id HAVING sum(l.total_amount) + o.round_off_amount <> o.total_amount""",
    "nothing is given back twice": "SELECT id FROM captures WHERE refunded_amount > amount OR refunded_amount < 0",
    "given back is what refunds say": """SELECT c.id FROM captures c LEFT JOIN refunds r ON r.capture_id = c.id
        GROUP BY c.store_id, c.id
        HAVING least(coalesce(sum(r.amount) FILTER (WHERE r.status <> 'failed'), 0), c.amount) <> c.refunded_amount""",
    "what was paid is owed or goes back": """SELECT o.id FROM orders o JOIN payments p ON p.order_id = o.id
        JOIN captures c ON c.payment_id = p.id
        WHERE NOT EXISTS (SELECT FROM refunds r WHERE r.payment_id = p.id AND r.status = 'failed')
        GROUP BY o.store_id, o.id HAVING sum(c.amount - c.refunded_amount)
            > CASE WHEN o.status = 'cancelled' THEN 0 ELSE o.total_amount - o.reduced_amount END""",
    "no paid order without money": """SELECT o.id FROM orders o WHERE o.payment_status = 'paid' AND NOT EXISTS (
        SELECT FROM payments p JOIN captures c ON c.payment_id = p.id WHERE p.order_id = o.id)""",
    "the shelf is what was moved": """SELECT s.id FROM stock_levels s JOIN stock_movements m ON m.variant_id = s.variant_id
        GROUP BY s.store_id, s.id HAVING s.on_hand < s.reserved OR s.on_hand < 0 OR s.on_hand <> sum(CASE m.kind
            WHEN 'reserve' THEN 0 WHEN 'release' THEN 0 WHEN 'deduct' THEN -m.quantity ELSE m.quantity END)""",
    "promised is what reservations hold": """SELECT s.id FROM stock_levels s LEFT JOIN reservations r
            ON r.variant_id = s.variant_id AND r.status = 'held'
        GROUP BY s.store_id, s.id HAVING s.reserved <> coalesce(sum(r.quantity), 0)""",
    "a wallet is its statement and its account": """SELECT w.id FROM wallets w
        WHERE w.balance_amount <> (SELECT coalesce(sum(m.amount), 0) FROM wallet_movements m WHERE m.wallet_id = w.id)
            OR w.balance_amount <> (SELECT coalesce(
                sum(CASE WHEN t.credit_account_id = a.id THEN t.amount ELSE -t.amount END), 0)
                FROM ledger_accounts a JOIN transfers t ON a.id IN (t.credit_account_id, t.debit_account_id)
                WHERE a.code = 'wallet:' || w.customer_id)""",
}
RAZORPAY = {  # what we say of the provider's money, for it to confirm
    "booked": "SELECT provider_payment_id AS id, amount FROM captures WHERE source = 'razorpay'",
    "refunded": """SELECT r.provider_refund_id AS id, r.amount, r.status FROM refunds r JOIN captures c ON c.id = r.capture_id
        WHERE c.source = 'razorpay' AND r.destination = 'source' AND r.status <> 'failed'""",
}
BROKEN = {
    **{one.name: one.finds for one in CHECKS
       if isinstance(one.finds, str) and one.severity == "severe" and one.name not in TOLERATED},
    **OURS,
}  # fmt: skip
STATEMENT = " UNION ALL ".join(
    [f"(SELECT '{name}', to_jsonb(f)::text FROM ({finds}) f LIMIT 3)" for name, finds in BROKEN.items()]  # noqa: S608
    + [f"(SELECT '{name}', to_jsonb(f)::text FROM ({finds}) f)" for name, finds in RAZORPAY.items()]  # noqa: S608
).replace(":now", "(SELECT store_now())")
AT_PROVIDER = """SELECT coalesce(sum(CASE WHEN t.debit_account_id = a.id THEN t.amount ELSE -t.amount END), 0)
    FROM ledger_accounts a JOIN transfers t ON a.id IN (t.credit_account_id, t.debit_account_id) WHERE a.code = 'razorpay'"""
OPEN = "SELECT number, payment_status FROM orders WHERE status = 'pending_payment' AND expires_at < (SELECT store_now())"


@dataclass(frozen=True)
class Books:
    """What we say, and what the provider says. What it gave back without ever having captured it was never ours."""

    booked: dict[str, int]
    refunded: dict[str, tuple[int, str]]  # amount, status
    captures: dict[str, int]
    refunds: dict[str, int]


def check(shop: Shop) -> Books:
    """Every invariant, after a step."""
    found = shop.onlooker.look(shop.store.id, STATEMENT)
    books = Books(
        {one["id"]: one["amount"] for one in found.pop("booked", [])},
        {one["id"]: (one["amount"], one["status"]) for one in found.pop("refunded", [])},
        *witness(shop),
    )
    assert not found, story(shop, dict(found))
    assert books.booked.items() <= books.captures.items(), story(shop, "we booked what the provider never took", books)
    given = {refund_id: amount for refund_id, (amount, status) in books.refunded.items() if status == "processed"}
    assert given.items() <= books.refunds.items(), story(shop, "we count as given back what is not", books)
    return books


def check_at_rest(shop: Shop) -> None:
    """Nothing is on its way: what the provider took and gave back is what we have in the books."""
    books = check(shop)
    ((at_provider,),) = shop.onlooker.ask(shop.store.id, AT_PROVIDER)
    assert books.booked == books.captures, story(shop, "captures", books)
    assert all(status == "processed" for _, status in books.refunded.values()), story(shop, "still on their way", books)
    assert books.refunded.keys() == books.refunds.keys(), story(shop, "refunds", books)
    there = sum(books.captures.values()) - sum(books.refunds.values())
    assert at_provider == there, story(shop, "ledger", at_provider, there)
    forgotten = shop.onlooker.ask(shop.store.id, OPEN)
    assert not forgotten, story(shop, forgotten)


def witness(shop: Shop) -> tuple[dict[str, int], dict[str, int]]:
    """The provider's captures, and its refunds of them."""
    entries = shop.onlooker.ledger(shop.sandbox.key_id)
    taken = [(payment_id, amount) for kind, payment_id, _, amount in entries if kind == "capture"]
    captures = dict(taken)
    assert len(captures) == len(taken), story(shop, "the provider captured twice", taken)
    given = [entry for entry in entries if entry[0] == "refund" and entry[1] in captures]
    return captures, {refund_id: amount for _, _, refund_id, amount in given}


def story(shop: Shop, *what: Any) -> str:
    return "\n".join([*map(str, what), "", *shop.log])
