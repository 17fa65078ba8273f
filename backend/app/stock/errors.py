from app.core.errors import Conflict, Invalid, NotFound


class OutOfStock(Conflict):
    """There is not enough left."""

    code = "out_of_stock"


class StockReserved(Conflict):
    """That would leave less on the shelf than is promised to orders; `variants` says how much, and to which."""

    code = "stock_reserved"


class NotOnShelf(Conflict):
    """There are fewer on the shelf; `variants` says how many."""

    code = "not_on_shelf"


class ReasonDoesNotFit(Invalid):
    """With this reason the shelf cannot change in that direction."""

    code = "reason_does_not_fit"


class CountNotFound(NotFound):
    """There is no such stock count."""

    code = "count_not_found"


class NotInCount(NotFound):
    """This variant is not part of the stock count."""

    code = "not_in_count"


class CountClosed(Conflict):
    """This stock count is closed; open another one."""

    code = "count_closed"


class BeingCounted(Conflict):
    """Some of it is part of a count that is open; close that one first."""

    code = "being_counted"


class NothingToCount(Invalid):
    """There is nothing of that kind to count."""

    code = "nothing_to_count"


class CountTooLarge(Invalid):
    """A count has room for 2,000 variants; count by category."""

    code = "count_too_large"
