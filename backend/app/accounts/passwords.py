"""Passwords: argon2id, the same work for a known and an unknown e-mail address, and not too many at once."""

import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from app.accounts.errors import PasswordTooShort, TooManyTries
from app.core.config import settings

MIN_LENGTH = 10  # characters; NIST asks for eight where tries are limited, as they are here
MAX_AT_ONCE = 4  # a digest takes 64 MiB and 0.2 s of a core: forty at once would be an attack that needs no password
MAX_WAITING = 4  # each who waits keeps a thread and a database connection from the rest of the shop
_turns = threading.BoundedSemaphore(MAX_AT_ONCE)
_places = threading.BoundedSemaphore(MAX_AT_ONCE + MAX_WAITING)


@functools.lru_cache(maxsize=1)
def _hasher() -> PasswordHash:
    cheap = settings.environment == "test"  # the digest names its own cost, so both kinds can be checked anywhere
    return PasswordHash([Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1) if cheap else Argon2Hasher()])


@functools.lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    return _hasher().hash("nobody's password")


def hash_password(password: str) -> str:
    """PasswordTooShort below ten characters; TooManyTries when too many wait."""
    if len(password) < MIN_LENGTH:
        raise PasswordTooShort(field="password")
    with turn():
        return _hasher().hash(password)


def password_fits(password: str, password_hash: str | None) -> bool:
    """Whether they go together; without a hash (nobody has that address) the same work is done, and the answer is no.

    TooManyTries when too many wait.
    """
    with turn():
        fits = _hasher().verify(password, password_hash or _nobodys_hash())
    return fits and password_hash is not None


@contextmanager
def turn() -> Iterator[None]:
    """Compute one digest while few others do. TooManyTries, at once, when the queue is full."""
    if not _places.acquire(blocking=False):
        raise TooManyTries(retry_after_seconds=1)
    try:
        with _turns:
            yield
    finally:
        _places.release()
