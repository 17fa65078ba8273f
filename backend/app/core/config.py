"""Every setting of the product: one class, grouped as `.env.example` shows it, read once at import.

Sources, strongest first: process environment, `.env`, `.rozana/env` (development, written by `scripts/run`), the default here.
No secret has a usable default. What a value must be in production is `rozana doctor`'s and boot's business, so that a
missing setting is named in a sentence instead of a traceback.
"""

import os
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

ROOT = Path(__file__).resolve().parents[3]
EMAIL_PROVIDERS = ("sendgrid", "smtp", "console")
CommaList = Annotated[list[str], NoDecode]  # `a,b` and not JSON, as people write it


def _env_files() -> tuple[Path, ...]:
    """A test run reads no file: it must not depend on what a developer has lying about. Production reads its own only."""
    own, generated = ROOT / ".env", ROOT / ".rozana" / "env"
    return {"test": (), "production": (own,)}.get(os.environ.get("ENVIRONMENT", ""), (generated, own))


def _setting(group: str, description: str, default: Any, **more: Any) -> Any:
    return Field(default, description=description, json_schema_extra={"group": group}, **more)


class Settings(BaseSettings):
    """The environment variables are these names in capitals."""

    model_config = SettingsConfigDict(env_file=_env_files(), extra="ignore", env_ignore_empty=True, frozen=True)

    environment: Literal["development", "test", "production"] = _setting(
        "Application", "development | test | production", "development"
    )
    frontend_url: str = _setting("Application", "Where the storefront lives; https in production", "")
    backend_url: str = _setting("Application", "Public address of this API: callbacks and webhooks are built from it", "")
    cors_origins: CommaList = _setting("Application", "Other origins whose browsers may call the API, comma-separated", [])
    storefront_path: str = _setting("Application", "Directory served at /shop/ (the storefront stub); empty: none", "")
    log_level: str = _setting("Application", "DEBUG, INFO, WARNING", "INFO")
    max_body_bytes: int = _setting("Application", "Largest request body taken", 1_000_000)

    secret_key: str = _setting("Secrets", "Signs tokens and digests; at least 32 random characters", "")
    encryption_key: str = _setting(
        "Secrets", "Encrypts secrets in the database; at least 32 random characters; `new,old` to rotate", ""
    )

    database_url: str = _setting("Database", "postgresql://user:password@host:5432/database, never a superuser", "")
    db_pool_size: int = _setting("Database", "Connections a process keeps at most; opened as they are needed", 20)

    redis_url: str = _setting("Redis", "Broker and results; maxmemory-policy must be noeviction", "")
    celery_broker_url: str = _setting("Redis", "Overrides REDIS_URL for the broker", "")
    celery_result_backend: str = _setting("Redis", "Overrides REDIS_URL for results", "")
    redis_host: str = _setting("Redis", "Used with the next four when no URL is set", "")
    redis_port: int = _setting("Redis", "", 6379)
    redis_password: str = _setting("Redis", "", "")
    redis_broker_db: int = _setting("Redis", "", 0)
    redis_use_ssl: bool = _setting("Redis", "", False)
    redis_result_host: str = _setting("Redis", "Another server for results, with the next four, when no URL is set", "")
    redis_result_port: int = _setting("Redis", "", 6379)
    redis_result_password: str = _setting("Redis", "", "")
    redis_result_db: int = _setting("Redis", "", 0)
    redis_result_use_ssl: bool = _setting("Redis", "", False)
    redis_ssl_verify_cert: bool = _setting("Redis", "Of both servers; false only for a self-signed test server", True)

    task_routes: str = _setting("Celery", 'More routes as JSON, e.g. {"app.tasks.mailbox.*": "sync"}', "")
    extra_queues: CommaList = _setting("Celery", "Queues to declare besides the three, comma-separated", [])
    lease_seconds: float = _setting("Celery", "How long a worker holds a row; above the timeouts of one provider call", 120.0)
    sweep_seconds: float = _setting("Celery", "How often lost work is looked for", 15.0)
    tick_seconds: float = _setting("Celery", "How often what is due by itself is looked for", 30.0)
    scheduler: Literal["beat", "embedded"] = _setting(
        "Celery", "beat: a process of its own; embedded: the API ticks, where no beat runs", "beat"
    )
    flower_basic_auth: str = _setting("Celery", "user:password of Flower", "")

    access_token_seconds: int = _setting("Sign-in", "Life of an access token", 900)
    refresh_session_days: int = _setting("Sign-in", "Life of a session that is not used", 30)
    otp_seconds: int = _setting("Sign-in", "Life of a one-time code", 300)
    otp_daily_limit: int = _setting("Sign-in", "One-time codes a store sends a day at most (SMS cost money)", 2000)
    access_log_days: int = _setting("Sign-in", "How long sign-ins and reads stay in the access log", 365)
    trusted_proxies: int = _setting("Sign-in", "How many proxies in front append to X-Forwarded-For; 0: none is believed", 0)

    razorpay_key_id: str = _setting("Razorpay", "rzp_test_… or rzp_live_…", "")
    razorpay_key_secret: str = _setting("Razorpay", "", "")
    razorpay_webhook_secret: str = _setting("Razorpay", "The webhook's own secret, not the API's", "")
    razorpay_webhook_secret_previous: str = _setting("Razorpay", "Still taken for 24 h after a rotation", "")
    razorpay_mode: Literal["test", "live"] = _setting("Razorpay", "test | live: must agree with the key", "test")
    razorpay_base_url: str = _setting("Razorpay", "Default https://api.razorpay.com, or SANDBOX_URL", "")

    email_provider: Literal["sendgrid", "smtp", "console"] = _setting("E-mail", "sendgrid | smtp | console", "console")
    email_backend: str = _setting("E-mail", "A Django class, as older installations have it; EMAIL_PROVIDER wins", "")
    default_from_email: str = _setting("E-mail", "Sender unless SENDGRID_FROM_EMAIL is set", "")
    sendgrid_api_key: str = _setting("E-mail", "", "")
    sendgrid_from_email: str = _setting("E-mail", "", "")
    sendgrid_webhook_public_key: str = _setting("E-mail", "Of the signed event webhook, base64", "")
    sendgrid_base_url: str = _setting("E-mail", "Default https://api.sendgrid.com, or SANDBOX_URL", "")
    smtp_host: str = _setting("E-mail", "", "")
    smtp_port: int = _setting("E-mail", "", 587)
    smtp_username: str = _setting("E-mail", "", "")
    smtp_password: str = _setting("E-mail", "", "")

    sms_provider: Literal["twilio", "console"] = _setting("SMS", "twilio | console", "console")
    twilio_account_sid: str = _setting("SMS", "", "")
    twilio_auth_token: str = _setting("SMS", "", "")
    twilio_phone_number: str = _setting("SMS", "", "")
    twilio_base_url: str = _setting("SMS", "Default https://api.twilio.com, or SANDBOX_URL", "")

    sandbox_url: str = _setting("Development", "The provider sandbox; never in production", "")

    @field_validator("cors_origins", "extra_queues", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @model_validator(mode="before")
    @classmethod
    def _from_email_backend(cls, values: dict[str, Any]) -> dict[str, Any]:
        """`anymail.backends.sendgrid.EmailBackend` says sendgrid. A class that names none of ours is refused, not guessed."""
        backend = values.get("email_backend")
        if backend and not values.get("email_provider"):
            known = [name for name in EMAIL_PROVIDERS if f".{name}." in backend]
            if not known:
                raise ValueError(f"EMAIL_BACKEND {backend} is none of {', '.join(EMAIL_PROVIDERS)}: set EMAIL_PROVIDER")
            values["email_provider"] = known[0]
        return values

    @property
    def broker_url(self) -> str:
        return self.celery_broker_url or self.redis_address

    @property
    def result_backend_url(self) -> str:
        if self.celery_result_backend or self.redis_url or not self.redis_result_host:
            return self.celery_result_backend or self.redis_address
        server = f"{self.redis_result_host}:{self.redis_result_port}/{self.redis_result_db}"
        return self._redis_url(server, self.redis_result_password, self.redis_result_use_ssl)

    @property
    def redis_address(self) -> str:
        """REDIS_URL, else put together from REDIS_HOST and its companions, else empty."""
        if self.redis_url or not self.redis_host:
            return self.redis_url
        server = f"{self.redis_host}:{self.redis_port}/{self.redis_broker_db}"
        return self._redis_url(server, self.redis_password, self.redis_use_ssl)

    def _redis_url(self, server: str, password: str, use_ssl: bool) -> str:
        login = f":{quote(password, safe='')}@" if password else ""
        certificate = f"?ssl_cert_reqs={'required' if self.redis_ssl_verify_cert else 'none'}" if use_ssl else ""
        return f"{'rediss' if use_ssl else 'redis'}://{login}{server}{certificate}"

    @property
    def is_production(self) -> bool:
        return self.environment == "production"

    @property
    def email_sender(self) -> str:
        return self.sendgrid_from_email or self.default_from_email

    def provider_url(self, provider: Literal["razorpay", "sendgrid", "twilio"]) -> str:
        """Where that provider's API is: its own setting, else the sandbox, else the real one."""
        own: str = getattr(self, f"{provider}_base_url")
        return (own or self.sandbox_url or f"https://api.{provider}.com").rstrip("/")


def _read() -> Settings:
    """The settings, or the end of the process with a sentence for each one that cannot be understood."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = [f"{'.'.join(map(str, one['loc'])).upper()}: {one['msg']}." for one in error.errors(include_input=False)]
        raise SystemExit("\n".join(["These settings cannot be understood:", *wrong])) from None


settings = _read()
