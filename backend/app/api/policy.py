"""Who may call which route: one table, enforced at the door and walked by a test. A route that is not here does not start."""

from dataclasses import dataclass
from typing import Literal

from app.api.callers import Caller
from app.core.errors import Forbidden, Unauthorised

Audience = Literal["public", "shopper", "customer", "signed_in", "staff"]

STAFF_PERMISSIONS: dict[str, frozenset[str]] = {
    "support": frozenset(
        {"orders.read", "subscriptions.read", "messages.read", "stock.read", "credit.read", "wallets.read", "orders.change"}
    ),
    "packer": frozenset({"orders.read", "subscriptions.read", "stock.read", "stock.change", "cash.collect", "orders.pack"}),
    "finance": frozenset(
        {
            "orders.read",
            "subscriptions.read",
            "messages.read",
            "stock.read",
            "cash.receive",
            "credit.read",
            "credit.manage",
            "wallets.read",
            "wallets.credit",
            "checks.read",
            "payments.read",
            "refunds.make",
        }
    ),
    "manager": frozenset(
        {
            "orders.read",
            "billing.manage",
            "calendar.change",
            "prices.change",
            "subscriptions.read",
            "messages.read",
            "stock.read",
            "stock.change",
            "cash.collect",
            "cash.receive",
            "credit.read",
            "wallets.read",
            "orders.change",
            "orders.pack",
            "checks.read",
            "payments.read",
            "refunds.make",
        }
    ),
    "admin": frozenset(
        {
            "orders.read",
            "billing.manage",
            "calendar.change",
            "prices.change",
            "subscriptions.read",
            "messages.read",
            "clocks.move",
            "stock.read",
            "stock.change",
            "cash.collect",
            "cash.receive",
            "credit.read",
            "credit.manage",
            "wallets.read",
            "wallets.credit",
            "orders.change",
            "orders.pack",
            "checks.read",
            "payments.read",
            "refunds.make",
        }
    ),
}


@dataclass(frozen=True)
class Policy:
    """`public`: anybody. `shopper`: anybody, but a cart only with its token or owner. `customer`: signed in, own things only.

    `signed_in`: customer or staff, own things only. `staff`: by `permission`. With `permission` set beside `customer`,
    staff who hold it may see every customer's.
    """

    audience: Audience
    permission: str = ""

    @property
    def reads_token(self) -> bool:
        """A public route asks nobody who they are: an expired token keeps nobody from signing in, no cookie from a webhook."""
        return self.audience != "public"

    def check(self, caller: Caller) -> None:
        """Unauthorised for nobody in particular, Forbidden for the wrong somebody; which rows they see is a WHERE clause."""
        if self.audience in ("public", "shopper"):
            return
        if caller.kind == "guest":
            raise Unauthorised
        if caller.kind == "staff":
            if self.audience == "signed_in" or self.permission in STAFF_PERMISSIONS.get(caller.role, ()):
                return
            raise Forbidden
        if self.audience == "staff":
            raise Forbidden


def require(caller: Caller, permission: str) -> None:
    """Of staff whom the route's policy let in, what this very request needs besides. Forbidden."""
    if permission not in STAFF_PERMISSIONS.get(caller.role, ()):
        raise Forbidden


PUBLIC, SHOPPER, CUSTOMER, SIGNED_IN = Policy("public"), Policy("shopper"), Policy("customer"), Policy("signed_in")

