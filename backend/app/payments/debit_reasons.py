"""For which of Razorpay's reasons a debit that failed is not tried again, and which of them are about the mandate.

From the errors under "Create subsequent payments" (UPI) and the card error codes: all where the advice is not to try later, but
to change the mandate, the amount or the account. The same debit would fail again; and a bank that has become suspicious is
not asked again either. Any other reason, a new one too, is worth the tries that the rules allow.
"""

from collections.abc import Mapping
from typing import Final

MANDATE_REASONS: Final[Mapping[str, str]] = {  # what that makes of our mandate
    "mandate_paused": "paused",
    "mandate_not_active": "paused",
    "mandate_cancelled": "cancelled",
    "umn_does_not_exist_payer": "cancelled",  # the bank knows no mandate of this number
    "invalid_token": "cancelled",
    "mandate_expired": "expired",
}
FINAL_REASONS: Final[frozenset[str]] = frozenset(MANDATE_REASONS) | {
    "amount_does_not_match_mandate_amount",
    "bank_account_invalid",
    "customer_action_required",  # cards: the customer did not let the notice pass
    "debit_declined",
    "input_validation_failed",  # the same words would be refused again
    "debit_instrument_blocked",
    "invalid_vpa",
    "limit_exceeded_remitting_bank",
    "mandate_current_cycle_allowed_debit_exceeds",
    "card_mandate_current_cycle_allowed_debit_exceeds",
    "mandate_debit_beyond_psp_amount_cap",
    "mobile_number_invalid",
    "nature_of_debit_not_allowed",
    "no_financial_address_record_found",
    "number_of_pin_tries_exceeded",
    "payer_account_has_changed",
    "payment_risk_check_failed",
    "payment_stopped_by_court_order",
    "per_transaction_limit_exceeded",
    "remitter_account_dormant",
    "suspected_fraud_decline",
    "transaction_frequency_limit_exceeded",
    "transaction_limit_exceeded",
    "transaction_not_allowed",
    "transaction_not_permitted_cardholder",
    "transaction_not_permitted_to_vpa",
}
_LIMIT = "the amount is above a limit of the account"
_CLOSED = "the account is closed"
_AWAY = "it could not be reached"
SAID_BY_BANK: Final[Mapping[str, str]] = {  # for people, after "Your bank says:"
    "insufficient_funds": "there was not enough money in the account",
    "adequate_funds_not_available_blocked": "there was not enough money in the account",
    "mandate_paused": "the mandate is paused",
    "mandate_not_active": "the mandate is not active",
    "mandate_cancelled": "the mandate was cancelled",
    "umn_does_not_exist_payer": "the mandate was cancelled",
    "mandate_expired": "the mandate has expired",
    "customer_action_required": "the debit was not let through",
    "debit_instrument_blocked": "the account is blocked",
    "bank_account_invalid": _CLOSED,
    "remitter_account_dormant": _CLOSED,
    "limit_exceeded_remitting_bank": _LIMIT,
    "mandate_debit_beyond_psp_amount_cap": _LIMIT,
    "per_transaction_limit_exceeded": _LIMIT,
    "transaction_limit_exceeded": _LIMIT,
    "bank_not_available": _AWAY,
    "payment_timed_out": _AWAY,
    "psp_not_available": _AWAY,
}


def bank_says(reason: str) -> str:
    """The reason in words; empty for our own reasons, and for those of which people would be no wiser."""
    return SAID_BY_BANK.get(reason, "")
