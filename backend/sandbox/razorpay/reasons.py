"""Why payments fail, in Razorpay's words."""

# reason -> (code, description, source, step)
REASONS: dict[str, tuple[str, str, str, str]] = {
    "payment_failed": (
        "BAD_REQUEST_ERROR",
        "Payment failed due to a technical issue. Please try again.",
        "gateway",
        "payment_authorization",
    ),
    "payment_cancelled": (
        "BAD_REQUEST_ERROR",
        "You've cancelled the payment. Try again or complete the payment later.",
        "customer",
        "payment_authentication",
    ),
    "payment_timed_out": (
        "GATEWAY_ERROR",
        "Payment was unsuccessful as you could not complete it in time.",
        "customer",
        "payment_authentication",
    ),
    "insufficient_funds": (
        "BAD_REQUEST_ERROR",
        "Payment failed because of insufficient balance in the account.",
        "issuer_bank",
        "payment_authorization",
    ),
    "card_declined": (
        "BAD_REQUEST_ERROR",
        "Your payment was declined by the issuing bank.",
        "issuer_bank",
        "payment_authorization",
    ),
    "incorrect_otp": (
        "BAD_REQUEST_ERROR",
        "Payment failed because the OTP entered was incorrect.",
        "customer",
        "payment_authentication",
    ),
    "bank_technical_error": (
        "GATEWAY_ERROR",
        "Payment failed because the bank is facing technical issues.",
        "bank",
        "payment_authorization",
    ),
    "payment_risk_check_failed": (
        "BAD_REQUEST_ERROR",
        "Payment was blocked by a risk check.",
        "business",
        "payment_authorization",
    ),
}
# Reasons of mandates and their debits, in the words of the UPI pages.
REASONS_OF_MANDATES: dict[str, tuple[str, str, str, str]] = {
    "upi_dummy_payment": (
        "BAD_REQUEST_ERROR",
        "Payment was a dummy payment for one time mandate registration.",
        "business",
        "payment_initiation",
    ),
    "mandate_paused": (
        "BAD_REQUEST_ERROR",
        "UPI mandate is not active, it is paused by user.",
        "customer",
        "payment_authorization",
    ),
    "mandate_cancelled": (
        "BAD_REQUEST_ERROR",
        "UPI mandate created for payment has been cancelled by user.",
        "customer",
        "payment_authorization",
    ),
    "mandate_expired": ("BAD_REQUEST_ERROR", "UPI Mandate is expired.", "customer", "payment_authorization"),
    "mandate_not_active": ("BAD_REQUEST_ERROR", "UPI mandate is not active.", "customer", "payment_authorization"),
    "mandate_current_cycle_allowed_debit_exceeds": (
        "BAD_REQUEST_ERROR",
        "Mandate is already honoured.",
        "business",
        "payment_authorization",
    ),
    "psp_not_available": (
        "GATEWAY_ERROR",
        "Payment was unsuccessful as the UPI app is not reachable at this time."
        " Any amount deducted will be refunded within 5-7 working days.",
        "customer_psp",
        "payment_authorization",
    ),
    "execution_day_rule_mismatch": (
        "BAD_REQUEST_ERROR",
        "Day of debit does not match the debit execution rule for the payer."
        " Please ensure execution day matches the execution rule.",
        "business",
        "payment_authorization",
    ),
    "debit_declined": (
        "BAD_REQUEST_ERROR",
        "Payment was unsuccessful as it was declined by remitter bank.",
        "issuer_bank",
        "payment_authorization",
    ),
}


def failure_fields(reason: str) -> dict[str, str]:
    """The error_* fields of a failed payment; a reason not listed keeps its name and gets a general description."""
    code, description, source, step = (REASONS | REASONS_OF_MANDATES).get(reason, REASONS["payment_failed"])
    return {
        "error_code": code,
        "error_description": description,
        "error_source": source,
        "error_step": step,
        "error_reason": reason,
    }
