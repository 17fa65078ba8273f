"""The first payment of a mandate: the customer approves it or declines, and a token comes of it."""

from sandbox.razorpay import banking, mandates, paying
from sandbox.razorpay.entities import Entity, load, save
from sandbox.razorpay.errors import refused
from sandbox.razorpay.happening import Happening
from sandbox.razorpay.instruments import Instrument
from sandbox.razorpay.terms import of_order

DUMMY = "upi_dummy_payment"
DECLINED = "payment_cancelled"


def register(
    happening: Happening, order_id: str, instrument: Instrument, outcome: paying.Outcome | None, error_reason: str | None
) -> Entity:
    """One attempt on a registration order; returns its payment, which carries the token's id.

    On some UPI apps the payment is a dummy that fails while the mandate is registered: judge by the token."""
    order = load(happening.db, happening.merchant.id, "order", order_id)
    terms = of_order(order)
    if terms is None:
        raise refused("The order has no token details: no mandate can be registered with it")
    if instrument.method != terms.method:
        raise refused(f"The mandate of this order is to be approved by {terms.method}", field="method")
    paying.refuse_if_taken(happening.db, order)
    token = mandates.start(happening, terms, instrument)
    payment = happening.start(order, instrument, customer_id=terms.customer_id, token_id=token.id)
    payment.hidden["registered"] = token.id
    save(happening.db, payment)
    if outcome == "failed" or instrument.always_fails:
        happening.fail(payment, error_reason or DECLINED)
        mandates.move(happening, token, "reject", payment.wire["error_description"])
    else:
        is_dummy = banking.of(happening.db, happening.merchant.id).registration == "dummy" and terms.method == "upi"
        if is_dummy:
            happening.fail(payment, DUMMY)
        else:
            paying.settle(happening, order, payment, outcome, error_reason)
        mandates.confirm_in_time(happening, token)
    happening.publish()
    return payment
