"""Who am I, and what may be changed about it."""

from typing import Annotated

from pydantic import AfterValidator, ConfigDict, EmailStr

from app.accounts import service
from app.api.doors import OpenDoor
from app.api.fields import OptionalLine
from app.api.people import CustomerOut, StaffOut
from app.api.routing import Router
from app.api.schemas import RequestBody
from app.core.errors import Unauthorised

router = Router(prefix="/api/v1/me", tags=["me"])


class MeChange(RequestBody):
    """What is absent stays; null clears."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Asha Rao", "email": "asha@example.com"}]})

    name: OptionalLine | None = None
    email: Annotated[EmailStr | None, AfterValidator(lambda email: email and email.lower())] = None


@router.get("")
def get_me(door: OpenDoor) -> CustomerOut | StaffOut:
    """The customer or member of staff who is signed in."""
    if door.caller.id is None:
        raise Unauthorised
    if door.caller.kind == "staff":
        return StaffOut.of(service.get_staff(door.session, door.caller.id))
    return CustomerOut.of(service.get_customer(door.session, door.caller.id))


@router.patch("")
def change_me(door: OpenDoor, body: MeChange) -> CustomerOut:
    """Change your name or e-mail address; receipts and order news go there. An address belongs to one account only."""
    changes = body.model_dump(exclude_unset=True)
    return door.once(lambda: CustomerOut.of(service.change_customer(door.session, door.customer_id, changes, door.actor)))
