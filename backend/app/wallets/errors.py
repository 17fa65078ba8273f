from app.core.errors import Conflict, Invalid, NotFound, TooMany


class WalletBalanceTooLow(Conflict):
    """There is too little in the wallet that is not kept for coming deliveries; top it up, or pay in another way."""

    code = "wallet_balance_too_low"


class TopUpNotFound(NotFound):
    """There is no such top-up, or it is not yours."""

    code = "top_up_not_found"


class TopUpAmountInvalid(Invalid):
    """A wallet is not topped up by so little, or so much, at once; `minimum` and `maximum` say how far it goes."""

    code = "top_up_amount_invalid"


class TooManyTopUps(TooMany):
    """Too many top-ups were begun today and not paid; pay one of them, or come back tomorrow."""

    code = "too_many_top_ups"


class GoodwillTooLarge(Invalid):
    """So much is not given as goodwill at once; `maximum` says how much is."""

    code = "goodwill_too_large"


class TopUpPlanInvalid(Invalid):
    """A plan tops up either on a `day` of the month, from 1 to 28, or when less than `below_amount` is available."""

    code = "top_up_plan_invalid"


class PhoneNeeded(Conflict):
    """The bank needs your mobile number for a mandate; add one first."""

    code = "phone_needed"
