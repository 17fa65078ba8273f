"""What runs by itself, as the documents name it. Each entry seeds a row of every store, and the row wins from then on.

Beat's entries are made of these too, each only a tick for its own slot; a tick that is lost, or comes twice, changes nothing.
"""

from dataclasses import dataclass, field
from typing import Any

from celery.schedules import crontab

from app.core.config import settings


@dataclass(frozen=True)
class Recurring:
    """A documented entry: its name, its task, and its wall clock in UTC."""

    name: str
    task: str
    minute: str = "0"
    hour: str = "*"
    documented_hour: str = ""  # where the documents tick less often than the row does
    arguments: dict[str, Any] = field(default_factory=dict)
    is_enabled: bool = True  # False: the documents have it switched off, and so has the row
    urgency: int = 0  # 9 first


RECURRING = (
    # Hourly, where the documents have midnight: 05:30 in India is late for milk, and a day must not hang on one tick.
    Recurring("process-due-subscriptions", "app.tasks.subscriptions.process_due_subscriptions", documented_hour="0", urgency=6),
    Recurring(
        "send-subscription-renewal-reminders",
        "app.tasks.subscriptions.send_subscription_renewal_reminders",
        minute="15",
        urgency=3,
    ),
    # Ten minutes after the run, and every quarter of an hour: what it did not decide is seen within half an hour.
    Recurring("watch-billing", "app.tasks.billing_watch.watch_billing", minute="10,25,40,55", urgency=3),
    Recurring("top-up-wallets", "app.tasks.wallets.top_up_wallets", minute="20", urgency=3),
    # Hourly, as each store has its own zone: once on the first of its month it finds something.
    Recurring("issue-statements", "app.tasks.statements.issue_statements", minute="25"),
    Recurring("reconcile-settlements", "app.tasks.watching.reconcile_settlements", minute="45", hour="1"),  # 07:15 in India
    Recurring("check-invariants", "app.tasks.checking.check_invariants", minute="30"),  # 21:30, night in India: all
    Recurring("cleanup-expired-carts", "app.tasks.cleanup.cleanup_expired_carts", hour="2"),
    Recurring("cleanup-expired-tokens", "app.tasks.cleanup.cleanup_expired_tokens", hour="3"),
    Recurring(
        "cleanup-old-audit-logs",
        "app.tasks.cleanup.cleanup_old_audit_logs",
        minute="30",
        hour="3",
        arguments={"days_old": settings.access_log_days},
    ),
    Recurring("cleanup-abandoned-sessions", "app.tasks.cleanup.cleanup_abandoned_sessions", hour="4", is_enabled=False),
)

TICK_EXPIRES_SECONDS = 300  # a late one finds nothing that `open-slots` has not opened


def documented_ticks() -> dict[str, dict[str, Any]]:
    """For `beat_schedule`: the documented names, tasks and times."""
    return {
        entry.name: {
            "task": entry.task,
            "schedule": crontab(minute=entry.minute, hour=entry.documented_hour or entry.hour),
            "kwargs": {"tick": True},
            "options": {"expires": TICK_EXPIRES_SECONDS, "ignore_result": True},
        }
        for entry in RECURRING
        if entry.is_enabled
    }
