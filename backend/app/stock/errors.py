from app.core.errors import Conflict


class OutOfStock(Conflict):
    """There is not enough left."""

    code = "out_of_stock"
