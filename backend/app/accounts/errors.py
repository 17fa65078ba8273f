from app.core.errors import Conflict, Invalid, NotFound, TooMany, Unauthorised


class PhoneInvalid(Invalid):
    """This is not a mobile number; write it as +919876543210, or as ten digits for India."""

    code = "phone_invalid"


class CodeWrong(Unauthorised):
    """The code is not right, was used, or is no longer valid; after five tries a new one is needed."""

    code = "code_wrong"
    keeps_effects = True  # the try stays counted


class PasswordWrong(Unauthorised):
    """E-mail and password do not go together."""

    code = "password_wrong"
    keeps_effects = True  # the try stays counted


class TooManyCodes(TooMany):
    """Too many codes were asked for; wait before asking for another."""

    code = "too_many_codes"


class TooManyTries(TooMany):
    """Too many sign-ins were tried; wait before trying again."""

    code = "too_many_tries"


class RefreshInvalid(Unauthorised):
    """The session is over; sign in again."""

    code = "session_over"


class RefreshReused(RefreshInvalid):
    """A refresh token was used twice, so somebody else may hold it: the session was ended. Sign in again."""

    code = "session_reused"
    keeps_effects = True  # the session stays ended


class SessionNotFound(NotFound):
    """There is no such session, or it is not yours."""

    code = "session_not_found"


class AddressNotFound(NotFound):
    """There is no such address, or it is not yours."""

    code = "address_not_found"


class TooManyAddresses(Conflict):
    """An account keeps a limited number of addresses; delete one first."""

    code = "too_many_addresses"


class CustomerNotFound(NotFound):
    """There is no such customer."""

    code = "customer_not_found"


class StaffNotFound(NotFound):
    """There is no such member of staff."""

    code = "staff_not_found"


class CustomerKnown(Conflict):
    """There is a customer with this number or e-mail address."""

    code = "customer_known"


class ContactNeeded(Invalid):
    """An account needs a phone number or an e-mail address."""

    code = "contact_needed"


class RoleUnknown(Invalid):
    """There is no such role."""

    code = "role_unknown"


class EmailTaken(Conflict):
    """Another account uses this e-mail address."""

    code = "email_taken"


class PasswordTooShort(Invalid):
    """A password needs at least ten characters."""

    code = "password_too_short"


class NotADistributor(Conflict):
    """Only a distributor pays on account."""

    code = "not_a_distributor"
