"""Who calls: read from the access token (header or cookie), without asking the database."""

from dataclasses import dataclass, replace
from uuid import UUID

from starlette.requests import Request

from app.core.actor import Actor, ActorKind
from app.core.errors import Forbidden, Unauthorised
from app.core.security import constant_time_equal, hash_token, read_jwt
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
        """The scope of an Idempotency-Key: two callers may use the same key. A cart's token is a secret, so only its digest."""
        cart = hash_token(self.cart_token)[:32] if self.cart_token else ""
        return f"{self.kind}:{self.id or cart or self.ip}"


def read_guest(request: Request, ip: str) -> Caller:
    """The caller of a route that asks nobody who they are; a token that comes along is not looked at."""
    return Caller(cart_token=request.headers.get(CART_HEADER), ip=ip, user_agent=request.headers.get("user-agent", "")[:200])


def read_caller(request: Request, store: StoreFacts, ip: str) -> Caller:
    """The caller of a request to `store`. A token of another store, a forged or expired one is refused, never ignored.

    The header goes before the cookie; a cookie on an unsafe method counts only together with the CSRF header.
    """
    guest, bearer = read_guest(request, ip), _bearer(request)
    token = bearer or request.cookies.get(ACCESS_COOKIE)
    if token is None:
        return guest
    claims = read_jwt(token)
    if claims is None or claims.get("store") != str(store.id) or claims.get("kind") not in ("customer", "staff"):
        raise TokenInvalid
    caller = replace(
        guest, kind=claims["kind"], id=UUID(claims["sub"]), session_id=UUID(claims["sid"]), role=claims.get("role", "")
    )
    if bearer is None:
        check_csrf(request, UUID(claims["sid"]))
    return caller


def _bearer(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" and token else None


def csrf_token(session_id: UUID) -> str:
    """The session's CSRF token: told in a readable cookie, derived, so a cookie planted by a neighbour site is none."""
    return hash_token(f"csrf:{session_id}")


def check_csrf(request: Request, session_id: UUID) -> None:
    """Double submit: what our own page read from its cookie comes back in a header. Safe methods need none."""
    if request.method in SAFE_METHODS:
        return
    if not constant_time_equal(request.headers.get(CSRF_HEADER, ""), csrf_token(session_id)):
        raise CsrfMissing
