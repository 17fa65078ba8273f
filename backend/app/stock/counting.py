"""Stock-takes: open a count, enter what is there, book the differences.

Pieces that are promised but not packed are on the shelf and are counted; packed ones have left it. What is packed, received or
reserved after a line was entered moves the level as ever: only the difference found at that moment is booked.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.audit.service import record
from app.catalog.errors import VariantNotFound
from app.core.actor import Actor
from app.core.work import store_of
from app.stock import count_queries, queries
from app.stock.adjusting import book
from app.stock.count_models import CountStatus, StockCount, StockCountLine
from app.stock.errors import BeingCounted, CountClosed, CountTooLarge, NothingToCount, NotInCount
from app.stock.models import MovementKind
from app.stock.rules import MAX_COUNT_LINES


def open_count(
    session: Session,
    variant_ids: Collection[UUID] | None = None,
    *,
    category: str | None = None,
    note: str = "",
    actor: Actor,
    now: datetime,
) -> StockCount:
    """A count of these variants, or of a category, or (neither named) of everything that is sold or on the shelf.

    VariantNotFound, NothingToCount, CountTooLarge, BeingCounted for what another open count has already; then nothing happens.
    """
    if variant_ids is not None:
        chosen = sorted(queries.exist(session, variant_ids))
        if len(chosen) < len(set(variant_ids)):
            raise VariantNotFound
    else:
        chosen = count_queries.countable(session, category, MAX_COUNT_LINES + 1)
    if not chosen:
        raise NothingToCount
    if len(chosen) > MAX_COUNT_LINES:
        raise CountTooLarge(maximum=MAX_COUNT_LINES)
    count = StockCount(store_id=store_of(session), note=note, created_at=now)
    session.add(count)
    session.flush()
    taken = count_queries.add_lines(session, count.id, chosen, now)
    if len(taken) < len(chosen):
        raise BeingCounted(variants=[str(variant_id) for variant_id in chosen if variant_id not in taken])
    queries.make_levels(session, chosen, now)  # so that there is something to lock
    record(session, actor, "stock_count.opened", count, {"status": [None, count.status], "lines": [0, len(chosen)]}, note)
    return count


def enter(
    session: Session, count_id: UUID, variant_id: UUID, counted: int | None, *, actor: Actor, now: datetime
) -> StockCountLine:
    """So many pieces are there now; None takes an entry back. Entered again, the last one counts.

    Locks the count, then the level: what the books say is read at this moment. CountNotFound, CountClosed, NotInCount.
    """
    _lock_open(session, count_id)
    line = count_queries.line(session, count_id, variant_id)
    if line is None:
        raise NotInCount
    level = queries.levels(session, [variant_id], lock=True)[variant_id]
    changes = {"counted_quantity": [line.counted_quantity, counted]}
    line.counted_quantity = counted
    line.expected_quantity, line.counted_at = (None, None) if counted is None else (level.on_hand, now)
    session.add(line)
    session.flush()
    record(session, actor, "stock_count.entered", line, changes, f"count {count_id}")
    return line


def close(session: Session, count_id: UUID, *, actor: Actor, now: datetime) -> StockCount:
    """Book every difference, once; what nobody counted stays as it is. Safe to repeat: a closed count is found as it is.

    Locks the count, then the levels. StockReserved (and nothing happens) where less would be left than orders were promised;
    NotOnShelf where what was found missing has been packed since: count it again.
    """
    count = count_queries.get(session, count_id, lock=True)
    if not count.is_open:
        return count
    differences = count_queries.differences(session, count_id)
    if differences:
        book(session, differences, kind=MovementKind.COUNT, cause=f"count {count_id}", now=now)
    count_queries.close_lines(session, count_id)
    count.status, count.closed_at = CountStatus.CLOSED, now
    session.add(count)
    session.flush()
    changes = {str(variant_id): difference for variant_id, difference in differences.items()}
    record(session, actor, "stock_count.closed", count, {"status": [CountStatus.OPEN, count.status], "quantities": changes})
    return count


def _lock_open(session: Session, count_id: UUID) -> StockCount:
    count = count_queries.get(session, count_id, lock=True)
    if not count.is_open:
        raise CountClosed
    return count
