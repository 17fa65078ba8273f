from app.core.errors import Conflict, NotFound


class OrderNotFound(NotFound):
    """There is no such order, or it is not yours."""

    code = "order_not_found"


class ShipmentNotFound(NotFound):
    """There is no such shipment."""

    code = "shipment_not_found"


class ReturnNotFound(NotFound):
    """There is no such return."""

    code = "return_not_found"


class LineNotFound(NotFound):
    """This order has no such line."""

    code = "order_line_not_found"


class QuantityNotLeft(Conflict):
    """There are not so many pieces left of this line."""

    code = "quantity_not_left"


class MoveNotAllowed(Conflict):
    """The order's state does not allow this."""

    code = "order_move_not_allowed"
