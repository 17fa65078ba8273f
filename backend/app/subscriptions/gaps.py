"""What did not come although it was agreed and nobody wished it away: when, why, and what it was worth."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

OURS = "cycle.status = 'failed' OR cycle.reason IN ('missed', 'caught_up', 'out_of_stock', 'not_on_sale', 'limit_reached')"

# At the default list's prices of today and by the quantities agreed, as nothing was ever ordered.
_GAPS = f"""
SELECT cycle.delivers_on, cycle.status, cycle.reason, count(DISTINCT cycle.id) AS count,
    coalesce(sum(coalesce((substring(line.by_weekday ->> lower(to_char(cycle.delivers_on, 'dy'))
        from '^[0-9]{{{{1,4}}}}$'))::int, line.quantity) * price.amount), 0) AS amount
FROM cycles AS cycle CROSS JOIN LATERAL (
        SELECT id FROM subscription_terms WHERE subscription_id = cycle.subscription_id AND from_on <= cycle.delivers_on
        ORDER BY from_on DESC LIMIT 1) AS held
    LEFT JOIN subscription_lines AS line ON line.terms_id = held.id
    LEFT JOIN price_lists AS list ON list.is_default
    LEFT JOIN prices AS price ON price.variant_id = line.variant_id AND price.price_list_id = list.id
WHERE ({OURS}) AND {{which}}
GROUP BY cycle.delivers_on, cycle.status, cycle.reason ORDER BY cycle.delivers_on, cycle.reason
"""  # noqa: S608 - names of ours
_SINCE = text(_GAPS.format(which="cycle.delivers_on >= :since"))
_OF_RUN = text(_GAPS.format(which="cycle.slot_id = :run_id"))


@dataclass(frozen=True)
class Gap:
    """So many deliveries of a day that did not come, for one reason; what they were worth, in paise."""

    delivers_on: date
    status: str
    reason: str
    count: int
    amount: int

    def as_dict(self) -> dict[str, Any]:
        return vars(self) | {"delivers_on": self.delivers_on.isoformat()}


def since(session: Session, day: date) -> list[Gap]:
    """Of that day and later, in order."""
    return _read(session, _SINCE, {"since": day})


def of_run(session: Session, run_id: UUID) -> list[Gap]:
    """What one run decided not to deliver."""
    return _read(session, _OF_RUN, {"run_id": run_id})


def _read(session: Session, statement: Any, values: dict[str, Any]) -> list[Gap]:
    rows = session.execute(statement, values).mappings()
    return [Gap(**{**row, "amount": int(row["amount"])}) for row in rows]
