from app.carts.rules import MAX_LINES, MAX_QUANTITY
from app.core.errors import Conflict, Invalid, NotFound


class CartNotFound(NotFound):
    """There is no such cart, or it is not yours, or it is no longer open."""

    code = "cart_not_found"


class CartClosed(Conflict):
    """This cart is no longer open; open a new one."""

    code = "cart_closed"


class QuantityOutOfRange(Invalid):
    __doc__ = f"A quantity is 1 to {MAX_QUANTITY} pieces; delete the line to take it out of the cart."

    code = "quantity_out_of_range"


class CartFull(Conflict):
    __doc__ = f"A cart has room for {MAX_LINES} different things; take one out first."

    code = "cart_full"
