"""The commands that only look: queues, stores, schema."""

import pytest
from redis import Redis
from typer.testing import CliRunner

from app.cli.main import app
from app.cli.queues import count_waiting
from app.cli.schema import ddl_lines
from app.core.celery_app import celery_app
from app.core.config import settings
from app.stores.models import Store
from app.tables import metadata


@pytest.fixture
def run() -> CliRunner:
    return CliRunner(env={"COLUMNS": "300"})


def test_queues_are_counted_by_urgency(run: CliRunner) -> None:
    with Redis.from_url(settings.redis_url) as broker:
        broker.flushall()
        for urgency in (9, 9, 0):
            celery_app.send_task("app.tasks.notifications.deliver", args=["a", "b"], priority=urgency, ignore_result=True)
        celery_app.send_task("app.tasks.work.sweep", ignore_result=True)
        waiting = count_waiting(settings.broker_url)
        assert waiting == {"default": [1, 0, 0, 0], "notifications": [2, 0, 0, 1], "subscriptions": [0, 0, 0, 0]}
        shown = run.invoke(app, ["queues"])
        broker.flushall()
    assert shown.exit_code == 0
    assert "notifications" in shown.output


def test_stores_are_listed(run: CliRunner, store: Store) -> None:
    shown = run.invoke(app, ["stores"])
    assert shown.exit_code == 0
    assert str(store.id) in shown.output


def test_the_schema_is_printed_in_a_fixed_order(run: CliRunner) -> None:
    shown = run.invoke(app, ["schema"])
    assert shown.output.splitlines() == ddl_lines()
    tables = [line.split()[2] for line in ddl_lines() if line.startswith("CREATE TABLE")]
    assert tables == sorted(metadata.tables)
