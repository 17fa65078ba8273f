"""What must hold after every step, in one statement; and what must hold besides once everything has come to rest.

The statements of `insight.checks` are joined by some of our own, written without looking at those; and the sandbox's ledger,
which shares no code with the app, is the second witness of every payment and refund.
"""

from typing import Any

from sqlalchemy import text

from app.core import clock
from app.core.work import unit_of_work
from app.insight.checks.registry import CHECKS
from app.stores import service as stores
from tests.stateful.shop import Shop
from tests.stateful.world import Body

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
STATEMENT = text(
    " UNION ALL ".join(
        [f"(SELECT '{one.name}' AS broken, to_jsonb(f)::text AS what FROM ({one.finds}) f LIMIT 3)" for one in CHECKS  # noqa: S608
         if isinstance(one.finds, str) and one.severity == "severe" and one.name not in TOLERATED]
        + [f"(SELECT '{name}', to_jsonb(f)::text FROM ({finds}) f LIMIT 3)" for name, finds in OURS.items()]  # noqa: S608
    )
)  # fmt: skip
BOOKED = text("SELECT provider_payment_id, amount FROM captures WHERE source = 'razorpay'")
REFUNDED = text(
    """SELECT r.provider_refund_id, r.amount, r.status FROM refunds r JOIN captures c ON c.id = r.capture_id
    WHERE c.source = 'razorpay' AND r.destination = 'source' AND r.status <> 'failed'"""
)
AT_PROVIDER = text(
    """SELECT coalesce(sum(CASE WHEN t.debit_account_id = a.id THEN t.amount ELSE -t.amount END), 0)
    FROM ledger_accounts a JOIN transfers t ON a.id IN (t.credit_account_id, t.debit_account_id) WHERE a.code = 'razorpay'"""
)
OPEN = text(
    """SELECT o.number, o.status, o.payment_status FROM orders o WHERE o.status = 'pending_payment' AND o.expires_at < :now"""
)


PLANNED_ONCE = text("SET LOCAL plan_cache_mode = force_generic_plan")  # planning takes longer than looking


def check(shop: Shop) -> None:
    """Every invariant, after a step."""
    with unit_of_work(shop.store.id) as session:
        now = clock.now(stores.get(session))
        session.execute(PLANNED_ONCE)
        broken = [tuple(row) for row in session.execute(STATEMENT, {"now": now})]
        booked = {one.provider_payment_id: one.amount for one in session.execute(BOOKED)}
        refunded = {one.provider_refund_id: one.amount for one in session.execute(REFUNDED) if one.status == "processed"}
    assert not broken, story(shop, broken)
    captures, refunds = witness(shop)
    assert booked.items() <= captures.items(), story(shop, "we booked what the provider never took", booked, captures)
    given = {refund_id: amount for refund_id, (_, amount) in refunds.items()}
    assert refunded.items() <= given.items(), story(shop, "we count as given back what is not", refunded, given)


def check_at_rest(shop: Shop) -> None:
    """Nothing is on its way: what the provider took and gave back is what we have in the books."""
    check(shop)
    with unit_of_work(shop.store.id) as session:
        booked = list(session.execute(BOOKED))
        refunded = list(session.execute(REFUNDED))
        at_provider = session.execute(AT_PROVIDER).scalar_one()
        forgotten = list(session.execute(OPEN, {"now": clock.now(stores.get(session))}))
    captures, refunds = witness(shop)
    assert {one.provider_payment_id: one.amount for one in booked} == captures, story(shop, "captures", booked, captures)
    assert all(one.status == "processed" for one in refunded), story(shop, "still on their way", refunded)
    known = {one.provider_refund_id for one in refunded}
    assert known == refunds.keys(), story(shop, "refunds", refunded, refunds)
    there = sum(captures.values()) - sum(amount for _, amount in refunds.values())
    assert at_provider == there, story(shop, "ledger", at_provider, there)
    assert not forgotten, story(shop, forgotten)


def witness(shop: Shop) -> tuple[dict[str, int], dict[str, tuple[str, int]]]:
    """The provider's captures, and its refunds of them. What was given back without ever being captured was never ours."""
    ledger: dict[str, list[Body]] = shop.sandbox.ledger()
    captures = {entry["payment_id"]: entry["amount"] for entry in ledger["captures"]}
    assert len(captures) == len(ledger["captures"]), "the provider captured twice"
    refunds = [entry for entry in ledger["refunds"] if entry["payment_id"] in captures]
    return captures, {one["refund_id"]: (one["payment_id"], one["amount"]) for one in refunds}


def story(shop: Shop, *what: Any) -> str:
    return "\n".join([*map(str, what), "", *shop.log])
