"""What is agreed, wished for and decided, read for many subscriptions at once as the pure `Plan` of each."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Protocol
from uuid import UUID

from sqlalchemy import func
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from app.core.bulk import among
from app.subscriptions.coming import Agreed, Item, Plan, Shift
from app.subscriptions.models import (
    Cycle,
    DeliveryChange,
    Holiday,
    SubscriptionLine,
    SubscriptionTerms,
    Vacation,
)
from app.subscriptions.rules import Rule


def plan(session: Session, subscription: "Planned", since: date) -> Plan:
    """See `plans`."""
    return plans(session, [subscription], since)[subscription.id]


class Planned(Protocol):
    """What of a subscription its plan depends on, besides what is read here."""

    @property
    def id(self) -> UUID: ...
    @property
    def customer_id(self) -> UUID: ...
    @property
    def ends_on(self) -> date | None: ...
    @property
    def ends_after(self) -> int | None: ...


def plans(session: Session, subscriptions: Sequence[Planned], since: date) -> dict[UUID, Plan]:
    """What each delivers from `since` on, in a handful of statements however many there are. Locks nothing."""
    ids = [one.id for one in subscriptions]
    agreed = _agreed(session, ids)
    wishes = _wishes(session, ids, since)
    away = _away(session, {one.customer_id for one in subscriptions}, since)
    closed = frozenset(session.scalars(columns(col(Holiday.closed_on)).where(col(Holiday.closed_on) >= since)))
    decided = decided_days(session, ids, since)
    made = _made(session, [one.id for one in subscriptions if one.ends_after is not None])
    return {
        one.id: Plan(
            agreed=agreed[one.id],
            ends_on=one.ends_on,
            left=None if one.ends_after is None else one.ends_after - made.get(one.id, 0),
            wishes=wishes.get(one.id, {}),
            away=away.get(one.customer_id, ()),
            closed=closed,
            decided=decided[one.id],
        )
        for one in subscriptions
    }


def terms(session: Session, subscription_id: UUID) -> Sequence[SubscriptionTerms]:
    """All of them, in order of their first day."""
    found = select(SubscriptionTerms).where(SubscriptionTerms.subscription_id == subscription_id)
    return session.exec(found.order_by(col(SubscriptionTerms.from_on))).all()


def wishes_of(session: Session, subscription_id: UUID, day: date) -> Sequence[DeliveryChange]:
    """What is wished for that one day."""
    found = select(DeliveryChange).where(DeliveryChange.subscription_id == subscription_id, DeliveryChange.delivers_on == day)
    return session.exec(found.order_by(col(DeliveryChange.id))).all()


def vacations(session: Session, customer_id: UUID, since: date) -> Sequence[Vacation]:
    """Those that are not over on `since`, in order."""
    found = select(Vacation).where(Vacation.customer_id == customer_id, col(Vacation.last_on) >= since)
    return session.exec(found.order_by(col(Vacation.first_on), col(Vacation.id))).all()


def holidays(session: Session, since: date) -> Sequence[Holiday]:
    return session.exec(select(Holiday).where(col(Holiday.closed_on) >= since).order_by(col(Holiday.closed_on))).all()


def decided_days(session: Session, subscription_ids: Collection[UUID], since: date) -> dict[UUID, set[date]]:
    """On which days from `since` on each of them has an outcome already."""
    found: dict[UUID, set[date]] = {one: set() for one in subscription_ids}
    statement = columns(col(Cycle.subscription_id), col(Cycle.delivers_on)).where(
        among(col(Cycle.subscription_id), subscription_ids), col(Cycle.delivers_on) >= since
    )
    for subscription_id, delivers_on in session.execute(statement):
        found[subscription_id].add(delivers_on)
    return found


def _agreed(session: Session, ids: Collection[UUID]) -> dict[UUID, list[Agreed]]:
    """Plain columns: a run reads a hundred thousand of them, and none is ever changed here."""
    items: dict[UUID, list[Item]] = defaultdict(list)
    line = SubscriptionLine
    lines = columns(col(line.terms_id), col(line.variant_id), col(line.quantity), col(line.by_weekday))
    for terms_id, variant_id, quantity, by_weekday in session.execute(
        lines.where(among(col(line.subscription_id), ids)).order_by(col(line.position))
    ):
        items[terms_id].append(Item(variant_id, quantity, by_weekday))
    found: dict[UUID, list[Agreed]] = {one: [] for one in ids}
    term = SubscriptionTerms
    agreed = columns(
        col(term.subscription_id),
        col(term.id),
        col(term.from_on),
        col(term.rule),
        col(term.anchor_on),
        col(term.address_id),
        col(term.shift),
    )
    for subscription_id, terms_id, from_on, rule, anchor_on, address_id, shift in session.execute(
        agreed.where(among(col(term.subscription_id), ids)).order_by(col(term.from_on))
    ):
        known: Shift = "evening" if shift == "evening" else "morning"
        one = Agreed(from_on, Rule.of(rule), anchor_on, address_id, items[terms_id], known)
        found[subscription_id].append(one)
    return found


def _wishes(session: Session, ids: Collection[UUID], since: date) -> dict[UUID, dict[date, dict[UUID | None, int]]]:
    found: dict[UUID, dict[date, dict[UUID | None, int]]] = defaultdict(lambda: defaultdict(dict))
    change = DeliveryChange
    statement = columns(col(change.subscription_id), col(change.delivers_on), col(change.variant_id), col(change.quantity))
    for subscription_id, day, variant_id, quantity in session.execute(
        statement.where(among(col(change.subscription_id), ids), col(change.delivers_on) >= since)
    ):
        found[subscription_id][day][variant_id] = quantity
    return found


def _away(session: Session, customer_ids: Collection[UUID], since: date) -> Mapping[UUID, list[tuple[date, date]]]:
    found: dict[UUID, list[tuple[date, date]]] = defaultdict(list)
    statement = columns(col(Vacation.customer_id), col(Vacation.first_on), col(Vacation.last_on))
    for customer_id, first_on, last_on in session.execute(
        statement.where(among(col(Vacation.customer_id), customer_ids), col(Vacation.last_on) >= since)
    ):
        found[customer_id].append((first_on, last_on))
    return found


def _made(session: Session, ids: Collection[UUID]) -> dict[UUID, int]:
    """How many deliveries of each became orders."""
    if not ids:
        return {}
    statement = columns(col(Cycle.subscription_id), func.count().label("made")).where(
        among(col(Cycle.subscription_id), ids), col(Cycle.status) == "created"
    )
    counted = session.execute(statement.group_by(col(Cycle.subscription_id)))
    return {row.subscription_id: row.made for row in counted}
