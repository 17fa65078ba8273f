"""Who calls: read from the access token (header or cookie), without asking the database."""

import secrets
from dataclasses import dataclass
from uuid import UUID

from starlette.requests import Request

from app.core.actor import Actor, ActorKind
from app.core.errors import Forbidden, Unauthorised
from app.core.security import read_jwt
from app.stores.service import StoreFacts

ACCESS_COOKIE, REFRESH_COOKIE, CSRF_COOKIE = "rozana_access", "rozana_refresh", "rozana_csrf"
CSRF_HEADER, CART_HEADER = "X-CSRF-Token", "X-Cart-Token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class CsrfMissing(Forbidden):
    """A request with cookies must repeat the CSRF token in the X-CSRF-Token header."""

    code = "csrf_token_missing"


class TokenInvalid(Unauthorised):
    """The access token is not valid, or no longer; refresh the session or sign in again."""

    code = "token_invalid"


@dataclass(frozen=True)
class Caller:
    """Somebody at the door. A guest has neither id nor session; `cart_token` proves whose a guest's cart is."""

    kind: ActorKind = "guest"
    id: UUID | None = None
    session_id: UUID | None = None
    role: str = ""  # of staff
    cart_token: str | None = None
    ip: str = ""
    user_agent: str = ""

    @property
    def actor(self) -> Actor:
        return Actor(self.kind, self.id, self.role or self.kind)

    @property
    def key(self) -> str:
        """The scope of an Idempotency-Key: two callers may use the same key."""
        return f"{self.kind}:{self.id or self.cart_token or self.ip}"[:80]


def read_caller(request: Request, store: StoreFacts, ip: str) -> Caller:
    """The caller of a request to `store`. A token of another store, a forged or expired one is refused, never ignored."""
    cart_token = request.headers.get(CART_HEADER)
    user_agent = request.headers.get("user-agent", "")[:200]
    token = _bearer(request) or _cookie(request)
    if token is None:
        return Caller(cart_token=cart_token, ip=ip, user_agent=user_agent)
    claims = read_jwt(token)
    if claims is None or claims.get("store") != str(store.id) or claims.get("kind") not in ("customer", "staff"):
        raise TokenInvalid
    return Caller(claims["kind"], UUID(claims["sub"]), UUID(claims["sid"]), claims.get("role", ""), cart_token, ip, user_agent)


def _bearer(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" and token else None


def _cookie(request: Request) -> str | None:
    """The cookie's token; on an unsafe method only together with the CSRF header, which another site cannot set."""
    token = request.cookies.get(ACCESS_COOKIE)
    if token is None:
        return None
    check_csrf(request)
    return token


def check_csrf(request: Request) -> None:
    """Double submit: header and readable cookie agree. Safe methods need none."""
    if request.method in SAFE_METHODS:
        return
    sent, expected = request.headers.get(CSRF_HEADER, ""), request.cookies.get(CSRF_COOKIE, "")
    if not expected or not secrets.compare_digest(sent.encode(), expected.encode()):
        raise CsrfMissing
