"""Settings under the documented names, and what wins over what."""

from typing import Any

import pytest
from pydantic import ValidationError

from app.core.config import Settings

NONE: dict[str, Any] = {"redis_url": "", "celery_broker_url": "", "celery_result_backend": ""}


def test_one_url_serves_broker_and_results() -> None:
    settings = Settings(redis_url="redis://one/0")
    assert (settings.broker_url, settings.result_backend_url) == ("redis://one/0", "redis://one/0")


def test_each_url_of_celery_wins_over_the_common_one() -> None:
    settings = Settings(redis_url="redis://one/0", celery_broker_url="redis://two/0", celery_result_backend="redis://three/1")
    assert (settings.broker_url, settings.result_backend_url) == ("redis://two/0", "redis://three/1")


def test_without_a_url_the_parts_make_one() -> None:
    settings = Settings(**NONE, redis_host="cache", redis_port=6380, redis_password="p@ss/word", redis_broker_db=2)
    assert settings.broker_url == settings.result_backend_url == "redis://:p%40ss%2Fword@cache:6380/2"


def test_results_may_have_a_server_of_their_own() -> None:
    settings = Settings(**NONE, redis_host="broker", redis_result_host="results", redis_result_db=1, redis_result_use_ssl=True)
    assert settings.broker_url == "redis://broker:6379/0"
    assert settings.result_backend_url == "rediss://results:6379/1?ssl_cert_reqs=required"
    careless = Settings(**NONE, redis_host="broker", redis_use_ssl=True, redis_ssl_verify_cert=False)
    assert careless.broker_url == "rediss://broker:6379/0?ssl_cert_reqs=none"


@pytest.mark.parametrize(
    ("backend", "provider"),
    [
        ("anymail.backends.sendgrid.EmailBackend", "sendgrid"),
        ("django.core.mail.backends.console.EmailBackend", "console"),
        ("django.core.mail.backends.smtp.EmailBackend", "smtp"),
    ],
)
def test_an_older_email_backend_names_the_provider(monkeypatch: pytest.MonkeyPatch, backend: str, provider: str) -> None:
    monkeypatch.delenv("EMAIL_PROVIDER")
    assert Settings(email_backend=backend).email_provider == provider
    assert Settings(email_backend=backend, email_provider="smtp").email_provider == "smtp"


def test_an_unknown_email_backend_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EMAIL_PROVIDER")
    with pytest.raises(ValidationError, match="set EMAIL_PROVIDER"):
        Settings(email_backend="django.core.mail.backends.locmem.EmailBackend")


def test_lists_are_written_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORS_ORIGINS", "https://a.example, https://b.example,")
    assert Settings().cors_origins == ["https://a.example", "https://b.example"]
