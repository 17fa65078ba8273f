"""What the rest of the house asks of accounts; each use case lives in the module named after its verb."""

from app.accounts.addresses import add_address, archive_address, change_address, get_address, list_addresses
from app.accounts.codes import RESEND_SECONDS
from app.accounts.credit import credit_limits, set_credit_limit
from app.accounts.forgetting import forget_expired
from app.accounts.people import add_customer, add_staff, change_customer, get_customer, get_staff, set_customer_password
from app.accounts.queries import lock_customer
from app.accounts.sessions import (
    Device,
    end_idle_sessions,
    end_session,
    list_sessions,
    refresh_session,
    start_session,
)
from app.accounts.signing_in import request_code, sign_in_with_code, sign_in_with_password
from app.accounts.tokens import SignedIn, actor_of

__all__ = [
    "RESEND_SECONDS",
    "Device",
    "SignedIn",
    "actor_of",
    "add_address",
    "add_customer",
    "add_staff",
    "archive_address",
    "change_address",
    "change_customer",
    "credit_limits",
    "end_idle_sessions",
    "end_session",
    "forget_expired",
    "get_address",
    "get_customer",
    "get_staff",
    "list_addresses",
    "list_sessions",
    "lock_customer",
    "refresh_session",
    "request_code",
    "set_credit_limit",
    "set_customer_password",
    "sign_in_with_code",
    "sign_in_with_password",
    "start_session",
]
