"""What each template needs to be told, typed: whoever queues a message freezes exactly this. Amounts in paise."""

from typing import Literal, TypedDict


class OtpContext(TypedDict):
    """Its secret is `code`."""

    minutes: int


class OrderLineContext(TypedDict):
    name: str
    unit: str
    quantity: int
    total_amount: int


class OrderConfirmationContext(TypedDict):
    """`order_confirmation`, e-mail and SMS."""

    order_id: str
    order_number: str
    customer_name: str
    placed_on: str  # for people, e.g. 21 November 2026
    lines: list[OrderLineContext]
    subtotal_amount: int
    shipping_amount: int
    round_off_amount: int
    tax_amount: int
    total_amount: int
    to_be_paid: Literal["", "at_the_door", "on_account"]  # empty: it is paid; messages queued by older releases lack it
    address_lines: list[str]


class PaymentFailedContext(TypedDict):
    """`payment_failed`, e-mail and SMS. `reason` is for people, or empty."""

    order_id: str
    order_number: str
    customer_name: str
    total_amount: int
    reason: str


class PaymentDueContext(TypedDict):
    """`payment_due`, e-mail and SMS: its customer has to pay for an order. Queued by older releases, it lacks the last two."""

    order_id: str
    order_number: str
    customer_name: str
    total_amount: int
    reason: str  # ends a sentence after `because`; empty: it was meant to be paid like this
    pay_before: str  # empty: it was delivered already
    pay_url: str  # a link of ours, which needs no password
    way: Literal["mandate", "wallet", "pay_link"]


class OrderCancelledContext(TypedDict):
    """`order_cancelled`, e-mail and SMS. `reason` ends a sentence, or is empty; `refund_amount` 0: nothing had been paid."""

    order_id: str
    order_number: str
    customer_name: str
    total_amount: int
    reason: str
    refund_amount: int
    refund_to: str  # what the money goes back to, e.g. how you paid


class RefundSentContext(TypedDict):
    """`refund_sent`, e-mail and SMS: the money left us."""

    order_id: str
    order_number: str
    customer_name: str
    amount: int
    reason: str  # ends a sentence after `because`
    refund_to: str
    takes_days: bool  # a bank is still to show it


class OrderShippedContext(TypedDict):
    """`order_shipped`, e-mail and SMS. `carrier` and `tracking_url` may be empty: the shop's own van."""

    order_id: str
    order_number: str
    customer_name: str
    expected_on: str
    carrier: str
    tracking_url: str


class RenewalReminderContext(TypedDict):
    """`subscription_renewal_reminder`, e-mail and SMS."""

    subscription_id: str
    customer_name: str
    items: list[str]
    delivers_on: str
    charged_on: str  # empty: it is paid when it comes
    change_until: str  # empty: it can no longer be changed, only those after it
    total_amount: int


class SubscriptionStartedContext(TypedDict):
    """`subscription_started`, e-mail and SMS."""

    subscription_id: str
    customer_name: str
    rule_text: str  # e.g. every week on Friday
    items: list[str]  # of one delivery
    total_amount: int  # of one delivery, at the prices of today
    first_on: str
    charged_on: str  # when the first delivery is charged; empty: each is paid when it comes


class DeliverySkippedContext(TypedDict):
    """`delivery_skipped`, e-mail and SMS."""

    subscription_id: str
    customer_name: str
    delivers_on: str
    reason: str  # ends a sentence after `because`: there was not enough milk
    next_on: str  # empty: none is planned


class DeliveryDiffersContext(TypedDict):
    """`delivery_differs`, e-mail and SMS."""

    subscription_id: str
    customer_name: str
    delivers_on: str
    changes: list[str]  # e.g. Milk, 1 l comes in place of Milk, 500 ml


class SubscriptionActionNeededContext(TypedDict):
    """`subscription_action_needed`, e-mail and SMS: only the customer can put the mandate right."""

    subscription_id: str
    customer_name: str
    mandate_status: Literal["created", "pending", "rejected", "paused", "cancelled", "expired"]


class AccountStatementContext(TypedDict):
    """`account_statement`, e-mail: the month of a customer on account."""

    statement_id: str
    number: str
    customer_name: str
    month: str  # e.g. November 2026
    opening_amount: int
    charged_amount: int
    credited_amount: int
    closing_amount: int
    advance_amount: int  # paid in advance; 0 where something is owed


class TopUpFailedContext(TypedDict):
    """`top_up_failed`, e-mail and SMS: a wallet was not topped up by its plan."""

    customer_name: str
    amount: int
    reason: str  # ends a sentence after `because`


class WalletLowContext(TypedDict):
    """`wallet_low`, e-mail and SMS: a coming delivery costs more than the wallet can pay."""

    customer_name: str
    available_amount: int
    needed_amount: int
    missing_amount: int
    needed_on: str


class PersonContext(TypedDict):
    name: str


class WelcomeUserContext(TypedDict):
    """`welcome_user`, e-mail."""

    user: PersonContext


class StaffContext(TypedDict):
    name: str
    role: str


class WelcomeAdminContext(TypedDict):
    """`welcome_admin`, e-mail."""

    admin: StaffContext


class FindingContext(TypedDict):
    what: str
    repair: str  # the command; empty: a person has to decide
    remedy: str


class ChecksFailedContext(TypedDict):
    """`checks_failed`, e-mail to whoever runs the shop."""

    count: int
    findings: list[FindingContext]
    more: int  # that are not listed
    keys: list[str]  # of all of them: of these nobody is told again today


class NoticeContext(TypedDict):
    """`notice`, e-mail and SMS: words somebody else wrote."""

    body: str
