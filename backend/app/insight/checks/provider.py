"""What the payment provider bills by itself: every charge finds what it was for, and is in the books."""

from app.insight.checks.frame import Check

CHECKS = (
    Check(
        "provider_charge_waits",
        "What the provider charged by itself finds its delivery within two days.",
        "provider_charges",
        """SELECT c.id, c.provider_payment_id, c.billing_start, c.amount FROM provider_charges c
        WHERE c.status = 'waiting' AND c.created_at < app_now() - interval '2 days'""",
        "The provider charged {amount} by {provider_payment_id} for the cycle that began at {billing_start}; it is booked for "
        "nothing yet.",
        "The log says why it could not be booked (charge_not_booked). Mend that: the next look at the provider books it.",
        is_cheap=True,
    ),
    Check(
        "provider_charge_unbooked",
        "What the provider charged by itself, and is dealt with, is in the books.",
        "provider_charges",
        """SELECT c.id, c.provider_payment_id, c.status, c.amount FROM provider_charges c
        LEFT JOIN captures k ON k.provider_payment_id = c.provider_payment_id AND k.amount = c.amount
        WHERE c.status <> 'waiting' AND k.id IS NULL""",
        "A charge of {amount}, {provider_payment_id}, counts as {status} and was never captured here.",
        "Both are written in one transaction: find out who wrote to the tables.",
    ),
)
