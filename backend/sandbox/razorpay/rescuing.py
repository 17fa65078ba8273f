"""What a customer can do about a charge that fails: give another card, or pay its invoice by hand."""

from sandbox.razorpay import cycling
from sandbox.razorpay.entities import Entity, load, save
from sandbox.razorpay.errors import refused
from sandbox.razorpay.happening import Happening
from sandbox.razorpay.instruments import Instrument
from sandbox.razorpay.subscribing import become, tell


def change_instrument(happening: Happening, subscription: Entity, instrument: Instrument) -> None:
    """The customer gives another card: what is pending is charged at once; what was left while halted never is."""
    status = subscription.wire["status"]
    if status not in ("pending", "halted"):
        raise refused(f"The payment method can be changed while a charge fails; this subscription is {status}")
    subscription.hidden["instrument"] = cycling.remembered(instrument)
    subscription.wire["payment_method"] = instrument.method
    save(happening.db, subscription)
    if status == "pending":
        cycling.charge(
            happening, subscription, load(happening.db, subscription.account, "invoice", subscription.hidden["invoice_id"])
        )
    else:
        become(happening, subscription, "active", auth_attempts=0)
        tell(happening, subscription, "activated")


def pay_invoice(happening: Happening, invoice: Entity) -> Entity:
    """The customer pays an invoice that could not be charged, by hand."""
    if invoice.wire["status"] != "issued":
        raise refused(f"The invoice is {invoice.wire['status']}")
    subscription = load(happening.db, invoice.account, "subscription", str(invoice.parent))
    if subscription.wire["status"] not in ("pending", "halted"):
        raise refused(f"Nothing is owed: the subscription is {subscription.wire['status']}")
    order = load(happening.db, invoice.account, "order", invoice.wire["order_id"])
    payment = cycling.attempt(happening, subscription, order, invoice)
    cycling.settle(happening, subscription, invoice, order, payment)
    return payment
