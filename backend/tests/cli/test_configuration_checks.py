"""Each dangerous or missing setting is named, and nothing else is."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from app.core.checks import configuration as checks
from app.core.checks.findings import Finding
from app.core.checks.scheduling import judge_limits, judge_scheduler
from app.core.config import Settings
from tests.cli.sound import settings_with

ALL: tuple[Callable[[Settings], Iterable[Finding]], ...] = (
    checks.check_secrets,
    checks.check_razorpay_safety,
    checks.check_razorpay_account,
    checks.check_addresses,
    checks.check_sandbox,
    checks.check_email,
    checks.check_sms,
    lambda settings: checks.check_flower(settings, {}),
)
LIVE_KEY, TEST_KEY = {"razorpay_key_id": "rzp_live_a1"}, {"razorpay_key_id": "rzp_test_a1"}

BROKEN: dict[str, tuple[dict[str, Any], str, str]] = {
    "no secret key": ({"secret_key": ""}, "error", "SECRET_KEY is not set"),
    "a short secret key": ({"secret_key": "Xn5vB2yQ8mC7zK1jF4hT9wS6gD3aLpO"}, "error", "SECRET_KEY is shorter than 32"),
    "the example's secret key": ({"secret_key": checks.PLACEHOLDER}, "error", "SECRET_KEY is a default"),
    "the tests' secret key": ({"secret_key": "test-secret-key-of-at-least-32-characters"}, "error", "SECRET_KEY is a default"),
    "a monotonous secret key": ({"secret_key": "abc" * 16}, "error", "SECRET_KEY is a default"),
    "a short old encryption key": (
        {"encryption_key": "Xn5vB2yQ8mC7zK1jF4hT9wS6gD3aLpOuRiEe0rYk,old"},
        "error",
        "ENCRYPTION_KEY is shorter",
    ),
    "the example's encryption key": ({"encryption_key": checks.PLACEHOLDER}, "error", "ENCRYPTION_KEY is a default"),
    "no webhook secret": ({"razorpay_webhook_secret": ""}, "error", "RAZORPAY_WEBHOOK_SECRET is not set"),
    "test key, live mode": (TEST_KEY, "error", "RAZORPAY_MODE is live but RAZORPAY_KEY_ID is a test key"),
    "live key, test mode": ({"razorpay_mode": "test"}, "error", "RAZORPAY_MODE is test but RAZORPAY_KEY_ID is a live key"),
    "live key, other address": (
        {"razorpay_base_url": "http://localhost:9000"},
        "error",
        "payments would go to localhost instead of api.razorpay.com",
    ),
    "no Razorpay account": ({"razorpay_key_secret": ""}, "error", "Nobody can pay: RAZORPAY_KEY_SECRET is not set"),
    "play money": (TEST_KEY | {"razorpay_mode": "test"}, "warning", "RAZORPAY_MODE is test"),
    "an open storefront address": (
        {"frontend_url": "http://shop.example"},
        "error",
        "FRONTEND_URL is not an https address: http://shop.example",
    ),
    "no storefront address": ({"frontend_url": ""}, "error", "FRONTEND_URL is not set"),
    "an open API address": ({"backend_url": "http://api.shop.example"}, "error", "BACKEND_URL is not an https address"),
    "every origin": ({"cors_origins": ["*"]}, "error", "CORS_ORIGINS lets every site act"),
    "SendGrid without a key": ({"sendgrid_api_key": ""}, "error", "no e-mail can leave: SENDGRID_API_KEY is not set"),
    "no sender": ({"sendgrid_from_email": ""}, "error", "no e-mail can leave: SENDGRID_FROM_EMAIL is not set"),
    "SMTP without a host": ({"email_provider": "smtp"}, "error", "no e-mail can leave: SMTP_HOST is not set"),
    "no receipts": ({"sendgrid_webhook_public_key": ""}, "warning", "SENDGRID_WEBHOOK_PUBLIC_KEY is not set"),
    "e-mail to the console": ({"email_provider": "console"}, "warning", "EMAIL_PROVIDER is console"),
    "Twilio without credentials": (
        {"twilio_auth_token": "", "twilio_phone_number": ""},
        "error",
        "no SMS can leave: TWILIO_AUTH_TOKEN and TWILIO_PHONE_NUMBER are not set",
    ),
    "SMS to the console": ({"sms_provider": "console"}, "warning", "SMS_PROVIDER is console"),
    "a Flower user without password": ({"flower_basic_auth": "admin"}, "error", "Flower would be open to everybody"),
}


def findings(settings: Settings) -> list[Finding]:
    return [finding for check in ALL for finding in check(settings)]


def test_nothing_is_wrong_with_a_sound_configuration() -> None:
    assert findings(settings_with()) == []


@pytest.mark.parametrize("name", BROKEN)
def test_ac39_a_broken_production_setting_is_named(name: str) -> None:
    changes, level, words = BROKEN[name]
    (finding,) = findings(settings_with(**changes))
    assert finding.level == level
    assert words in finding.problem
    assert finding.remedy


def test_ac39_all_are_named_at_once() -> None:
    nothing = dict.fromkeys(("secret_key", "encryption_key", "razorpay_webhook_secret", "frontend_url", "backend_url"), "")
    assert len(findings(settings_with(**nothing, **TEST_KEY))) == 6


def test_live_keys_and_a_sandbox_are_both_named_in_production() -> None:
    found = findings(settings_with(sandbox_url="http://sandbox:9000"))
    assert [finding.level for finding in found] == ["error", "error"]
    assert any("payments would go to sandbox" in finding.problem for finding in found)
    assert any("SANDBOX_URL is set in production" in finding.problem for finding in found)


def test_live_keys_never_meet_the_sandbox_anywhere() -> None:
    settings = settings_with(
        environment="development", sandbox_url="http://sandbox:9000", razorpay_base_url="https://api.razorpay.com"
    )
    (finding,) = checks.check_razorpay_safety(settings)
    assert (finding.level, finding.problem) == ("error", "RAZORPAY_KEY_ID is a live key although SANDBOX_URL is set.")


def test_on_a_developers_machine_defaults_only_warn() -> None:
    changes = {"secret_key": checks.PLACEHOLDER, "frontend_url": "http://localhost/shop", "sandbox_url": "http://localhost:9"}
    found = findings(settings_with(environment="development", razorpay_mode="test", **changes, **TEST_KEY))
    assert [finding.level for finding in found] == ["warning"]


def test_no_secret_is_repeated_in_a_finding() -> None:
    secrets = {"secret_key": "hunter2", "encryption_key": "hunter2", "flower_basic_auth": "hunter2", "twilio_auth_token": ""}
    assert "hunter2" not in " ".join(map(str, findings(settings_with(**secrets))))


def test_ac39_flower_is_not_open() -> None:
    wanted = {"FLOWER_PORT": "5555"}
    (finding,) = checks.check_flower(settings_with(), wanted)
    assert finding.level == "error"
    assert list(checks.check_flower(settings_with(flower_basic_auth="admin:a long one"), wanted)) == []


@pytest.mark.parametrize(
    ("in_worker", "scheduler", "words"),
    [
        (True, "celery.beat:Scheduler", "Beat runs inside a worker"),
        (False, "redbeat.RedBeatScheduler", "Beat's scheduler is redbeat.RedBeatScheduler"),
    ],
)
def test_beat_runs_alone_and_with_celerys_scheduler(in_worker: bool, scheduler: str, words: str) -> None:
    (finding,) = judge_scheduler(settings_with(), in_worker=in_worker, scheduler=scheduler)
    assert finding.level == "error"
    assert words in finding.problem
    (mild,) = judge_scheduler(settings_with(environment="development"), in_worker=in_worker, scheduler=scheduler)
    assert mild.level == "warning"


def test_a_task_is_not_delivered_again_while_it_may_still_run() -> None:
    (finding,) = judge_limits(visibility_seconds=1800, hard_limit_seconds=1800)
    assert finding.problem == "The broker repeats a task after 1800 s although it may run 1800 s."
    assert list(judge_limits(visibility_seconds=3600, hard_limit_seconds=1800)) == []
