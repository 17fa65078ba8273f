"""Subscriptions: whoever subscribed is not forgotten, and what is due is decided."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from app.insight.checks.frame import MAX_FINDINGS, Check
from app.stores import service as stores
from app.subscriptions import plan_queries, planning
from app.subscriptions.models import Subscription
from app.subscriptions.planning import Calendar


def _forgotten(session: Session, now: datetime) -> Sequence[Mapping[str, Any]]:
    """Active, with days to come by what is agreed, and no next delivery."""
    idle = select(Subscription).where(
        Subscription.status == "active", col(Subscription.next_on).is_(None), col(Subscription.held_at).is_(None)
    )
    found = session.exec(idle.order_by(col(Subscription.id)).limit(MAX_FINDINGS)).all()
    today = Calendar.of(stores.get(session), now).today
    plans = plan_queries.plans(session, found, today)
    days = {one.id: next(planning.deliveries(one, plans[one.id], today), None) for one in found if plans[one.id].agreed}
    return [{"id": one, "delivers_on": day.delivers_on, "amount": None} for one, day in days.items() if day is not None]


CHECKS = (
    Check(
        "subscription_forgotten",
        "A subscription that goes on knows its next delivery.",
        "subscriptions",
        _forgotten,
        "A subscription is active and would deliver on {delivers_on}, and nothing of it is planned.",
        "It gets nothing meanwhile. The repair plans its next delivery that can still be changed.",
        is_repaired=True,
        is_cheap=True,
    ),
    Check(
        "delivery_undecided",
        "What may be planned is decided by the next run, an hour later at most.",
        "subscriptions",
        """SELECT s.id, s.next_on, s.plans_at, NULL::bigint AS amount FROM subscriptions s
        WHERE s.plans_at < CAST(:now AS timestamptz) - interval '2 hours' AND s.held_at IS NULL
            AND NOT EXISTS (SELECT FROM billing_runs r WHERE r.status = 'held')""",
        "A delivery of {next_on} could be planned from {plans_at} on, and nobody has.",
        "`/health/billing` and `rozana doctor` say what does not run; `rozana billing run` decides what is due now.",
        is_cheap=True,
    ),
    Check(
        "billing_run_held",
        "A billing run that is larger than usual is looked at soon.",
        "billing_runs",
        """SELECT r.id, r.expected_count, r.hold_reason, r.started_at, r.expected_amount AS amount FROM billing_runs r
        WHERE r.status = 'held'""",
        "A run of {expected_count} deliveries for {amount} waits for approval since {started_at}: {hold_reason}.",
        "Look at `rozana billing preview`; `rozana billing approve` lets it begin. Nothing is delivered meanwhile.",
        is_cheap=True,
    ),
    Check(
        "delivery_of_another",
        "The order of a delivery is its subscriber's.",
        "orders",
        """SELECT o.id, o.number, o.total_amount AS amount FROM orders o JOIN cycles c ON c.id = o.cycle_id
        JOIN subscriptions s ON s.id = c.subscription_id WHERE s.customer_id <> o.customer_id""",
        "Order {number} over {amount} came of a subscription of somebody else.",
        "Both are written in one transaction: find out who wrote to the tables, and give back what was paid.",
    ),
    Check(
        "terms_without_lines",
        "Whatever is agreed says what comes.",
        "subscription_terms",
        """SELECT t.id, t.subscription_id, t.from_on, NULL::bigint AS amount FROM subscription_terms t
        JOIN subscriptions s ON s.id = t.subscription_id
        WHERE s.status NOT IN ('cancelled', 'completed')
            AND NOT EXISTS (SELECT FROM subscription_lines l WHERE l.terms_id = t.id)""",
        "From {from_on} on nothing at all is agreed in subscription {subscription_id}.",
        "Ask the customer what is to come, and have it changed: POST /api/v1/subscriptions/…/changes.",
    ),
    Check(
        "subscription_held",
        "A subscription that made trouble is looked at.",
        "subscriptions",
        """SELECT s.id, s.held_at, s.held_reason, NULL::bigint AS amount FROM subscriptions s WHERE s.held_at IS NOT NULL""",
        "A subscription made trouble in the run ({held_reason}) and delivers nothing since {held_at}.",
        "The log says more (delivery_not_billed). Mend the cause first; the repair has the next run decide it again.",
        severity="notice",
        is_repaired=True,
        is_cheap=True,
    ),
)
