from app.core.errors import Conflict


class CartNotReady(Conflict):
    """This cart cannot be placed as it stands; `problems` says what fixes it."""

    code = "cart_not_ready"


class CheckoutClosed(Conflict):
    """This order is paid or cancelled already."""

    code = "checkout_closed"
