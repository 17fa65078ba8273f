from app.core.errors import Conflict, Invalid, NotFound, Refusal


class CartNotReady(Conflict):
    """This cart cannot be placed as it stands; `problems` says what fixes it."""

    code = "cart_not_ready"


class CheckoutClosed(Conflict):
    """This order is paid or cancelled already."""

    code = "checkout_closed"


class PayLinkInvalid(NotFound):
    """This is no link of ours; open it as we sent it."""

    code = "pay_link_invalid"


class PayLinkExpired(Refusal):
    """This link is no longer good; sign in to the shop to see your orders."""

    status, code = 410, "pay_link_expired"


class CaptureUnknown(Conflict):
    """No captured payment of ours belongs to this refund (yet)."""

    code = "capture_unknown"


class NotCancellable(Conflict):
    """This order can no longer be cancelled as a whole."""

    code = "order_not_cancellable"


class PackedWeightMissing(Invalid):
    """Goods sold by weight are packed by weight; `lines` says which."""

    code = "packed_weight_missing"


class ReturnTooLate(Conflict):
    """The time to report this is over; `until` says when it ended."""

    code = "return_too_late"


class NothingDelivered(Conflict):
    """Nothing of this order has been sent yet: cancel it instead."""

    code = "nothing_delivered"


class CashNotOffered(Conflict):
    """This order cannot be paid in cash on delivery; `maximum_amount` says up to how much can be, 0: nothing."""

    code = "cash_not_offered"


class CreditLimitExceeded(Conflict):
    """This order would exceed what may be owed on account; `limit_amount` less `outstanding_amount` is what is left."""

    code = "credit_limit_exceeded"


class NothingOwed(Conflict):
    """Of this order nothing is to be collected this way."""

    code = "nothing_owed"


class AmountNotOwed(Conflict):
    """This is not what is owed; `owed_amount` is."""

    code = "amount_not_owed"


class ProviderNotAsked(Refusal):
    """The payment provider cannot be asked now, and nothing was changed; repeat the request."""

    status, code = 503, "provider_not_asked"


class RefundMoveNotAllowed(Conflict):
    """This refund cannot be treated like that."""

    code = "refund_move_not_allowed"


class BilledByProvider(Conflict):
    """The payment provider charges for this delivery by itself; what is paid here too would be paid twice."""

    code = "billed_by_provider"
