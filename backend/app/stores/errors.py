from app.core.errors import Conflict, Invalid, NotFound, Refusal


class StoreNotNamed(Refusal):
    """Several stores live here: use the store's own host name."""

    status, code = 421, "store_not_named"


class NoStore(NotFound):
    """There is no store yet; `rozana seed` makes one."""

    code = "no_store"


class AccountNotFound(NotFound):
    """No such provider account."""

    code = "account_not_found"


class NotConfigured(Refusal):
    """This store has no account at the provider."""

    status, code = 503, "provider_not_configured"


class ClockNotFound(NotFound):
    """No such test clock."""

    code = "clock_not_found"


class ClockIsMoving(Conflict):
    """Somebody is moving this clock; come again when they have."""

    code = "clock_is_moving"


class ClockGoesForwardOnly(Conflict):
    """A clock goes forward only, and it is later than that already."""

    code = "clock_goes_forward_only"


class ClockTooFar(Invalid):
    """That is further ahead than one call may go."""

    code = "clock_too_far"
