"""People: customers with their addresses, staff, and how both of them prove who they are."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, String

from app.core.db import Row, belongs_to

CUSTOMER_KINDS = ("consumer", "distributor")
STAFF_ROLES = ("support", "packer", "finance", "manager", "admin")
CODE_PURPOSES = ("sign_in", "change_phone")
TRY_KINDS = ("code_sent", "password_tried")
MAX_CODE_TRIES = 5  # of a million codes: one guess in 200 000


class Customer(Row, table=True):
    """Somebody who buys. Erasure empties the person and keeps the row, because orders and books point to it."""

    __tablename__ = "customers"
    __table_args__ = (
        UniqueConstraint("store_id", "phone"),
        UniqueConstraint("store_id", "email"),
        CheckConstraint(f"kind in {CUSTOMER_KINDS!r}", name="kind_known"),
        CheckConstraint(r"phone ~ '^\+[1-9][0-9]{6,14}$'", name="phone_e164"),
        CheckConstraint("email = lower(email)", name="email_lower_case"),
        CheckConstraint("phone is not null or email is not null or erased_at is not null", name="reachable"),
        CheckConstraint(
            "erased_at is null or (phone is null and email is null and name = '' and password_hash is null)",
            name="erased_is_empty",
        ),
        CheckConstraint("credit_limit_amount >= 0", name="credit_limit_not_negative"),
        CheckConstraint("credit_limit_amount is null or kind = 'distributor'", name="credit_for_distributors"),
    )

    phone: str | None = Field(default=None, sa_type=String(16))  # E.164
    email: str | None = Field(default=None, max_length=254)  # as given, lower-cased; nobody proved it theirs yet
    name: str = Field(default="", max_length=120)
    kind: str = Field(default="consumer", sa_type=String(11))
    password_hash: str | None = Field(default=None, max_length=200)  # argon2id; most customers have none
    credit_limit_amount: int | None = Field(default=None, sa_type=BigInteger)  # of a distributor who pays on account
    erased_at: datetime | None = None


class Address(Row, table=True):
    """Where a customer wants things. Orders keep a copy; a deleted address is archived, so that a link to it still resolves."""

    __tablename__ = "addresses"
    __table_args__ = (
        belongs_to("customers"),
        CheckConstraint("state_code ~ '^[0-9]{2}$'", name="state_code_digits"),
        CheckConstraint("pin ~ '^[1-9][0-9]{5}$'", name="pin_six_digits"),
        CheckConstraint(r"phone ~ '^\+[1-9][0-9]{6,14}$'", name="phone_e164"),
        Index("ix_addresses_customer_id", "store_id", "customer_id", "id"),
    )

    customer_id: UUID
    name: str = Field(max_length=120)
    phone: str = Field(sa_type=String(16))  # whom the driver calls, E.164
    line1: str = Field(max_length=200)
    line2: str = Field(default="", max_length=200)
    city: str = Field(max_length=80)
    state_code: str = Field(sa_type=String(2))  # GST state: decides the place of supply
    pin: str = Field(sa_type=String(6))
    archived_at: datetime | None = None


class Staff(Row, table=True):
    """Somebody who works for the store. What a role may do is the policy table's business."""

    __tablename__ = "staff"
    __table_args__ = (
        UniqueConstraint("store_id", "email"),
        CheckConstraint(f"role in {STAFF_ROLES!r}", name="role_known"),
        CheckConstraint("email = lower(email)", name="email_lower_case"),
    )

    email: str = Field(max_length=254)
    name: str = Field(default="", max_length=120)
    password_hash: str = Field(max_length=200)  # argon2id
    role: str = Field(sa_type=String(8))
    is_active: bool = True


class LoginSession(Row, table=True):
    """One device signed in, kept alive by a refresh token that changes at every use.

    The token is `family.secret`. The family never changes and finds the row; a secret that is not the present one was
    rotated away before (or guessed), which ends the session.
    """

    __tablename__ = "login_sessions"
    __table_args__ = (
        belongs_to("customers"),
        belongs_to("staff", "staff_id"),
        UniqueConstraint("store_id", "family_hash"),
        UniqueConstraint("store_id", "refresh_hash"),
        CheckConstraint("num_nonnulls(customer_id, staff_id) = 1", name="one_person"),
        CheckConstraint("(revoked_at is null) = (revoked_reason is null)", name="revoked_with_reason"),
        Index("ix_login_sessions_customer_id", "store_id", "customer_id", postgresql_where=text("revoked_at is null")),
        Index("ix_login_sessions_staff_id", "store_id", "staff_id", postgresql_where=text("revoked_at is null")),
        Index("ix_login_sessions_last_used_at", "store_id", "last_used_at"),
    )

    customer_id: UUID | None = None
    staff_id: UUID | None = None
    family_hash: str = Field(sa_type=String(64))
    refresh_hash: str = Field(sa_type=String(64))
    previous_refresh_hash: str | None = Field(default=None, sa_type=String(64))  # honoured for a few seconds after rotated_at
    rotated_at: datetime | None = None
    user_agent: str = Field(default="", max_length=200)
    ip: str = Field(default="", max_length=45)
    last_used_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    revoked_reason: str | None = Field(default=None, max_length=30)

    def is_live(self, now: datetime) -> bool:
        return self.revoked_at is None and self.expires_at > now

    def revoke(self, reason: str, now: datetime) -> None:
        self.revoked_at, self.revoked_reason = now, reason


class OneTimeCode(Row, table=True):
    """A code sent to a number for one purpose: five tries, one use, and gone when a newer one is sent."""

    __tablename__ = "one_time_codes"
    __table_args__ = (
        CheckConstraint(f"purpose in {CODE_PURPOSES!r}", name="purpose_known"),
        CheckConstraint(f"tries between 0 and {MAX_CODE_TRIES}", name="tries_limited"),
        CheckConstraint("used_at is null or withdrawn_at is null", name="used_or_withdrawn"),
        Index(
            "uq_one_time_codes_live", "store_id", "purpose", "destination_hash", unique=True,
            postgresql_where=text("used_at is null and withdrawn_at is null"),
        ),
        Index("ix_one_time_codes_expires_at", "store_id", "expires_at"),
    )  # fmt: skip

    purpose: str = Field(sa_type=String(12))
    destination_hash: str = Field(sa_type=String(64))  # keyed digest of the number: the row outlives the wish to be known
    code_hash: str = Field(sa_type=String(64))  # keyed digest of row id and code
    tries: int = Field(default=0)
    expires_at: datetime
    used_at: datetime | None = None
    withdrawn_at: datetime | None = None
    ip: str = Field(default="", max_length=45)


class SignInTry(Row, table=True):
    """A code sent or a password tried: what the limits count. Here and not in Redis, which may be flushed."""

    __tablename__ = "sign_in_tries"
    __table_args__ = (
        CheckConstraint(f"kind in {TRY_KINDS!r}", name="kind_known"),
        Index("ix_sign_in_tries_subject", "store_id", "kind", "subject_hash", "created_at"),
        Index("ix_sign_in_tries_ip", "store_id", "kind", "ip", "created_at"),
        Index("ix_sign_in_tries_created_at", "store_id", "kind", "created_at"),
    )

    kind: str = Field(sa_type=String(14))
    subject_hash: str = Field(sa_type=String(64))  # keyed digest of the number or the e-mail address
    ip: str = Field(default="", max_length=45)
