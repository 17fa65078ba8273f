"""The provider a name in the settings stands for, made from an account's secrets. One client per thread and account."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from app.core.config import settings
from app.providers.clients import per_thread
from app.providers.console import Console
from app.providers.messages import EmailProvider, SmsProvider
from app.providers.razorpay import Razorpay
from app.providers.sendgrid import SendGrid
from app.providers.smtp import Smtp
from app.providers.twilio import Twilio

NEEDED = {"sendgrid": ("api_key", "from_email"), "twilio": ("account_sid", "auth_token", "phone_number")}  # to send at all


@dataclass(frozen=True)
class SendingAccount:
    """Through whom a message leaves: the provider's name and the account's secrets (none for SMTP and the console)."""

    provider: str
    secrets: Mapping[str, str]
    id: UUID | None = None  # of the store's account, where it has one


def razorpay(secrets: Mapping[str, str]) -> Razorpay:
    """This thread's client for the account with these secrets."""
    key_id, key_secret, url = secrets["key_id"], secrets["key_secret"], settings.provider_url("razorpay")
    return per_thread(("razorpay", url, key_id, key_secret), lambda: Razorpay(key_id, key_secret, url))


def email_provider(account: SendingAccount) -> EmailProvider:
    """The client that sends this account's e-mail. ValueError for a name that is none."""
    if account.provider == "sendgrid":
        api_key, sender, url = account.secrets["api_key"], account.secrets["from_email"], settings.provider_url("sendgrid")
        return per_thread(("sendgrid", url, api_key, sender), lambda: SendGrid(api_key, sender, url))
    if account.provider == "smtp":
        return Smtp(
            settings.smtp_host, settings.smtp_port, settings.smtp_username, settings.smtp_password, settings.email_sender
        )
    if account.provider == "console":
        return Console()
    raise ValueError(f"there is no e-mail provider {account.provider!r}")


def sms_provider(account: SendingAccount) -> SmsProvider:
    """The client that sends this account's SMS. ValueError for a name that is none."""
    if account.provider == "twilio":
        sid, token, phone = (account.secrets[name] for name in ("account_sid", "auth_token", "phone_number"))
        url = settings.provider_url("twilio")
        return per_thread(("twilio", url, sid, token, phone), lambda: Twilio(sid, token, phone, url))
    if account.provider == "console":
        return Console()
    raise ValueError(f"there is no SMS provider {account.provider!r}")
