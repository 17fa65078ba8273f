from app.core.errors import Conflict, Invalid


class KeyReused(Invalid):
    """This Idempotency-Key was used with another request; use a new key for a new request."""

    code = "idempotency_key_reused"


class InProgress(Conflict):
    """The same request is being worked on; ask again in a moment."""

    code = "request_in_progress"


class KeyMissing(Invalid):
    """This request needs an Idempotency-Key header, so that repeating it is safe."""

    status, code = 400, "idempotency_key_missing"
