"""The one shape in which every e-mail and SMS provider is spoken to."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class OutgoingEmail:
    """A finished e-mail. `message_id` is our own id; it travels along so that receipts find their way back."""

    message_id: str
    to: str
    subject: str
    text: str
    html: str | None = None
    from_name: str | None = None


@dataclass(frozen=True, slots=True)
class OutgoingSms:
    """A finished SMS to an E.164 number; the provider reports what became of it to `status_callback_url`."""

    message_id: str
    to: str
    text: str
    status_callback_url: str | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """The provider accepted the message under this id. Accepted is not delivered: receipts tell."""

    provider: str
    provider_id: str


class EmailProvider(Protocol):
    """Raises `Rejected`, `Unavailable` or `Unknown` and nothing else."""

    def send(self, email: OutgoingEmail) -> Sent: ...


class SmsProvider(Protocol):
    """Raises `Rejected`, `Unavailable` or `Unknown` and nothing else."""

    def send(self, sms: OutgoingSms) -> Sent: ...
