"""What the whole API and all tasks have in common, walked over every one of them."""

import json
import re
from typing import Any, get_args

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from sqlmodel import SQLModel

from app.core.celery_app import TASK_MODULES, celery_app
from app.main import ROUTERS, app
from app.tasks.inbox import AppliedTwice, Applier, Ignored, applier_of, one_each
from tests.conftest import BACKEND

SPECIFICATION = app.openapi()
OPERATIONS = [
    pytest.param(method, path, operation, id=f"{method.upper()} {path}")
    for path, methods in SPECIFICATION["paths"].items()
    for method, operation in methods.items()
]

DOCUMENTED_TASKS = {
    "app.tasks.notifications": {
        "send_email_task", "send_sms_task", "send_templated_email_task", "send_templated_sms_task",
        "send_order_confirmation_task", "send_order_shipped_task", "send_payment_failed_task",
        "send_notification_email", "send_bulk_notification_emails", "send_welcome_email",
        "send_subscription_renewal_reminder_task",
    },
    "app.tasks.subscriptions": {
        "process_due_subscriptions", "process_single_subscription", "send_subscription_renewal_reminders",
    },
    "app.tasks.cleanup": {
        "cleanup_expired_carts", "cleanup_expired_tokens", "cleanup_old_audit_logs", "cleanup_abandoned_sessions",
    },
}  # fmt: skip

# Razorpay: webhooks/all, and recurring-payments/webhooks
RAZORPAY_EVENTS = """
order.paid payment.authorized payment.captured payment.failed payment.downtime.started payment.downtime.updated
payment.downtime.resolved payment.dispute.created payment.dispute.won payment.dispute.lost payment.dispute.closed
payment.dispute.under_review payment.dispute.action_required refund.created refund.processed refund.failed
refund.speed_changed invoice.paid invoice.partially_paid invoice.expired subscription.authenticated
subscription.activated subscription.charged subscription.completed subscription.updated subscription.pending
subscription.halted subscription.cancelled subscription.paused subscription.resumed payment_link.paid
payment_link.partially_paid payment_link.cancelled payment_link.expired settlement.processed token.confirmed
token.rejected token.cancelled token.paused token.resumed virtual_account.credited virtual_account.created
virtual_account.closed qr_code.created qr_code.credited qr_code.closed fund_account.validation.completed
fund_account.validation.failed payout.processed payout.failed transfer.processed transfer.failed
order.notification.delivered order.notification.failed
""".split()  # noqa: SIM905 - a page of names, not of quotes


def test_every_reference_of_the_document_leads_somewhere() -> None:
    """A client made from the document stops at the first one that does not."""
    named = set(re.findall(r'"\$ref": "([^"]+)"', json.dumps(SPECIFICATION)))
    assert {name for name in named if not name.startswith("#/components/schemas/")} == set()
    assert {name.rpartition("/")[2] for name in named} <= SPECIFICATION["components"]["schemas"].keys()


def api_routes() -> list[APIRoute]:
    from importlib import import_module

    routers = [import_module(f"app.api.{name}").router for name in ROUTERS]
    return [route for router in routers for route in router.routes if isinstance(route, APIRoute)]


def mentions_table(annotation: Any) -> bool:
    if isinstance(annotation, type) and issubclass(annotation, SQLModel):
        return bool(annotation.model_config.get("table"))
    return any(mentions_table(argument) for argument in get_args(annotation))


@pytest.mark.parametrize("route", api_routes(), ids=lambda route: f"{route.methods} {route.path}")
def test_ac48_no_table_is_a_request_or_a_response_body(route: APIRoute) -> None:
    """A table model does not validate, and would show every column that is added to it."""
    bodies = [field.field_info.annotation for field in route.dependant.body_params]
    assert not any(mentions_table(annotation) for annotation in (*bodies, route.response_model))


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_every_operation_says_what_it_does_and_how_it_refuses(method: str, path: str, operation: dict[str, Any]) -> None:
    assert operation.get("description"), "a docstring for whoever calls it"
    assert operation.get("tags")
    assert "application/problem+json" in operation["responses"]["4XX"]["content"]
    if method in ("post", "put", "patch") and "requestBody" in operation:
        assert "422" not in operation["responses"] or "problem" in str(operation["responses"]["422"]), "FastAPI's own shape"


def test_every_documented_task_is_registered_under_its_name() -> None:
    celery_app.loader.import_default_modules()
    documented = {f"{module}.{name}" for module, names in DOCUMENTED_TASKS.items() for name in names}
    assert documented <= celery_app.tasks.keys()


def test_every_module_of_tasks_is_loaded_by_a_worker() -> None:
    with_tasks = {
        f"app.tasks.{path.stem}"
        for path in (BACKEND / "app" / "tasks").glob("*.py")
        if re.search(r"celery_app\.task\(|@telling|^@scheduled\(", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert with_tasks <= set(TASK_MODULES)


def test_every_task_of_ours_has_a_time_limit_or_the_general_one() -> None:
    celery_app.loader.import_default_modules()
    limits = {
        name: task.time_limit or celery_app.conf.task_time_limit
        for name, task in celery_app.tasks.items()
        if name.startswith("app.")
    }
    assert limits
    assert all(0 < limit <= 30 * 60 for limit in limits.values())


def test_every_tick_of_beat_names_a_registered_task() -> None:
    celery_app.loader.import_default_modules()
    assert {entry["task"] for entry in celery_app.conf.beat_schedule.values()} <= celery_app.tasks.keys()


@pytest.mark.parametrize("event_type", RAZORPAY_EVENTS)
def test_every_event_of_razorpay_is_applied_or_ignored_for_a_reason(event_type: str) -> None:
    entry = applier_of("razorpay", event_type)
    assert isinstance(entry, Applier) or (isinstance(entry, Ignored) and "does not know" not in entry.reason)


def test_ac04_an_event_type_named_twice_refuses_to_boot() -> None:
    """A dict would keep the last entry and say nothing: one event would be applied by what nobody meant."""
    entry = Ignored("for a reason")
    with pytest.raises(AppliedTwice, match=r"razorpay order\.paid"):
        one_each(("razorpay", "order.paid", entry), ("twilio", "status", entry), ("razorpay", "order.paid", entry))


def test_the_documentation_page_needs_no_other_host(client: TestClient) -> None:
    page = client.get("/docs")
    assert page.status_code == 200
    parts = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(parts) == 3
    for part in parts:
        assert part.startswith("/docs/assets/"), part
        assert client.get(part).status_code == 200
