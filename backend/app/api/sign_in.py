"""Sign in, stay signed in, sign out."""

from typing import Annotated, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, SecretStr, StringConstraints, model_validator
from starlette.requests import Request

from app.accounts import service
from app.accounts.models import LoginSession, Staff
from app.accounts.queries import PersonKind
from app.accounts.service import Device, SignedIn
from app.api import session_cookies
from app.api.callers import REFRESH_COOKIE, check_csrf
from app.api.doors import Door, OpenDoor
from app.api.fields import EmailText, PhoneText
from app.api.people import CustomerOut, StaffOut
from app.api.schemas import RequestBody
from app.carts import service as carts
from app.core import clock
from app.core.config import settings
from app.core.errors import Unauthorised

router = APIRouter(prefix="/api/v1", tags=["sign-in"])

Transport = Literal["body", "cookie"]
Token = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class CodeRequest(RequestBody):
    model_config = ConfigDict(json_schema_extra={"examples": [{"phone": "+919876543210"}]})

    phone: PhoneText


class CodeSent(BaseModel):
    expires_in_seconds: int
    resend_in_seconds: int = Field(description="When to offer another one")


class SignIn(RequestBody):
    """`phone` and `code`, or `email` and `password`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"phone": "+919876543210", "code": "012345"},
                {"phone": "+919876543210", "code": "012345", "transport": "cookie"},
                {"email": "asha@example.com", "password": "correct horse battery"},
            ]
        }
    )

    phone: PhoneText | None = None
    code: Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9]{6}$")] | None = None
    email: EmailText | None = None
    password: Annotated[SecretStr, Field(max_length=200)] | None = None
    cart_id: UUID | None = Field(None, description="A guest's cart, to be merged into the customer's; with its `cart_token`")
    cart_token: Token | None = None
    transport: Transport = Field("body", description="cookie: the tokens come as HttpOnly cookies and not in the body")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = [(self.phone, self.code), (self.email, self.password)]
        if sorted(sum(part is not None for part in way) for way in ways) != [0, 2]:
            raise ValueError("send phone and code, or email and password")
        if (self.cart_id is None) != (self.cart_token is None):
            raise ValueError("send cart_id and cart_token, or neither")
        return self


class Refresh(RequestBody):
    refresh_token: Token | None = Field(None, description="Without it, the refresh cookie is used")


class Tokens(BaseModel):
    """`customer` or `staff` says who signed in. The tokens are absent when they came as cookies, `csrf_token` otherwise."""

    access_token: str | None = None
    refresh_token: str | None = None
    csrf_token: str | None = Field(None, description="To be sent as X-CSRF-Token with every write")
    expires_in_seconds: int
    customer: CustomerOut | None = None
    staff: StaffOut | None = None
    cart_id: UUID | None = Field(None, description="The customer's cart, when a guest's was merged into it")


class SessionOut(BaseModel):
    id: UUID
    user_agent: str
    ip: str
    created_at: AwareDatetime
    last_used_at: AwareDatetime
    expires_at: AwareDatetime
    is_current: bool

    @classmethod
    def of(cls, row: LoginSession, current_id: UUID | None) -> "SessionOut":
        return cls(
            id=row.id,
            user_agent=row.user_agent,
            ip=row.ip,
            created_at=row.created_at,
            last_used_at=row.last_used_at,
            expires_at=row.expires_at,
            is_current=row.id == current_id,
        )


class SessionList(BaseModel):
    items: list[SessionOut]


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
