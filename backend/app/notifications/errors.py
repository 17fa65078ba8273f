"""What is refused when a message is queued: mistakes of the caller, found before anything is written."""

from app.core.errors import Invalid, NotFound


class UnknownTemplate(Invalid):
    """There is no such template for this channel."""

    code = "template_unknown"


class ContextIncomplete(Invalid):
    """The template needs values that its context does not give."""

    code = "template_context_incomplete"


class MessageNotFound(NotFound):
    """There is no such message."""

    code = "message_not_found"
