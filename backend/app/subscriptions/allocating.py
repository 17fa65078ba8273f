"""Who gets what of something scarce: settled for a whole run before its first chunk, the oldest subscriber first.

One statement adds up, for each day and variant, what everybody due wants, in the order of how long they have been with us;
from the first one on for whom it is not enough, an allocation says how much is theirs (nothing). Chunks may then be worked off
in any order, and by several at once.
"""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from app.core.work import store_of

Allotments = Mapping[tuple[UUID, date], Mapping[UUID, int]]  # by subscription and day: by variant, so much is theirs

# What is agreed for a day, other quantities on some weekdays, wishes for the day on top; nothing for who is away. The same as
# `coming.days` works out; here it only has to be near enough to be fair, for the shelf itself has the last word.
_ALLOCATE = text("""
WITH due AS (
    SELECT one.id, one.customer_id, one.next_on, one.started_at FROM subscriptions AS one
    WHERE one.plans_at <= :now AND one.held_at IS NULL
        AND NOT EXISTS (SELECT FROM delivery_changes AS wish WHERE wish.subscription_id = one.id
            AND wish.delivers_on = one.next_on AND wish.variant_id IS NULL)
        AND NOT EXISTS (SELECT FROM vacations AS away WHERE away.customer_id = one.customer_id
            AND one.next_on BETWEEN away.first_on AND away.last_on)
), terms AS (
    SELECT due.*, held.id AS terms_id FROM due CROSS JOIN LATERAL (
        SELECT id FROM subscription_terms WHERE subscription_id = due.id AND from_on <= due.next_on
        ORDER BY from_on DESC LIMIT 1) AS held
), wanted AS (
    SELECT terms.id, terms.next_on, terms.started_at, line.variant_id, coalesce(wish.quantity,
            (substring(line.by_weekday ->> lower(to_char(terms.next_on, 'dy')) from '^[0-9]{1,4}$'))::int, line.quantity)
            AS quantity
    FROM terms JOIN subscription_lines AS line ON line.terms_id = terms.terms_id
        LEFT JOIN delivery_changes AS wish ON wish.subscription_id = terms.id AND wish.delivers_on = terms.next_on
            AND wish.variant_id = line.variant_id
), queue AS (
    SELECT wanted.*, sum(quantity) OVER (PARTITION BY variant_id ORDER BY next_on, started_at, id) AS so_far FROM wanted
    WHERE quantity > 0
)
INSERT INTO allocations (store_id, id, created_at, run_id, subscription_id, delivers_on, variant_id, wanted, allotted)
SELECT :store_id, gen_random_uuid(), :now, :run_id, queue.id, queue.next_on, queue.variant_id, queue.quantity, 0
FROM queue LEFT JOIN stock_levels AS level ON level.variant_id = queue.variant_id
WHERE queue.so_far > coalesce(level.on_hand - level.reserved, 0)
ON CONFLICT (store_id, subscription_id, delivers_on, variant_id) DO UPDATE SET run_id = excluded.run_id
""")
_FREE = text("DELETE FROM allocations WHERE delivers_on >= :today AND run_id <> :run_id")


def allocate(session: Session, run_id: UUID, now: datetime, today: date) -> int:
    """Write what is short for everybody due by `now`; how many go without something. An earlier run's word no longer counts."""
    session.execute(_FREE, {"today": today, "run_id": run_id})
    found = session.execute(_ALLOCATE, {"store_id": store_of(session), "run_id": run_id, "now": now})
    return int(found.rowcount)  # type: ignore[attr-defined]
