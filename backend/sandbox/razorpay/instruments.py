"""What a customer pays with, and what the merchant gets to see of it. Card numbers and CVVs are never kept."""

import secrets
from dataclasses import dataclass
from typing import Any, Literal

from sandbox.ids import razorpay_id

Method = Literal["upi", "card", "netbanking", "wallet"]


@dataclass(frozen=True)
class Instrument:
    """`detail` is a VPA, a card number, a bank code or a wallet name, by method."""

    method: Method = "upi"
    detail: str = ""
    email: str = "customer@example.in"
    contact: str = "+919000090000"

    @property
    def always_fails(self) -> bool:
        """Razorpay's own test VPA."""
        return self.method == "upi" and self.detail == "failure@razorpay"

    def wire(self) -> dict[str, Any]:
        """The payment's fields that depend on the method."""
        shown: dict[str, Any] = {
            "method": self.method,
            "card_id": None,
            "bank": None,
            "wallet": None,
            "vpa": None,
            "email": self.email,
            "contact": self.contact,
        }
        match self.method:
            case "upi":
                vpa = self.detail or "success@razorpay"
                return shown | {"vpa": vpa, "upi": {"vpa": vpa, "payer_account_type": "bank_account"}}
            case "card":
                return shown | {"card_id": razorpay_id("card")}
            case "netbanking":
                return shown | {"bank": self.detail or "HDFC"}
            case "wallet":
                return shown | {"wallet": self.detail or "mobikwik"}

    def card(self, card_id: str | None) -> dict[str, Any] | None:
        if self.method != "card":
            return None
        digits = "".join(filter(str.isdigit, self.detail)) or "4111111111111111"
        return {
            "id": card_id,
            "entity": "card",
            "name": "",
            "last4": digits[-4:],
            "network": network_of(digits),
            "type": "credit",
            "issuer": "HDFC",
            "international": False,
            "emi": False,
            "sub_type": "consumer",
            "token_iin": None,
        }

    def remembered(self) -> dict[str, str]:
        """What a mandate keeps of it, enough to show later debits: of a card the first digit and the last four."""
        digits = "".join(filter(str.isdigit, self.detail)) or "4111111111111111"
        return {"method": self.method, "detail": self.detail if self.method == "upi" else digits[0] + digits[-4:]}

    def acquirer_data(self) -> dict[str, str]:
        """What the bank tells once it has authorised."""
        number = str(secrets.randbelow(9 * 10**11) + 10**11)
        match self.method:
            case "upi":
                return {"rrn": number, "upi_transaction_id": secrets.token_hex(16).upper()}
            case "card":
                return {"auth_code": number[:6]}
            case "netbanking":
                return {"bank_transaction_id": number}
            case "wallet":
                return {"transaction_id": number}


def network_of(digits: str) -> str:
    return {"4": "Visa", "5": "MasterCard", "6": "RuPay", "3": "American Express"}.get(digits[:1], "Visa")
