"""A context for every template, as whoever queues it freezes it."""

from typing import Any

from app.notifications.contexts import (
    AccountStatementContext,
    ChecksFailedContext,
    DeliveryDiffersContext,
    DeliverySkippedContext,
    FindingContext,
    NoticeContext,
    OrderCancelledContext,
    OrderConfirmationContext,
    OrderShippedContext,
    OtpContext,
    PaymentDueContext,
    PaymentFailedContext,
    RefundSentContext,
    RenewalReminderContext,
    SubscriptionActionNeededContext,
    SubscriptionStartedContext,
    TopUpFailedContext,
    WalletLowContext,
    WelcomeAdminContext,
    WelcomeUserContext,
)

CONTEXTS: dict[str, Any] = {
    "otp": OtpContext(minutes=5),
    "order_confirmation": OrderConfirmationContext(
        order_id="0199-order",
        order_number="ORD-26-000123",
        customer_name="Asha Rao",
        placed_on="21 November 2026",
        lines=[
            {"name": "A2 Cow Milk", "unit": "1 l", "quantity": 2, "total_amount": 178_00},
            {"name": "Mango & <b>honey</b>", "unit": "500 g", "quantity": 1, "total_amount": 1234_50},
        ],
        subtotal_amount=1412_50,
        shipping_amount=49_00,
        round_off_amount=-50,
        tax_amount=67_26,
        total_amount=1461_00,
        to_be_paid="",
        address_lines=["Asha Rao", "12, 4th Cross", "Bengaluru 560038"],
    ),
    "payment_failed": PaymentFailedContext(
        order_id="0199-order", order_number="ORD-26-000123", customer_name="Asha Rao", total_amount=1461_00, reason=""
    ),
    "payment_due": PaymentDueContext(
        order_id="0199-order",
        order_number="ORD-26-000123",
        customer_name="Asha Rao",
        total_amount=1461_00,
        reason="there was not enough money in the account",
        pay_before="Thursday, 3 December",
        pay_url="https://shop.example/pay/AZpWgFRYcVitHzTwbQwKEWk6JsAzW0kQx1oP9aWb1z-T0oT2",
        way="mandate",
    ),
    "account_statement": AccountStatementContext(
        statement_id="0199-statement",
        number="STM/26-27/000007",
        customer_name="Asha Rao",
        month="November 2026",
        opening_amount=12000_00,
        charged_amount=30450_00,
        credited_amount=12000_00,
        closing_amount=30450_00,
        advance_amount=0,
    ),
    "top_up_failed": TopUpFailedContext(
        customer_name="Asha Rao", amount=1500_00, reason="there was not enough money in the account"
    ),
    "wallet_low": WalletLowContext(
        customer_name="Asha Rao",
        available_amount=40_00,
        needed_amount=136_00,
        missing_amount=96_00,
        needed_on="Friday, 4 December",
    ),
    "order_cancelled": OrderCancelledContext(
        order_id="0199-order",
        order_number="ORD-26-000123",
        customer_name="Asha Rao",
        total_amount=1461_00,
        reason="you asked us to",
        refund_amount=1461_00,
        refund_to="how you paid",
    ),
    "refund_sent": RefundSentContext(
        order_id="0199-order",
        order_number="ORD-26-000123",
        customer_name="Asha Rao",
        amount=178_00,
        reason="something was spoilt",
        refund_to="how you paid",
        takes_days=True,
    ),
    "order_shipped": OrderShippedContext(
        order_id="0199-order", order_number="ORD-26-000123", customer_name="", expected_on="", carrier="", tracking_url=""
    ),
    "subscription_renewal_reminder": RenewalReminderContext(
        subscription_id="0199-sub",
        customer_name="Asha Rao",
        items=["2 × Milk, 1 l"],
        delivers_on="Monday, 23 November",
        charged_on="22 November",
        change_until="Sunday 20:00",
        total_amount=178_00,
    ),
    "subscription_started": SubscriptionStartedContext(
        subscription_id="0199-sub",
        customer_name="Asha Rao",
        rule_text="on Monday, Wednesday and Friday",
        items=["2 × Milk, 1 l", "1 × Curd, 500 g"],
        total_amount=178_00,
        first_on="Friday, 4 December",
        charged_on="2 December",
    ),
    "delivery_skipped": DeliverySkippedContext(
        subscription_id="0199-sub",
        customer_name="Asha Rao",
        delivers_on="Friday, 4 December",
        reason="there was not enough Milk, 1 l",
        next_on="Monday, 7 December",
    ),
    "delivery_differs": DeliveryDiffersContext(
        subscription_id="0199-sub",
        customer_name="Asha Rao",
        delivers_on="Friday, 4 December",
        changes=["Milk, 1 l comes in place of Milk, 500 ml", "Curd, 500 g is left out"],
    ),
    "subscription_action_needed": SubscriptionActionNeededContext(
        subscription_id="0199-sub", customer_name="Asha Rao", mandate_status="paused"
    ),
    "welcome_user": WelcomeUserContext(user={"name": "Asha"}),
    "welcome_admin": WelcomeAdminContext(admin={"name": "Ravi", "role": "packer"}),
    "checks_failed": ChecksFailedContext(
        count=21,
        findings=[
            FindingContext(
                what="₹440.00 came in for order ORD-26-000123, which is cancelled and paid, and none of it is on its way back.",
                repair="rozana check --only captured_without_order --repair",
                remedy="The repair confirms an order that waits for its payment; of any other, what is too much goes back.",
            ),
            FindingContext(what="Series CN has reached number 3 with 2 documents.", repair="", remedy="Find out who did."),
        ],
        more=19,
        keys=[],
    ),
    "notice": NoticeContext(body="We are closed on Friday.\n\nSee you on Saturday!"),
}
