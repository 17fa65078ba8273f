"""`.env.example` tells of every setting, and copying it changes nothing."""

import re

import pytest
from dotenv import dotenv_values

from app.cli.env_example import CONTAINERS, render
from app.core.config import ROOT, Settings
from tests.conftest import BACKEND

# Of the documented names, those that the app takes.
DOCUMENTED = (
    "REDIS_URL", "DATABASE_URL", "FRONTEND_URL", "BACKEND_URL",
    "EMAIL_PROVIDER", "SMS_PROVIDER", "CELERY_BROKER_URL", "CELERY_RESULT_BACKEND",
    "SENDGRID_API_KEY", "SENDGRID_FROM_EMAIL", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN",
    "TWILIO_PHONE_NUMBER", "DEFAULT_FROM_EMAIL", "RAZORPAY_KEY_ID", "RAZORPAY_KEY_SECRET",
    "RAZORPAY_WEBHOOK_SECRET", "SMTP_HOST", "SMTP_PORT", "SMTP_USERNAME",
    "SMTP_PASSWORD", "REDIS_HOST", "REDIS_PORT", "REDIS_PASSWORD",
    "REDIS_BROKER_DB", "REDIS_USE_SSL", "REDIS_RESULT_HOST", "REDIS_RESULT_PORT", "REDIS_RESULT_PASSWORD", "REDIS_RESULT_DB",
    "REDIS_RESULT_USE_SSL", "REDIS_SSL_VERIFY_CERT", "EMAIL_BACKEND", "SECRET_KEY", "ENVIRONMENT",
)  # fmt: skip
# What `scripts/run` decides for a clone: a copy of the example must not win over it.
DECIDED_BY_SCRIPTS_RUN = set(
    re.findall(r'^        "([A-Z_]+)": ', (BACKEND / "local/environment.py").read_text(), re.MULTILINE)
)


def names() -> list[str]:
    return re.findall(r"^(?:# )?([A-Z][A-Z_0-9]*)=", render(), re.MULTILINE)


def test_the_file_is_what_the_generator_writes() -> None:
    """Known? `rozana env-example > .env.example`."""
    assert (ROOT / ".env.example").read_text(encoding="utf-8") == render()


def test_it_tells_of_every_setting_once() -> None:
    assert names() == [*(name.upper() for name in Settings.model_fields), *CONTAINERS]


@pytest.mark.parametrize("name", DOCUMENTED)
def test_every_documented_name_is_there(name: str) -> None:
    assert name in names()


def test_every_setting_says_its_group() -> None:
    for name, field in Settings.model_fields.items():
        assert isinstance(field.json_schema_extra, dict), name
        assert field.json_schema_extra["group"], name


def test_a_copy_of_it_changes_no_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    copied = Settings(_env_file=ROOT / ".env.example")
    assert copied == Settings(_env_file=None)


def test_a_copy_of_it_takes_nothing_from_scripts_run() -> None:
    assert {"DATABASE_URL", "EMAIL_PROVIDER", "SECRET_KEY"} <= DECIDED_BY_SCRIPTS_RUN
    set_here = dotenv_values(ROOT / ".env.example").keys()
    assert set_here & DECIDED_BY_SCRIPTS_RUN <= {"RAZORPAY_MODE"}  # the same value in both


def test_it_holds_no_secret() -> None:
    told = dotenv_values(ROOT / ".env.example")
    assert [name for name in told if re.search("KEY|SECRET|PASSWORD|TOKEN$|_URL$", name)] == []
