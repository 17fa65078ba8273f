"""In which way a subscription is paid, and its change. It can be rehearsed with `?dry_run=true`."""

from uuid import UUID

from pydantic import ConfigDict

from app.api.doors import OpenDoor
from app.api.routing import Router
from app.api.schemas import DryRun, RequestBody
from app.api.subscription_requests import MandateIn
from app.api.subscription_schemas import ChangeOut
from app.api.subscriptions import change_it
from app.subscriptions import ways
from app.subscriptions.errors import MandateNotTaken
from app.subscriptions.models import PaymentMethod
from app.subscriptions.ways import MandateWish

router = Router(prefix="/api/v1/subscriptions", tags=["subscriptions"])


class PaymentMethodIn(RequestBody):
    """`mandate`: of the one to be approved; left out, by UPI, up to twice the price of a delivery."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"payment_method": "wallet"},
                {"payment_method": "mandate", "mandate": {"method": "upi", "max_amount": 200000}},
            ]
        }
    )

    payment_method: PaymentMethod
    mandate: MandateIn | None = None

    def wish(self) -> MandateWish:
        if self.mandate is not None and self.payment_method != "mandate":
            raise MandateNotTaken(field="mandate")
        asked = self.mandate or MandateIn()
        return MandateWish(asked.method, asked.max_amount)


@router.post("/{subscription_id}/payment-method")
def change_payment_method(door: OpenDoor, subscription_id: UUID, body: PaymentMethodIn, dry_run: DryRun = False) -> ChangeOut:
    """Pay in another way from the next delivery on that is not an order yet; nothing is charged now, and no date moves.

    By mandate, its customer approves it next, at POST …/mandate: until the bank confirms it, the subscription is paid as
    before. One that is paid by mandate already gets another one like this, of another limit or before the old one ends.
    """
    return change_it(
        door,
        dry_run,
        lambda at: ways.change(
            door.session, subscription_id, door.customer_id, body.payment_method, body.wish(), actor=door.actor, calendar=at
        ),
    )
