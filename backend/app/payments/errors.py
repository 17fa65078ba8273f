from app.core.errors import Conflict, Invalid, NotFound, Refusal


class PaymentMismatch(Invalid):
    """This payment does not belong to this order."""

    code = "payment_mismatch"


class SignatureInvalid(Refusal):
    """The signature does not fit."""

    status, code = 400, "signature_invalid"


class PaymentNotStarted(Refusal):
    """The payment provider cannot be reached; repeat the request with the same Idempotency-Key."""

    status, code = 503, "payment_not_started"


class PaymentRefused(Refusal):
    """The payment provider refused to start this payment."""

    status, code = 502, "payment_refused"


class OrderUnknown(Conflict):
    """No payment of ours belongs to this provider order (yet)."""

    code = "provider_order_unknown"


class MandateUnknown(Conflict):
    """No mandate of ours has this token (yet)."""

    code = "mandate_unknown"


class MandateNotConfirmed(Conflict):
    """The bank has not confirmed this mandate, or it was paused or revoked there; approve one first."""

    code = "mandate_not_confirmed"


class PaidAlready(Conflict):
    """This order was paid already."""

    code = "paid_already"


class NotRefundable(Conflict):
    """So much of this payment cannot be given back; `refundable_amount` says what can."""

    code = "not_refundable"


class OwnCash(Conflict):
    """Nobody counts the cash that they took themselves."""

    code = "own_cash"


class NothingToHandIn(Conflict):
    """This rider holds no cash: all of it was handed in."""

    code = "nothing_to_hand_in"


class RefundNotFound(NotFound):
    """There is no such refund."""

    code = "refund_not_found"


class SubscriptionUnknown(Conflict):
    """No subscription of ours has this id at the provider (yet)."""

    code = "provider_subscription_unknown"


class NothingRuns(Conflict):
    """The payment provider keeps no schedule for this subscription."""

    code = "no_provider_subscription"
