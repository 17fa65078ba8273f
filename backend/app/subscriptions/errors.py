from app.core.errors import Conflict, Invalid, NotFound


class SubscriptionNotFound(NotFound):
    """There is no such subscription, or it is not yours."""

    code = "subscription_not_found"


class RuleInvalid(Invalid):
    """This rhythm is not possible; `field` says which part of it, `allowed` what it may be."""

    code = "rule_invalid"


class StartInPast(Invalid):
    """A subscription starts today or later, by the store's calendar."""

    code = "start_in_past"


class NotADeliveryDay(Invalid):
    """Nothing is delivered on that date; take one of the dates in the subscription's calendar."""

    code = "not_a_delivery_day"


class CutOffPassed(Conflict):
    """It is too late to change this delivery; `edit_until` says until when it was possible. Later ones can be changed."""

    code = "cut_off_passed"


class SkipTooFar(Invalid):
    """This delivery is too far ahead to be skipped now; come again when it is nearer."""

    code = "skip_too_far"


class PauseUntilPast(Invalid):
    """A pause ends on a later date than today, or on none: then it lasts until you resume."""

    code = "pause_until_past"


class MandateLimitTooLow(Invalid):
    """One delivery costs more than the mandate's limit; set `max_amount` to at least the price of a delivery."""

    code = "mandate_limit_too_low"


class SubscriptionMoveNotAllowed(Conflict):
    """The subscription's state does not allow this; `allowed` names the states that would follow the present one."""

    code = "subscription_move_not_allowed"


class NotOnSale(Conflict):
    """Something in this subscription is not on sale; take it out, or choose another variant."""

    code = "not_on_sale"


class EndsBeforeStart(Invalid):
    """By these terms nothing would ever be delivered: it ends before its first delivery, or has none on any weekday."""

    code = "ends_before_start"


class BillingRunNotFound(NotFound):
    """There is no such billing run."""

    code = "billing_run_not_found"


class NoRunToApprove(Conflict):
    """No billing run waits for approval."""

    code = "no_run_to_approve"


class TooManySubscriptions(Conflict):
    """You have, or began within a day, as many subscriptions as one customer may; end one, or try again tomorrow."""

    code = "too_many_subscriptions"


class StartTooFar(Invalid):
    """A subscription starts within a year."""

    code = "start_too_far"


class LinesInvalid(Invalid):
    """A subscription has at least one line, and not more than a cart."""

    code = "lines_invalid"


class MandateLimitTooHigh(Invalid):
    """Debits above `maximum` need the customer each time, by law: choose a lower limit, or payment on delivery."""

    code = "mandate_limit_too_high"


class PhoneNeeded(Conflict):
    """The bank needs your mobile number for a mandate; add one first."""

    code = "phone_needed"


class NotOnAccount(Conflict):
    """On account pay distributors to whom the shop has given a credit limit; choose another way of paying."""

    code = "not_on_account"


class WalletNeeded(Conflict):
    """Your wallet is to pay, and nothing was ever in it: top it up first, or choose another way of paying."""

    code = "wallet_needed"


class NoMandate(Conflict):
    """This subscription is not paid by mandate, or it is over."""

    code = "no_mandate"


class MandateNotTaken(Invalid):
    """What is paid on delivery takes no mandate; leave it out, or choose payment by mandate."""

    code = "mandate_not_taken"


class MandateSettled(Conflict):
    """There is nothing to approve: the mandate is good, is being decided on, or waits to be resumed in the bank's app."""

    code = "mandate_settled"


class NotInSubscription(Invalid):
    """This variant is not in the subscription on that day."""

    code = "not_in_subscription"


class ChangeTooFar(Invalid):
    """A change is agreed up to `maximum_days` ahead; come again when it is nearer."""

    code = "change_too_far"


class ChangeInPast(Invalid):
    """A change begins today or later, by the store's calendar."""

    code = "change_in_past"


class MandateLimitExceeded(Conflict):
    """A delivery would cost more than the mandate allows; approve a mandate of at least `minimum` first, or choose less."""

    code = "mandate_limit_exceeded"


class ProviderKeepsSchedule(Conflict):
    """The payment provider charges this subscription by itself, the same each time: less can come, not more or something else.

    End it and start another one instead.
    """

    code = "provider_keeps_schedule"


class VacationNotFound(NotFound):
    """There is no such vacation, or it is not yours."""

    code = "vacation_not_found"


class VacationInvalid(Invalid):
    """A vacation ends today or later, not before it begins, and within `maximum_days`."""

    code = "vacation_invalid"


class TooManyVacations(Conflict):
    """You have told us of as many vacations as we keep; take one back first."""

    code = "too_many_vacations"


class HolidayInPast(Invalid):
    """A holiday lies ahead, today included: what was delivered on a day that is over stays delivered."""

    code = "holiday_in_past"


class EndInPast(Invalid):
    """A subscription ends today or later."""

    code = "end_in_past"


class NothingToTakeBack(Conflict):
    """This subscription has no end that could be taken back; one that is over can be taken up again."""

    code = "nothing_to_take_back"


class ProviderCannotKeep(Invalid):
    """The payment provider cannot keep these terms by itself, `reason` says why; choose a mandate, or another rhythm."""

    code = "provider_cannot_keep"


class StartTooSoon(Invalid):
    """The payment provider charges some days ahead: a subscription that it bills starts on `earliest` or later."""

    code = "start_too_soon"


class NotBilledByProvider(Conflict):
    """This subscription is not billed by the payment provider, or it is over."""

    code = "not_billed_by_provider"


class StillApproved(Conflict):
    """There is nothing to approve: the payment provider charges for this subscription, or rests as it was asked to."""

    code = "still_approved"


class NotBegunAtProvider(Conflict):
    """Before its first charge this subscription cannot be paused at the payment provider; skip a delivery, or end it."""

    code = "not_begun_at_provider"


class PriceChangeTooSoon(Invalid):
    """Subscribers are told of a dearer price days before it holds; `earliest` is the first day that leaves time for that."""

    code = "price_change_too_soon"
