"""The states of a payment. Razorpay's events come late, twice and out of order: a payment only ever moves forward.

`failed` is not final: a bank may answer later (failed → authorised → captured), and a customer may try again on the same
provider order. Razorpay: payments/payments/late-authorisation.
"""

RANKS = {"created": 0, "failed": 1, "authorised": 2, "captured": 3}
OF_PROVIDER = {
    "created": "created",
    "failed": "failed",
    "authorized": "authorised",
    "captured": "captured",
    "refunded": "captured",
}


def status_of(provider_status: str) -> str:
    """Our word for the provider's; ValueError for one it does not document."""
    try:
        return OF_PROVIDER[provider_status]
    except KeyError:
        raise ValueError(f"unknown payment status {provider_status!r}") from None


def moves_forward(present: str, told: str) -> bool:
    """Whether being told `told` changes a payment that is `present`."""
    return RANKS[told] > RANKS[present]
