from app.core.errors import NotFound


class ProductNotFound(NotFound):
    """There is no such product, or it is not on sale."""

    code = "product_not_found"


class VariantNotFound(NotFound):
    """There is no such variant, or it is not on sale."""

    code = "variant_not_found"
