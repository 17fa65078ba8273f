"""What can be said of the settings alone. What is only untidy on a developer's machine is an error in production."""

import os
import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from app.core.checks.findings import Finding, error, warning
from app.core.config import Settings
from app.core.security import MIN_KEY_LENGTH

PLACEHOLDER = "change-me-to-at-least-32-random-characters"  # what .env.example shows
MIN_DISTINCT = 8  # different characters; 32 random hexadecimal digits have fewer once in 10⁹
GUESSABLE = re.compile(
    r"change.?me|replace.?me|placeholder|^(test|demo|dev|development|example|default|insecure|secret|your)[-_ ]", re.IGNORECASE
)
NEW_SECRET = "Make one: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"  # noqa: S105
RAZORPAY_HOST = "api.razorpay.com"


def check_secrets(settings: Settings) -> Iterator[Finding]:
    """Each key is long and nobody's guess. A short one fails everywhere, because signing and encrypting refuse it."""
    keys = [("SECRET_KEY", settings.secret_key)]
    keys += [("ENCRYPTION_KEY", key.strip()) for key in settings.encryption_key.split(",")]
    for name, key in keys:
        if not key:
            yield error(f"{name} is not set.", NEW_SECRET)
        elif len(key) < MIN_KEY_LENGTH:
            yield error(f"{name} is shorter than {MIN_KEY_LENGTH} characters.", NEW_SECRET)
        elif GUESSABLE.search(key) or len(set(key)) < MIN_DISTINCT:
            yield _grave(settings, f"{name} is a default that anybody can guess.", NEW_SECRET)


def check_razorpay_safety(settings: Settings) -> Iterator[Finding]:
    """No payment goes unheard, and neither real money to a stand-in nor play money to a real shop."""
    if not settings.razorpay_webhook_secret:
        problem = "RAZORPAY_WEBHOOK_SECRET is not set: Razorpay's webhooks cannot be verified and are refused."
        remedy = "Set the secret of the webhook in Razorpay's dashboard (Account & Settings → Webhooks)."
        yield error(problem, remedy) if settings.razorpay_key_id else _grave(settings, problem, remedy)
    live_key, test_key = (settings.razorpay_key_id.startswith(f"rzp_{mode}_") for mode in ("live", "test"))
    if test_key and settings.razorpay_mode == "live":
        yield error(
            "RAZORPAY_MODE is live but RAZORPAY_KEY_ID is a test key: no customer would ever pay.",
            "Set the rzp_live_ key and its secret, or RAZORPAY_MODE=test.",
        )
    if live_key and settings.razorpay_mode == "test":
        yield error(
            "RAZORPAY_MODE is test but RAZORPAY_KEY_ID is a live key: tests would take real money.",
            "Set the rzp_test_ key and its secret, or RAZORPAY_MODE=live.",
        )
    host = urlsplit(settings.provider_url("razorpay")).hostname
    if live_key and (settings.sandbox_url or host != RAZORPAY_HOST):
        yield error(
            f"RAZORPAY_KEY_ID is a live key, but payments would go to {host} instead of {RAZORPAY_HOST}."
            if host != RAZORPAY_HOST
            else "RAZORPAY_KEY_ID is a live key although SANDBOX_URL is set.",
            "Unset SANDBOX_URL and RAZORPAY_BASE_URL, or use a test key.",
        )


def check_razorpay_account(settings: Settings) -> Iterator[Finding]:
    """Somebody can pay."""
    missing = _unset(settings, "razorpay_key_id", "razorpay_key_secret")
    if missing:
        yield _grave(settings, f"Nobody can pay: {missing}.", "Copy key and secret from Razorpay's dashboard.")
    if settings.is_production and settings.razorpay_mode == "test" and not settings.razorpay_key_id.startswith("rzp_live_"):
        yield warning("RAZORPAY_MODE is test: this installation takes no real money.", "Set RAZORPAY_MODE=live when it should.")


def check_addresses(settings: Settings) -> Iterator[Finding]:
    """Tokens and codes travel only encrypted, and only to our own pages."""
    for name, url in (("FRONTEND_URL", settings.frontend_url), ("BACKEND_URL", settings.backend_url)):
        if settings.is_production and urlsplit(url).scheme != "https":
            problem = f"{name} is not an https address: {url}." if url else f"{name} is not set."
            yield error(problem, f"Set {name} to the public address, beginning with https://.")
    if "*" in settings.cors_origins:
        yield _grave(settings, "CORS_ORIGINS lets every site act for a signed-in customer.", "Name the origins.")


def check_sandbox(settings: Settings) -> Iterator[Finding]:
    if settings.is_production and settings.sandbox_url:
        yield error(
            "SANDBOX_URL is set in production: payments, e-mail and SMS would go to a stand-in.",
            "Unset SANDBOX_URL, or set ENVIRONMENT=development.",
        )


def check_email(settings: Settings) -> Iterator[Finding]:
    """The chosen provider can send."""
    needs = {"sendgrid": ("sendgrid_api_key",), "smtp": ("smtp_host",), "console": ()}[settings.email_provider]
    sender = () if settings.email_sender or settings.email_provider == "console" else ("sendgrid_from_email",)
    if missing := _unset(settings, *needs, *sender):
        yield error(f"EMAIL_PROVIDER is {settings.email_provider}, but no e-mail can leave: {missing}.", "Set it.")
    if settings.is_production and settings.email_provider == "console":
        yield warning("EMAIL_PROVIDER is console: customers get no e-mail.", "Set it to sendgrid or smtp.")
    if settings.email_provider == "sendgrid" and not settings.sendgrid_webhook_public_key:
        yield warning(
            "SENDGRID_WEBHOOK_PUBLIC_KEY is not set: SendGrid's receipts are refused, and an unknown fate stays unknown.",
            "Switch the signed event webhook on in SendGrid and copy its verification key.",
        )


def check_sms(settings: Settings) -> Iterator[Finding]:
    """One-time codes reach their phones."""
    needs = ("twilio_account_sid", "twilio_auth_token", "twilio_phone_number") if settings.sms_provider == "twilio" else ()
    if missing := _unset(settings, *needs):
        yield error(f"SMS_PROVIDER is {settings.sms_provider}, but no SMS can leave: {missing}.", "Set it.")
    if settings.is_production and settings.sms_provider == "console":
        yield warning("SMS_PROVIDER is console: nobody can sign in with a phone number.", "Set it to twilio.")


def check_flower(settings: Settings, environ: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """Flower is wanted (a FLOWER_ variable is set) and has a password."""
    wanted = any(name.startswith("FLOWER_") and value for name, value in environ.items())
    if wanted or settings.flower_basic_auth:
        yield from check_flower_password(settings)


def check_flower_password(settings: Settings) -> Iterator[Finding]:
    user, _, password = settings.flower_basic_auth.partition(":")
    if not (user and password):
        yield _grave(
            settings,
            "Flower would be open to everybody: FLOWER_BASIC_AUTH is not user:password.",
            "Set it, or do not run Flower.",
        )


def _grave(settings: Settings, problem: str, remedy: str) -> Finding:
    """An error in production, a warning elsewhere."""
    return error(problem, remedy) if settings.is_production else warning(problem, remedy)


def _unset(settings: Settings, *fields: str) -> str:
    """`A and B are not set`, or nothing."""
    names = [field.upper() for field in fields if not getattr(settings, field)]
    return f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'} not set" if names else ""
