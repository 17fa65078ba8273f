"""Which store is meant, and what it needs to talk to a provider."""

import json
import time
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

from sqlmodel import Session

from app.core.config import settings
from app.core.security import decrypt, encrypt
from app.core.work import across_stores, store_of
from app.stores import queries
from app.stores.errors import AccountNotFound, NoStore, NotConfigured, StoreNotNamed
from app.stores.models import ProviderAccount, Store

CACHE_SECONDS = 30.0  # how long a process may go on with an old host name or zone of a live store
MAX_CACHED_HOSTS, MAX_HOST_LENGTH = 1000, 253  # where one store lives, callers may invent host names
ENVIRONMENT_KEYS = {
    "razorpay": ("key_id", "key_secret", "webhook_secret", "webhook_secret_previous"),
    "sendgrid": ("api_key", "from_email", "webhook_public_key"),
    "twilio": ("account_sid", "auth_token", "phone_number"),
}


@dataclass(frozen=True)
class StoreFacts:
    """What a door needs to know of a store before it opens a transaction; also its clock."""

    id: UUID
    slug: str
    host: str | None
    is_default: bool
    mode: str
    zone: str
    clock_offset_seconds: int


@dataclass(frozen=True)
class Account:
    """A provider account with its secrets in the clear: handed to a call, never stored, logged or rendered."""

    id: UUID
    provider: str
    secrets: dict[str, str]
    sealed: bytes | None = None  # the same as they are kept; None: they are the environment's


_cache: dict[str, tuple[float, StoreFacts]] = {}
_accounts: dict[tuple[str, UUID], Account] = {}
_stores_of_accounts: dict[UUID, UUID] = {}  # an account never moves to another store


def find(host: str) -> StoreFacts:
    """The store a request to `host` is for: by host name, else the only store. Refuses rather than guesses."""
    if known := remembered(host):
        return known
    with across_stores() as session:
        record = queries.facts_by_host(session, host)
        if record is None:
            stores = queries.facts_of_any(session, limit=2)
            if not stores:
                raise NoStore
            if len(stores) > 1:
                raise StoreNotNamed
            record = stores[0]
    facts = StoreFacts(*record)
    if facts.mode == "live":  # a test store's clock moves: always read
        remember(host, facts)
    return facts


def remembered(host: str) -> StoreFacts | None:
    """The live store that a request to `host` was for a moment ago; asks nobody."""
    known = _cache.get(host)
    return known[1] if known and known[0] > time.monotonic() else None


def remember(host: str, facts: StoreFacts) -> None:
    """Spare the next requests to `host` the question, for a while."""
    if len(host) > MAX_HOST_LENGTH:
        return
    if len(_cache) >= MAX_CACHED_HOSTS:
        _cache.clear()
    _cache[host] = (time.monotonic() + CACHE_SECONDS, facts)


def find_by_id(store_id: UUID | None) -> StoreFacts:
    """The named store, else the only one: how tasks and commands find theirs."""
    with across_stores() as session:
        if store_id is not None:
            record = queries.facts_by_id(session, store_id)
            if record is None:
                raise NoStore(f"there is no store {store_id}")
            return StoreFacts(*record)
        stores = queries.facts_of_any(session, limit=2)
    if len(stores) != 1:
        raise StoreNotNamed("several stores live here: pass store_id") if stores else NoStore
    return StoreFacts(*stores[0])


def all_ids() -> list[UUID]:
    """Every store of this installation, oldest first: what runs for all of them goes through each in its own unit of work."""
    with across_stores() as session:
        return list(queries.ids_of_all(session))


def find_by_account(account_id: UUID | None) -> UUID:
    """The store whose webhook URL names `account_id`; None is the bare URL, the default store's."""
    if account_id in _stores_of_accounts:
        return _stores_of_accounts[account_id]
    with across_stores() as session:
        if account_id is None:
            stores = [StoreFacts(*record) for record in queries.facts_of_any(session, limit=2)]
            if not stores:
                raise NoStore
            if len(stores) > 1 and not stores[0].is_default:
                raise StoreNotNamed("several stores live here and none is the default: name the account in the URL")
            return stores[0].id
        store_id = queries.store_of_account(session, account_id)
    if store_id is None:
        raise AccountNotFound
    _stores_of_accounts[account_id] = store_id
    return store_id


def get(session: Session) -> Store:
    """The store of this session, whole."""
    return queries.get(session)


def api_url(store: Store) -> str:
    """Where this store's browsers and providers reach the API: BACKEND_URL, at the store's own host name if it has one."""
    if not store.host:
        return settings.backend_url.rstrip("/")
    parts = urlsplit(settings.backend_url)
    return urlunsplit(parts._replace(netloc=f"{store.host}:{parts.port}" if parts.port else store.host)).rstrip("/")


def storefront_url(store: Store) -> str:
    return (store.frontend_url or settings.frontend_url).rstrip("/")


def provider_account(session: Session, provider: str, account_id: UUID | None = None) -> Account:
    """The store's active account at `provider` (or the named one), its secrets decrypted or taken from the environment.

    Read once in a session, as the store is.
    """
    read: dict[UUID | str, Account] = session.info.setdefault("accounts", {})
    if (known := account_id or provider) not in read:
        account = _read_account(session, provider, account_id)
        read[known] = read[account.id] = account
    return read[known]


def _read_account(session: Session, provider: str, account_id: UUID | None) -> Account:
    found = queries.credentials(session, provider, account_id)
    if found is None:
        raise AccountNotFound if account_id else NotConfigured(f"this store has no {provider} account")
    found_id, sealed = found
    if sealed is None:
        secrets = {key: getattr(settings, f"{provider}_{key}") for key in ENVIRONMENT_KEYS[provider]}
    else:
        secrets = json.loads(decrypt(sealed))
    account = Account(found_id, provider, secrets, sealed)
    if account_id is not None:
        _accounts[provider, account_id] = account
    return account


def remembered_account(provider: str, account_id: UUID | None) -> Account | None:
    """The named account as this process read it last; asks nobody. Its secrets may have been changed since: whoever relies on
    them has the database compare `sealed` (`inbox.service.receive_if_live`).
    """
    return _accounts.get((provider, account_id)) if account_id else None


def add_account(session: Session, provider: str, secrets: dict[str, str] | None) -> ProviderAccount:
    """Give the store an account; None: it uses the environment's settings (the default store only)."""
    credentials = None if secrets is None else encrypt(json.dumps(secrets).encode())
    row = ProviderAccount(store_id=store_of(session), provider=provider, credentials=credentials)
    session.add(row)
    session.flush()
    return row


def take_number(session: Session, series: str) -> int:
    """The next number of a series (`orders:2026`); gaps happen where a transaction rolls back. Call it last: it locks."""
    return queries.take_number(session, series)


def take_numbers(session: Session, series: str, count: int) -> range:
    """The next `count` numbers of a series, in one statement. Call it last: it locks."""
    last = queries.take_number(session, series, count)
    return range(last - count + 1, last + 1)


def change_account(session: Session, row: ProviderAccount, secrets: dict[str, str]) -> None:
    """Replace the account's secrets (a rotated key, a new webhook secret)."""
    row.credentials = encrypt(json.dumps(secrets).encode())
    session.add(row)
    session.flush()
    session.info.pop("accounts", None)  # what was read of them is no longer so
