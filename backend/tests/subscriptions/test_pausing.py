"""Fifty pauses and resumptions at random: no two overlap, no day is lost, and no date moves."""

from random import Random

import pytest

from app.audit.models import AuditEntry
from app.core.work import unit_of_work
from app.stores import service as stores
from app.stores.models import Store
from app.subscriptions import changing, plan_queries, queries
from app.subscriptions.coming import is_delivery_day
from app.subscriptions.planning import Calendar
from tests.subscribing import days, local, make_subscriber, rows, subscribe, today


@pytest.mark.parametrize(
    "rule", [{"kind": "daily"}, {"kind": "weekdays", "weekdays": ["tue", "sat"]}], ids=lambda rule: rule["kind"]
)
def test_ac27_fifty_pauses_and_resumptions_never_overlap_and_lose_no_day(store: Store, rule: dict[str, object]) -> None:
    asha, random = make_subscriber(store), Random(27)
    begin = today(store) + days(2)
    made = subscribe(asha, begin, rule)
    with unit_of_work(store.id) as session:
        shop = stores.get(session)
        anchor_on = plan_queries.plan(session, made, begin).agreed[0].anchor_on
        now = local(today(store), 12)
        for _ in range(50):
            until = (now + days(random.randint(1, 20))).date() if random.random() < 0.5 else None
            at = Calendar.of(shop, now)
            changing.pause(session, made.id, None, until, actor=asha.actor, calendar=at)
            paused = queries.get(session, made.id, None)
            assert (paused.next_on is None) == (until is None)
            assert until is None or (paused.next_on is not None and paused.next_on >= until)
            now += days(random.randint(0, 9))
            at = Calendar.of(shop, now)
            changing.resume(session, made.id, None, actor=asha.actor, calendar=at)
            resumed = queries.get(session, made.id, None)
            plan = plan_queries.plan(session, resumed, begin)
            assert resumed.next_on is not None and resumed.plans_at is not None and resumed.plans_at > now
            assert is_delivery_day(plan, resumed.next_on) and resumed.paused_until is None
            earlier = (resumed.next_on - days(day) for day in range(1, (resumed.next_on - at.today).days + 1))
            assert not any(
                is_delivery_day(plan, day) and at.instants("cash_on_delivery", day).edit_until > now for day in earlier
            )
            assert [one.anchor_on for one in plan.agreed] == [anchor_on]
            now += days(random.randint(0, 3))
    told = [one.action for one in rows(store, AuditEntry) if one.action in ("subscription.paused", "subscription.resumed")]
    assert told == ["subscription.paused", "subscription.resumed"] * 50
