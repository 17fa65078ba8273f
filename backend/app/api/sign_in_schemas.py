"""What sign-in takes and answers."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, SecretStr, StringConstraints, model_validator

from app.accounts.models import LoginSession
from app.api.fields import EmailText, PhoneText
from app.api.people import CUSTOMER, CustomerOut, StaffOut
from app.api.schemas import RequestBody

Transport = Literal["body", "cookie"]
Token = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class CodeRequest(RequestBody):
    model_config = ConfigDict(json_schema_extra={"examples": [{"phone": "+919876543210"}]})

    phone: PhoneText


class CodeSent(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"expires_in_seconds": 300, "resend_in_seconds": 30}]})

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
    model_config = ConfigDict(json_schema_extra={"examples": [{"refresh_token": "q3W….Zx0…"}, {}]})

    refresh_token: Token | None = Field(None, description="Without it, the refresh cookie is used")


class Tokens(BaseModel):
    """`customer` or `staff` says who signed in. Cookies come with `csrf_token` and without the tokens."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"access_token": "eyJhbGciOi…", "refresh_token": "q3W….Zx0…", "expires_in_seconds": 900, "customer": CUSTOMER},
                {"csrf_token": "5f1d…", "expires_in_seconds": 900, "customer": CUSTOMER},
            ]
        }
    )

    access_token: str | None = None
    refresh_token: str | None = None
    csrf_token: str | None = Field(None, description="To be sent as X-CSRF-Token with every write")
    expires_in_seconds: int
    customer: CustomerOut | None = None
    staff: StaffOut | None = None
    cart_id: UUID | None = Field(None, description="The customer's cart, when a guest's was merged into it")


class SessionOut(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "01980a2f-11aa-7b22-a3c4-5d6e7f809102",
                    "user_agent": "Mozilla/5.0 (Android 15)",
                    "ip": "203.0.113.7",
                    "created_at": "2026-11-21T04:30:00Z",
                    "last_used_at": "2026-11-21T05:10:00Z",
                    "expires_at": "2026-12-21T05:10:00Z",
                    "is_current": True,
                }
            ]
        }
    )

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
