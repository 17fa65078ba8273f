"""What the processes must know: `.rozana/env`, read by the app in development, and the sandbox's own configuration.

Secrets are made once and kept, so that a second start can read what the first one encrypted.
"""

import base64
import json
import os
import secrets
import string
from dataclasses import dataclass

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from local import env_file
from local.paths import ROOT, STATE
from local.ports import LOOPBACK, free_port

ENV_FILE = STATE / "env"
ADMIN_FILE = STATE / "admin"
SANDBOX_CONFIG = STATE / "sandbox.json"
HEADING = "Written by scripts/run; the environment and .env win over it. Delete .rozana to start over."
ADMIN_HEADING = "Who signs in as staff: given to `rozana seed`, which makes the account if nobody has the address yet."
ADMIN_PASSWORD_LENGTH = 20


@dataclass(frozen=True)
class Servers:
    """Where the app finds its database and its broker."""

    database_url: str
    redis_url: str


def given(name: str) -> str | None:
    """A value the user set, in the process environment or in `.env`."""
    return os.environ.get(name) or env_file.read(ROOT / ".env").get(name) or None


def known(name: str) -> str:
    """What the user set, else what the last start wrote, else nothing."""
    return given(name) or env_file.read(ENV_FILE).get(name, "")


def addresses(*, keep_ports: bool = True) -> dict[str, str]:
    """BACKEND_URL and SANDBOX_URL on free ports: those of the last start if nobody took them."""
    earlier = env_file.read(ENV_FILE) if keep_ports else {}
    return {name: _address(earlier.get(name)) for name in ("BACKEND_URL", "SANDBOX_URL")}


def write(servers: Servers, urls: dict[str, str]) -> dict[str, str]:
    """Write both files (0600) and return what `.rozana/env` now holds."""
    kept = env_file.read(ENV_FILE)
    values = {
        "ENVIRONMENT": "development",
        "DATABASE_URL": servers.database_url,
        "REDIS_URL": servers.redis_url,
        **urls,
        "FRONTEND_URL": f"{urls['BACKEND_URL']}/shop",
        "STOREFRONT_PATH": str(ROOT / "frontend-stub"),
        "EMAIL_PROVIDER": "sendgrid",
        "SENDGRID_FROM_EMAIL": "orders@rozana.example",
        "SMS_PROVIDER": "twilio",
        "TWILIO_PHONE_NUMBER": "+15005550006",
        "RAZORPAY_MODE": "test",
    }
    fresh = _new_secrets()
    is_complete = fresh.keys() <= kept.keys() and SANDBOX_CONFIG.exists()
    values |= {name: kept[name] for name in fresh} if is_complete else fresh
    signing_key = _kept_signing_key() if is_complete else _new_signing_key()
    values["SENDGRID_WEBHOOK_PUBLIC_KEY"] = _public_half(signing_key)
    _write_sandbox_config(values, signing_key)
    env_file.write(ENV_FILE, values, heading=HEADING)
    return values


def admin() -> dict[str, str]:
    """The seed's member of staff: as the user set it, else as kept in `.rozana/admin` (0600), else made up, and kept there.

    Made up with the address: whoever may live in a database already, this one's password is known here.
    """
    kept = env_file.read(ADMIN_FILE)
    made_up = {
        "ROZANA_ADMIN_EMAIL": f"admin-{secrets.token_hex(2)}@rozana.example",
        "ROZANA_ADMIN_PASSWORD": _letters(ADMIN_PASSWORD_LENGTH),
    }
    values = {name: given(name) or kept.get(name, made_up[name]) for name in made_up}
    if values != kept:
        env_file.write(ADMIN_FILE, values, heading=ADMIN_HEADING)
    return values


def _address(earlier: str | None) -> str:
    port = int(earlier.rpartition(":")[2]) if earlier else None
    return f"http://{LOOPBACK}:{free_port(port)}"


def _new_secrets() -> dict[str, str]:
    """Of the shapes that each provider gives out."""
    return {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "ENCRYPTION_KEY": secrets.token_urlsafe(48),
        "RAZORPAY_KEY_ID": f"rzp_test_{_letters(14)}",
        "RAZORPAY_KEY_SECRET": _letters(24),
        "RAZORPAY_WEBHOOK_SECRET": _letters(32),
        "TWILIO_ACCOUNT_SID": f"AC{secrets.token_hex(16)}",
        "TWILIO_AUTH_TOKEN": secrets.token_hex(16),
        "SENDGRID_API_KEY": f"SG.{_letters(22)}.{_letters(43)}",
    }


def _letters(length: int) -> str:
    alphabet = string.ascii_letters + string.digits
    return "".join(secrets.choice(alphabet) for _ in range(length))


def _write_sandbox_config(values: dict[str, str], signing_key: str) -> None:
    webhooks = f"{values['BACKEND_URL']}/api/v1/webhooks"
    config = {
        "razorpay": [
            {
                "key_id": values["RAZORPAY_KEY_ID"],
                "name": "Rozana Organics",  # as the customer's bank shows the payee
                "key_secret": values["RAZORPAY_KEY_SECRET"],
                "webhooks": [{"url": f"{webhooks}/razorpay", "secret": values["RAZORPAY_WEBHOOK_SECRET"]}],
            }
        ],
        "twilio": [{"account_sid": values["TWILIO_ACCOUNT_SID"], "auth_token": values["TWILIO_AUTH_TOKEN"]}],
        "sendgrid": [
            {
                "api_key": values["SENDGRID_API_KEY"],
                "event_webhook_url": f"{webhooks}/sendgrid",
                "signing_key_pem": signing_key,
            }
        ],
    }
    SANDBOX_CONFIG.touch(mode=0o600)
    SANDBOX_CONFIG.write_text(json.dumps(config, indent=2))


def _new_signing_key() -> str:
    """P-256, as SendGrid signs its event webhook; the private half stays with the sandbox."""
    private = ec.generate_private_key(ec.SECP256R1())
    pem = private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return pem.decode()


def _kept_signing_key() -> str:
    return str(json.loads(SANDBOX_CONFIG.read_text())["sendgrid"][0]["signing_key_pem"])


def _public_half(private_pem: str) -> str:
    """Base64 of the DER form, in one line, as SendGrid shows it."""
    public = serialization.load_pem_private_key(private_pem.encode(), password=None).public_key()
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()
