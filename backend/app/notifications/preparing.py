"""Make a queued message ready to leave: choose the account, render the words, keep them with their secrets masked."""

import json
from collections.abc import Mapping
from uuid import UUID

from sqlmodel import Session

from app.core.config import settings
from app.core.security import decrypt
from app.notifications import templates
from app.notifications.models import Message
from app.notifications.rules import MAX_SMS_CHARACTERS, sms_segments
from app.notifications.templates import MASK, Branding, Rendered
from app.providers.messages import OutgoingEmail, OutgoingSms
from app.providers.registry import NEEDED, SendingAccount
from app.stores import service as stores
from app.stores.errors import NotConfigured


class TooLong(Exception):
    """The SMS is longer than any provider takes."""


def account(session: Session, channel: str) -> SendingAccount:
    """The provider that the settings choose, with the store's own account there. NotConfigured: none, or it lacks a secret."""
    provider = settings.email_provider if channel == "email" else settings.sms_provider
    if provider in ("console", "smtp"):
        return SendingAccount(provider, {})
    own = stores.provider_account(session, provider)
    if missing := [name for name in NEEDED[provider] if not own.secrets.get(name)]:
        raise NotConfigured(f"the store's {provider} account lacks {' and '.join(missing)}")
    return SendingAccount(provider, own.secrets, own.id)


def finish(session: Session, message: Message, account: SendingAccount) -> OutgoingEmail | OutgoingSms:
    """Render the message: what is kept shows masks where the recipient gets the secrets.

    RenderFailed, TooLong, and ValueError where today's keys do not decrypt its secrets.
    """
    template = templates.find(message.template, message.channel)
    secrets: Mapping[str, str] = json.loads(decrypt(message.secret_context)) if message.secret_context else {}
    store = stores.get(session)
    branding = Branding(store.name, store.contact_email, stores.storefront_url(store), store.currency)
    masked = dict.fromkeys(secrets, MASK)
    kept = templates.render(template, {**message.context, **masked}, branding, subject=message.subject)
    sent = templates.render(template, {**message.context, **secrets}, branding, subject=message.subject) if secrets else kept
    message.template_version = template.version
    message.subject, message.text, message.html = kept.subject[:500], kept.text, kept.html
    if message.channel == "email":
        return _email(message, sent, branding)
    if len(sent.text) > MAX_SMS_CHARACTERS:
        raise TooLong(f"{len(sent.text)} characters, {MAX_SMS_CHARACTERS} at most")
    message.segments = sms_segments(sent.text)
    return OutgoingSms(str(message.id), message.recipient, sent.text, _callback_url(account, message.id))


def _email(message: Message, words: Rendered, branding: Branding) -> OutgoingEmail:
    return OutgoingEmail(str(message.id), message.recipient, words.subject, words.text, words.html, branding.site_name)


def _callback_url(account: SendingAccount, message_id: UUID) -> str | None:
    """Where Twilio reports: it names the account and our message, so a receipt settles even a message whose id we never got."""
    if not settings.backend_url or account.id is None:
        return None
    return f"{settings.backend_url.rstrip('/')}/api/v1/webhooks/twilio/{account.id}?message_id={message_id}"
