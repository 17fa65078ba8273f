"""The command itself: everything at once, and an exit status that a script can trust."""

import json
import os
import subprocess
import sys

from app.cli.doctor.checks import CHECKS, Check, run_checks
from tests.cli.sound import environment_with, settings_with
from tests.conftest import BACKEND, Servers

AWAY = {"database_url": "postgresql://rozana:hunter2@127.0.0.1:1/x", "redis_url": "redis://:hunter2@127.0.0.1:1/0"}


def rozana(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app.cli.main", *arguments],
        cwd=BACKEND,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_ac39_everything_is_listed_at_once_with_what_to_do() -> None:
    done = rozana("doctor", "--json", ENVIRONMENT="production", **{name.upper(): url for name, url in AWAY.items()})
    said = json.loads(done.stdout)
    assert (done.returncode, said["ok"], said["environment"]) == (1, False, "production")
    checks = {finding["check"] for finding in said["findings"]}
    assert checks >= {
        "PostgreSQL",
        "Redis",
        "Queues",
        "Beat",
        "Secrets",
        "Addresses",
        "Payments",
        "Payment safety",
        "SMS",
        "E-mail",
    }
    assert all(finding["problem"] and finding["remedy"] for finding in said["findings"])
    assert "hunter2" not in done.stdout + done.stderr


def test_people_read_a_table(servers: Servers) -> None:
    changes = {"database_url": servers.postgres.admin_url, "redis_url": servers.valkey.url}
    done = rozana("doctor", COLUMNS="200", **environment_with(**changes))
    assert done.returncode == 1
    for words in ("The database login postgres is a superuser", "deploy/postgres", "No worker answers", "warning", "ok"):
        assert words in done.stdout
    assert "Traceback" not in done.stderr


def test_an_outage_is_told_once_and_stops_no_other_check() -> None:
    found = {check.name: findings for check, findings in run_checks(settings_with(**AWAY))}
    assert [finding.level for finding in found["PostgreSQL"] + found["Redis"]] == ["error", "error"]
    for name in ("Database role", "Migrations", "Clocks", "Beat", "Queues"):
        assert [finding.level for finding in found[name]] == ["warning"], name
    assert all(findings == [] for name, findings in found.items() if name in ("Secrets", "Addresses", "Payments", "Celery"))
    assert list(found) == [check.name for check in CHECKS]


def test_a_check_that_breaks_is_a_finding_too() -> None:
    checks = (Check("Broken", lambda _: [1 / 0]), Check("Fine", lambda _: []))  # type: ignore[list-item]
    (_, broken), (_, fine) = run_checks(settings_with(), checks)
    assert "This check failed itself: ZeroDivisionError" in broken[0].problem
    assert fine == []
