"""The cookie transport: a browser keeps its tokens where no script can read them."""

from fastapi import Response

from app.accounts.service import SignedIn
from app.api.callers import ACCESS_COOKIE, CSRF_COOKIE, REFRESH_COOKIE, csrf_token
from app.core.config import settings

DAY_SECONDS = 86_400


def give(response: Response, signed_in: SignedIn) -> str:
    """Set the three cookies; returns the CSRF token, which the page may also read from its cookie.

    All live as long as the session: an access token past its end must come back and be refused, so that the page knows
    it should refresh; a cookie that vanished would make its owner a guest.
    """
    token = csrf_token(signed_in.session.id)
    values = {ACCESS_COOKIE: signed_in.access_token, REFRESH_COOKIE: signed_in.refresh_token, CSRF_COOKIE: token}
    for name, value in values.items():
        response.set_cookie(
            name,
            value,
            max_age=settings.refresh_session_days * DAY_SECONDS,
            path="/",
            secure=_is_secure(),
            httponly=name != CSRF_COOKIE,
            samesite="lax",
        )
    return token


def take_back(response: Response) -> None:
    for name in (ACCESS_COOKIE, REFRESH_COOKIE, CSRF_COOKIE):
        response.delete_cookie(name, path="/", secure=_is_secure(), httponly=name != CSRF_COOKIE, samesite="lax")


def _is_secure() -> bool:
    return settings.backend_url.startswith("https://")
