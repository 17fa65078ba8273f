from app.core.errors import NotFound, Refusal


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
