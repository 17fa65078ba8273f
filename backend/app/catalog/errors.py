from app.core.errors import Conflict, Invalid, NotFound


class ProductNotFound(NotFound):
    """There is no such product, or it is not on sale."""

    code = "product_not_found"


class VariantNotFound(NotFound):
    """There is no such variant, or it is not on sale."""

    code = "variant_not_found"


class PriceInvalid(Invalid):
    """It is unlawful to charge more than the printed price; `maximum` names it."""

    code = "price_invalid"


class PriceChangeTaken(Conflict):
    """Another price was announced for that day; take it back first."""

    code = "price_change_taken"


class PriceChangeNotFound(NotFound):
    """There is no such announced price."""

    code = "price_change_not_found"


class PriceChangeInForce(Conflict):
    """This price is in force already; announce another one."""

    code = "price_change_in_force"


class SubstituteInvalid(Invalid):
    """What comes in its place is another variant, and one that is on sale."""

    code = "substitute_invalid"
