"""Messages for a developer without any provider: a log line each, with everything personal masked."""

from app.core.logging import get_logger
from app.providers.messages import OutgoingEmail, OutgoingSms, Sent

PROVIDER = "console"

log = get_logger(__name__)


class Console:
    """Accepts every message and sends none."""

    def send(self, message: OutgoingEmail | OutgoingSms) -> Sent:
        log.info(
            "message not sent: the provider is the console",
            message_id=message.message_id,
            to=masked(message.to),
            characters=len(message.text),
        )
        return Sent(PROVIDER, message.message_id)


def masked(recipient: str) -> str:
    """`a***@example.in`, `***3210`: enough to recognise one's own, not enough to write to."""
    name, at, domain = recipient.partition("@")
    return f"{name[:1]}***@{domain}" if at else f"***{recipient[-4:]}"
