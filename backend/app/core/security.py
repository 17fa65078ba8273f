"""Secrets at rest, tokens in flight. Every key comes from settings; there is no default that works."""

import base64
import functools
import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import Any

import jwt
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from app.core.clock import machine_now
from app.core.config import settings

MIN_KEY_LENGTH = 32  # characters; PyJWT only warns about shorter HS256 keys, we refuse
ALGORITHM = "HS256"


class MissingKey(RuntimeError):
    """SECRET_KEY or ENCRYPTION_KEY is absent or shorter than 32 characters."""


def _checked(name: str, value: str) -> str:
    if len(value) < MIN_KEY_LENGTH:
        raise MissingKey(f"{name} must be set to at least {MIN_KEY_LENGTH} random characters")
    return value


@functools.lru_cache(maxsize=4)
def _cipher(keys: str) -> MultiFernet:
    """The first key encrypts, all decrypt: rotate by putting a new key in front."""
    return MultiFernet(
        [
            Fernet(base64.urlsafe_b64encode(hashlib.sha256(_checked("ENCRYPTION_KEY", key.strip()).encode()).digest()))
            for key in keys.split(",")
        ]
    )


def encrypt(plain: bytes) -> bytes:
    return _cipher(settings.encryption_key).encrypt(plain)


def decrypt(token: bytes) -> bytes:
    """The plain bytes; ValueError when no live key fits (a restored copy with other keys, a tampered value)."""
    try:
        return _cipher(settings.encryption_key).decrypt(token)
    except InvalidToken as error:
        raise ValueError("no key in ENCRYPTION_KEY decrypts this value") from error


def new_token() -> str:
    """A bearer secret of 256 bits, safe in URLs and headers."""
    return secrets.token_urlsafe(32)


def new_code(digits: int) -> str:
    """A numeric one-time code with leading zeros."""
    return str(secrets.randbelow(10**digits)).zfill(digits)


def hash_token(token: str) -> str:
    """Keyed digest (hex) under which a token or code is stored and found; useless without SECRET_KEY."""
    return hmac.new(_checked("SECRET_KEY", settings.secret_key).encode(), token.encode(), hashlib.sha256).hexdigest()


def sign(purpose: str, data: bytes) -> bytes:
    """Our signature on `data` (32 bytes), good for this purpose only: a key of its own each, as with access tokens."""
    key = hmac.new(_checked("SECRET_KEY", settings.secret_key).encode(), f"sign {purpose}".encode(), hashlib.sha512).digest()
    return hmac.new(key, data, hashlib.sha256).digest()


def constant_time_equal(left: str, right: str) -> bool:
    return hmac.compare_digest(left.encode(), right.encode())


def _jwt_key() -> bytes:
    """Tokens have a key of their own: digests of what callers sent lie in the database, and none may pass for a signature."""
    return hmac.new(_checked("SECRET_KEY", settings.secret_key).encode(), b"access tokens", hashlib.sha512).digest()


def sign_jwt(claims: dict[str, Any], *, seconds: int) -> str:
    """A short-lived access token; `sub` must be a string (PyJWT refuses others when it reads)."""
    issued_at = machine_now()
    payload = {**claims, "iat": issued_at, "exp": issued_at + timedelta(seconds=seconds)}
    return jwt.encode(payload, _jwt_key(), algorithm=ALGORITHM)


def read_jwt(token: str) -> dict[str, Any] | None:
    """The claims, or None for anything forged, expired or malformed."""
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            _jwt_key(),
            algorithms=[ALGORITHM],
            options={"require": ["exp", "sub"]},
        )
    except jwt.InvalidTokenError:
        return None
    return claims