POLICY: dict[tuple[str, str], Policy] = {
    ("GET", "/healthz"): PUBLIC,
    ("GET", "/readyz"): PUBLIC,
    ("GET", "/health/billing"): PUBLIC,
    ("POST", "/api/v1/otp"): PUBLIC,
    ("POST", "/api/v1/sessions"): PUBLIC,
    ("POST", "/api/v1/sessions/refresh"): PUBLIC,
    ("GET", "/api/v1/sessions"): SIGNED_IN,
    ("DELETE", "/api/v1/sessions/current"): SIGNED_IN,
    ("DELETE", "/api/v1/sessions/{session_id}"): SIGNED_IN,
    ("GET", "/api/v1/me"): SIGNED_IN,
    ("PATCH", "/api/v1/me"): CUSTOMER,
    ("GET", "/api/v1/addresses"): CUSTOMER,
    ("POST", "/api/v1/addresses"): CUSTOMER,
    ("GET", "/api/v1/addresses/{address_id}"): CUSTOMER,
    ("PATCH", "/api/v1/addresses/{address_id}"): CUSTOMER,
    ("DELETE", "/api/v1/addresses/{address_id}"): CUSTOMER,
    ("GET", "/api/v1/products"): PUBLIC,
    ("GET", "/api/v1/products/{slug}"): PUBLIC,
    ("POST", "/api/v1/carts"): SHOPPER,
    ("GET", "/api/v1/carts/{cart_id}"): SHOPPER,
    ("PUT", "/api/v1/carts/{cart_id}/lines/{variant_id}"): SHOPPER,
    ("DELETE", "/api/v1/carts/{cart_id}/lines/{variant_id}"): SHOPPER,
    ("POST", "/api/v1/checkouts"): CUSTOMER,
    ("GET", "/api/v1/orders"): Policy("customer", "orders.read"),
    ("GET", "/api/v1/orders/{order_id}"): Policy("customer", "orders.read"),
    ("GET", "/api/v1/orders/{order_id}/explain"): Policy("customer", "orders.read"),
    ("GET", "/api/v1/orders/{order_id}/timeline"): Policy("customer", "orders.read"),
    ("GET", "/api/v1/orders/{order_id}/documents"): Policy("customer", "orders.read"),
    ("GET", "/api/v1/documents/{document_id}"): Policy("customer", "orders.read"),
    ("GET", "/api/v1/documents/{document_id}/page"): Policy("customer", "orders.read"),
    ("GET", "/api/v1/documents/{document_id}/pdf"): Policy("customer", "orders.read"),
    ("POST", "/api/v1/orders/{order_id}/payment"): CUSTOMER,
    ("POST", "/api/v1/orders/{order_id}/cancellation"): Policy("customer", "orders.change"),
    ("POST", "/api/v1/orders/{order_id}/returns"): Policy("customer", "orders.change"),
    ("POST", "/api/v1/orders/{order_id}/concessions"): Policy("staff", "refunds.make"),
    ("POST", "/api/v1/orders/{order_id}/shipments"): Policy("staff", "orders.pack"),
    ("POST", "/api/v1/order-moves"): Policy("staff", "orders.pack"),
    ("GET", "/api/v1/returns"): Policy("staff", "orders.read"),
    ("POST", "/api/v1/returns/{return_id}/decision"): Policy("staff", "refunds.make"),
    ("POST", "/api/v1/shipments/{shipment_id}/dispatch"): Policy("staff", "orders.pack"),
    ("POST", "/api/v1/shipments/{shipment_id}/delivery"): Policy("staff", "orders.pack"),
    ("POST", "/api/v1/shipments/{shipment_id}/failed-delivery"): Policy("staff", "orders.pack"),
    ("GET", "/api/v1/refunds"): Policy("staff", "payments.read"),
    ("GET", "/api/v1/disputes"): Policy("staff", "payments.read"),
    ("POST", "/api/v1/refunds/{refund_id}/payout"): Policy("staff", "refunds.make"),
    ("POST", "/api/v1/refunds/{refund_id}/retry"): Policy("staff", "refunds.make"),
    ("POST", "/api/v1/refunds/{refund_id}/redirect"): Policy("staff", "refunds.make"),
    ("POST", "/api/v1/orders/{order_id}/payment-confirmation"): CUSTOMER,
    ("POST", "/api/v1/payment-returns/{order_id}"): PUBLIC,  # the signature is the proof
    ("GET", "/pay/{token}"): PUBLIC,  # ours is, here and below
    ("POST", "/pay/{token}"): PUBLIC,
    ("POST", "/api/v1/subscriptions"): CUSTOMER,
    ("GET", "/api/v1/subscriptions"): Policy("customer", "subscriptions.read"),
    ("GET", "/api/v1/subscriptions/{subscription_id}"): Policy("customer", "subscriptions.read"),
    ("GET", "/api/v1/subscriptions/{subscription_id}/calendar"): Policy("customer", "subscriptions.read"),
    ("GET", "/api/v1/subscriptions/{subscription_id}/explain"): Policy("customer", "subscriptions.read"),
    ("POST", "/api/v1/subscriptions/{subscription_id}/mandate"): CUSTOMER,
    ("POST", "/api/v1/subscriptions/{subscription_id}/payment-method"): CUSTOMER,
    ("POST", "/api/v1/subscriptions/{subscription_id}/provider-approval"): CUSTOMER,
    ("POST", "/api/v1/subscriptions/{subscription_id}/pause"): CUSTOMER,
    ("POST", "/api/v1/subscriptions/{subscription_id}/resumption"): CUSTOMER,
    ("POST", "/api/v1/subscriptions/{subscription_id}/skips"): CUSTOMER,
    ("POST", "/api/v1/subscriptions/{subscription_id}/cancellation"): CUSTOMER,
    ("DELETE", "/api/v1/subscriptions/{subscription_id}/cancellation"): CUSTOMER,
    ("DELETE", "/api/v1/subscriptions/{subscription_id}/skips/{delivers_on}"): CUSTOMER,
    ("PUT", "/api/v1/subscriptions/{subscription_id}/deliveries/{delivers_on}/lines/{variant_id}"): CUSTOMER,
    ("DELETE", "/api/v1/subscriptions/{subscription_id}/deliveries/{delivers_on}/lines"): CUSTOMER,
    ("POST", "/api/v1/subscriptions/{subscription_id}/deliveries/{delivers_on}/swap"): CUSTOMER,
    ("POST", "/api/v1/subscriptions/{subscription_id}/changes"): CUSTOMER,
    ("DELETE", "/api/v1/subscriptions/{subscription_id}/changes/{from_on}"): CUSTOMER,
    ("PUT", "/api/v1/subscriptions/{subscription_id}/end"): CUSTOMER,
    ("POST", "/api/v1/subscriptions/{subscription_id}/reactivation"): CUSTOMER,
    ("GET", "/api/v1/products/{slug}/price-changes"): Policy("staff", "prices.change"),
    ("GET", "/api/v1/products/{slug}/subscription-policies"): Policy("staff", "billing.manage"),
    ("PUT", "/api/v1/products/{slug}/subscription-policies"): Policy("staff", "billing.manage"),
    ("GET", "/api/v1/billing-runs"): Policy("staff", "billing.manage"),
    ("GET", "/api/v1/billing-runs/preview"): Policy("staff", "billing.manage"),
    ("GET", "/api/v1/billing-runs/gaps"): Policy("staff", "billing.manage"),
    ("POST", "/api/v1/billing-runs/{run_id}/approval"): Policy("staff", "billing.manage"),
    ("POST", "/api/v1/subscriptions/{subscription_id}/retry"): Policy("staff", "billing.manage"),
    ("POST", "/api/v1/products/{slug}/price-changes"): Policy("staff", "prices.change"),
    ("DELETE", "/api/v1/products/{slug}/price-changes/{change_id}"): Policy("staff", "prices.change"),
    ("GET", "/api/v1/holidays"): PUBLIC,
    ("PUT", "/api/v1/holidays/{closed_on}"): Policy("staff", "calendar.change"),
    ("DELETE", "/api/v1/holidays/{closed_on}"): Policy("staff", "calendar.change"),
    ("GET", "/api/v1/vacations"): CUSTOMER,
    ("POST", "/api/v1/vacations"): CUSTOMER,
    ("DELETE", "/api/v1/vacations/{vacation_id}"): CUSTOMER,
    ("GET", "/api/v1/calendar"): CUSTOMER,
    ("GET", "/api/v1/day-sheets/{delivers_on}/packing"): Policy("staff", "orders.read"),
    ("GET", "/api/v1/day-sheets/{delivers_on}/routes"): Policy("staff", "orders.read"),
    ("GET", "/api/v1/store-calendar"): Policy("staff", "subscriptions.read"),
    ("GET", "/api/v1/purchase-forecast"): Policy("staff", "stock.read"),
    ("GET", "/api/v1/wallet"): CUSTOMER,
    ("POST", "/api/v1/wallet/top-ups"): CUSTOMER,
    ("GET", "/api/v1/wallet/top-ups/{top_up_id}"): CUSTOMER,
    ("POST", "/api/v1/wallet/top-ups/{top_up_id}/payment-confirmation"): CUSTOMER,
    ("GET", "/api/v1/wallet/top-up-plan"): CUSTOMER,
    ("PUT", "/api/v1/wallet/top-up-plan"): CUSTOMER,
    ("DELETE", "/api/v1/wallet/top-up-plan"): CUSTOMER,
    ("POST", "/api/v1/top-up-returns/{top_up_id}"): PUBLIC,  # the signature is the proof
    ("GET", "/api/v1/customers/{customer_id}/wallet"): Policy("staff", "wallets.read"),
    ("POST", "/api/v1/customers/{customer_id}/wallet-credits"): Policy("staff", "wallets.credit"),
    ("PUT", "/api/v1/customers/{customer_id}/credit-limit"): Policy("staff", "credit.manage"),
    ("GET", "/api/v1/customers/{customer_id}/account"): Policy("customer", "credit.read"),
    ("GET", "/api/v1/customers/{customer_id}/statements"): Policy("customer", "credit.read"),
    ("GET", "/api/v1/statements/{statement_id}"): Policy("customer", "credit.read"),
    ("GET", "/api/v1/statements/{statement_id}/page"): Policy("customer", "credit.read"),
    ("GET", "/api/v1/statements/{statement_id}/pdf"): Policy("customer", "credit.read"),
    ("POST", "/api/v1/orders/{order_id}/receipts"): Policy("staff", "credit.manage"),
    ("POST", "/api/v1/cash/receipts"): Policy("staff", "cash.collect"),
    ("GET", "/api/v1/cash/riders"): Policy("staff", "cash.receive"),
    ("POST", "/api/v1/cash/handovers"): Policy("staff", "cash.receive"),
    ("GET", "/api/v1/cash/handovers"): Policy("staff", "cash.receive"),
    ("POST", "/api/v1/mandate-returns/{mandate_id}"): PUBLIC,  # the signature is the proof
    ("GET", "/api/v1/test/clocks/{clock_id}"): Policy("staff", "clocks.move"),
    ("POST", "/api/v1/test/clocks/{clock_id}/advance"): Policy("staff", "clocks.move"),
    ("GET", "/api/v1/checks"): Policy("staff", "checks.read"),
    ("GET", "/api/v1/messages"): Policy("staff", "messages.read"),
    ("GET", "/api/v1/messages/{message_id}"): Policy("staff", "messages.read"),
    ("GET", "/api/v1/stock"): Policy("staff", "stock.read"),
    ("GET", "/api/v1/stock/{variant_id}/movements"): Policy("staff", "stock.read"),
    ("POST", "/api/v1/stock/receipts"): Policy("staff", "stock.change"),
    ("POST", "/api/v1/stock/adjustments"): Policy("staff", "stock.change"),
    ("GET", "/api/v1/stock/counts"): Policy("staff", "stock.read"),
    ("POST", "/api/v1/stock/counts"): Policy("staff", "stock.change"),
    ("GET", "/api/v1/stock/counts/{count_id}"): Policy("staff", "stock.read"),
    ("PUT", "/api/v1/stock/counts/{count_id}/lines/{variant_id}"): Policy("staff", "stock.change"),
    ("POST", "/api/v1/stock/counts/{count_id}/closing"): Policy("staff", "stock.change"),
    ("POST", "/api/v1/webhooks/razorpay"): PUBLIC,  # the signature is the proof, here and below
    ("POST", "/api/v1/webhooks/razorpay/{account_id}"): PUBLIC,
    ("POST", "/api/v1/webhooks/sendgrid"): PUBLIC,
    ("POST", "/api/v1/webhooks/sendgrid/{account_id}"): PUBLIC,
    ("POST", "/api/v1/webhooks/twilio"): PUBLIC,
    ("POST", "/api/v1/webhooks/twilio/{account_id}"): PUBLIC,
}


def methods_of(path: str) -> list[str]:
    """Every method a path has; none for one that is not here. A framework that finds the first route only tells of that one."""
    return sorted(method for method, other in POLICY if other == path)
