"""Sign in, stay signed in, sign out."""

from uuid import UUID

from fastapi import Response
from starlette.requests import Request

from app.accounts import service
from app.accounts.models import Staff
from app.accounts.queries import PersonKind
from app.accounts.service import Device, SignedIn
from app.api import session_cookies
from app.api.callers import REFRESH_COOKIE, check_csrf
from app.api.doors import Door, OpenDoor
from app.api.people import CustomerOut, StaffOut
from app.api.routing import Router
from app.api.sign_in_schemas import CodeRequest, CodeSent, Refresh, SessionList, SessionOut, SignIn, Tokens, Transport
from app.carts import service as carts
from app.core import clock
from app.core.config import settings
from app.core.errors import Unauthorised

router = Router(prefix="/api/v1", tags=["sign-in"])


@router.post("/otp", status_code=202)
def request_code(door: OpenDoor, body: CodeRequest) -> CodeSent:
    """Send a one-time code by SMS; the code before stops working. The answer does not tell whether the number is known."""
    service.request_code(
        door.session, body.phone, door.caller.ip, door.actor, clock.machine_now(), daily_limit=settings.otp_daily_limit
    )
    return CodeSent(expires_in_seconds=settings.otp_seconds, resend_in_seconds=service.RESEND_SECONDS)


@router.post("/sessions", status_code=201, response_model_exclude_unset=True)
def sign_in(door: OpenDoor, body: SignIn, response: Response) -> Tokens:
    """Sign in with a code or a password; the first sign-in with a number opens its account. Five wrong tries end a code."""
    now, device = clock.machine_now(), _device(door)
    if body.phone and body.code:
        signed_in = service.sign_in_with_code(door.session, body.phone, body.code, device, now)
    else:
        password = body.password.get_secret_value() if body.password else ""
        signed_in = service.sign_in_with_password(door.session, body.email or "", password, device, now)
    answer = _tokens(response, signed_in, body.transport)
    if body.cart_id and body.cart_token and signed_in.session.customer_id:
        actor = service.actor_of(signed_in.person)
        answer.cart_id = carts.merge(
            door.session, body.cart_id, body.cart_token, signed_in.session.customer_id, door.now, actor
        )
    return answer


@router.post("/sessions/refresh", response_model_exclude_unset=True)
def refresh_session(door: OpenDoor, request: Request, response: Response, body: Refresh | None = None) -> Tokens:
    """New tokens for the refresh token, which changes every time. An old one that comes back ends the session.

    A browser sends nothing but its cookies and `X-CSRF-Token`, and gets new cookies.
    """
    now, device = clock.machine_now(), _device(door)
    if body and body.refresh_token:
        return _tokens(response, service.refresh_session(door.session, body.refresh_token, device, now), "body")
    signed_in = service.refresh_session(door.session, request.cookies.get(REFRESH_COOKIE, ""), device, now)
    check_csrf(request, signed_in.session.id)
    return _tokens(response, signed_in, "cookie")


@router.get("/sessions")
def list_sessions(door: OpenDoor) -> SessionList:
    """The devices you are signed in on, used last first; twenty at most."""
    kind, person_id = _person(door)
    rows = service.list_sessions(door.session, kind, person_id, clock.machine_now())
    return SessionList(items=[SessionOut.of(row, door.caller.session_id) for row in rows])


@router.delete("/sessions/current", status_code=204)
def sign_out(door: OpenDoor, response: Response) -> None:
    """Sign this device out. Its refresh token is void at once, its access token within minutes."""
    if door.caller.session_id is not None:
        _end(door, door.caller.session_id)
    session_cookies.take_back(response)


@router.delete("/sessions/{session_id}", status_code=204)
def end_session(door: OpenDoor, session_id: UUID, response: Response) -> None:
    """Sign one of your devices out. Safe to repeat."""
    _end(door, session_id)
    if session_id == door.caller.session_id:
        session_cookies.take_back(response)


def _end(door: Door, session_id: UUID) -> None:
    service.end_session(door.session, session_id, *_person(door), clock.machine_now())


def _person(door: Door) -> tuple[PersonKind, UUID]:
    if door.caller.id is None:
        raise Unauthorised
    return ("staff" if door.caller.kind == "staff" else "customer"), door.caller.id


def _device(door: Door) -> Device:
    return Device(door.caller.ip, door.caller.user_agent)


def _tokens(response: Response, signed_in: SignedIn, transport: Transport) -> Tokens:
    answer = Tokens(expires_in_seconds=signed_in.expires_in_seconds)
    if isinstance(signed_in.person, Staff):
        answer.staff = StaffOut.of(signed_in.person)
    else:
        answer.customer = CustomerOut.of(signed_in.person)
    if transport == "cookie":
        answer.csrf_token = session_cookies.give(response, signed_in)
    else:
        answer.access_token, answer.refresh_token = signed_in.access_token, signed_in.refresh_token
    response.headers["Cache-Control"] = "no-store"
    return answer
