from app.core.errors import Conflict, NotFound


class OrderNotFound(NotFound):
    """There is no such order, or it is not yours."""

    code = "order_not_found"


class MoveNotAllowed(Conflict):
    """The order's state does not allow this."""

    code = "order_move_not_allowed"
