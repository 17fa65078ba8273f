"""Read the provider's settlement report of some days and match it with the books: the schedule and the command.

The report is read with no transaction open, then taken in a settlement and a chunk of lines at a time. Safe to run twice.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from app.core.actor import Actor
from app.core.work import unit_of_work
from app.payments import disputes, settlement_queries, settlements
from app.providers import registry
from app.providers.razorpay_report_facts import SettlementLineFacts
from app.stores import service as stores
from app.stores.service import Account

INDIA = ZoneInfo("Asia/Kolkata")  # whose calendar the provider's report goes by
CHUNK = 200  # lines in a transaction: under a second
AGAIN_DAYS = 31  # days of unmatched lines and unfinished settlements that are read again: what was repaired fits then
AGAIN_LINES = 1000
MAX_DISPUTES = 200  # looked at in one go; more open ones at a time do not exist


@dataclass
class Reconciled:
    """What was read: settlements, lines that fit, lines by problem; over how many days."""

    settlements: int = 0
    days: int = 0
    lines: Counter[str] = field(default_factory=Counter)
    disputes: int = 0  # that went on

    def as_counts(self) -> dict[str, int]:
        return {"settlements": self.settlements, "days": self.days, "disputes": self.disputes, **self.lines}


def days_between(from_: datetime, to: datetime) -> list[date]:
    """The report's days of [from_, to], oldest first."""
    first, last = from_.astimezone(INDIA).date(), to.astimezone(INDIA).date()
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def nobody_watches(_: Reconciled) -> None:
    pass


def reconcile(
    store_id: UUID,
    account: Account,
    days: Iterable[date],
    now: datetime,
    actor: Actor,
    progress: Callable[[Reconciled], None] = nobody_watches,
) -> Reconciled:
    """Take in what was settled on these days, and on earlier ones whose lines did not fit or were not all there.

    Disputes that nobody has decided are looked at too, first: a settlement's adjustment may be theirs.

    ProviderError: what was read before it stays.
    """
    client, done = registry.razorpay(account.secrets), Reconciled()
    asked = sorted(set(days))
    with unit_of_work(store_id) as session:
        undecided = disputes.open_ids(session, MAX_DISPUTES)
    for dispute_id in undecided:
        facts = client.fetch_dispute(dispute_id)
        with unit_of_work(store_id) as session:
            done.disputes += disputes.apply_facts(session, facts, actor, "looked at again", now)[1] != "nothing"
        progress(done)
    if asked:
        settled = list(client.settlements_between(_midnight(asked[0]), min(now, _midnight(asked[-1] + timedelta(days=1)))))
        for one in reversed(settled):
            with unit_of_work(store_id) as session:
                settlements.take_in(session, account.id, one, stores.get(session).currency, actor)
        done.settlements = len(settled)
    for day in sorted({*asked, *_unfinished_days(store_id, now)}):
        lines = client.settlement_lines(day.year, day.month, day.day)
        for chunk in _chunks(lines):
            with unit_of_work(store_id) as session:
                done.lines += settlements.take_in_lines(session, chunk)
        done.days += 1
        progress(done)
    return done


def _unfinished_days(store_id: UUID, now: datetime) -> set[date]:
    since = now - timedelta(days=AGAIN_DAYS)
    with unit_of_work(store_id) as session:
        sums = settlement_queries.incomplete(session, since, AGAIN_LINES)
        lines = settlement_queries.with_problem(session, AGAIN_LINES)
    instants = [one.settlement.made_at for one in sums] + [line.settled_at for line in lines if line.settled_at]
    return {at.astimezone(INDIA).date() for at in instants if at >= since}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), INDIA).astimezone(UTC)


def _chunks(lines: Sequence[SettlementLineFacts]) -> Iterable[Sequence[SettlementLineFacts]]:
    for start in range(0, len(lines), CHUNK):
        yield lines[start : start + CHUNK]
