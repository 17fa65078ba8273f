"""Where you want things delivered."""

from typing import Annotated, Any, cast
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from app.accounts import service
from app.accounts.addresses import AddressFields
from app.accounts.models import Address
from app.api.doors import OpenDoor
from app.api.fields import NO_CONTROLS, Line, PhoneText
from app.api.routing import Router
from app.api.schemas import RequestBody
from app.core import clock

router = Router(prefix="/api/v1/addresses", tags=["addresses"])

StreetLine = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=NO_CONTROLS)]
SecondLine = Annotated[
    Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=NO_CONTROLS)] | None,
    AfterValidator(lambda line: line or ""),
]
City = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80, pattern=NO_CONTROLS)]
StateCode = Annotated[str, StringConstraints(pattern=r"^(0[1-9]|[12][0-9]|3[0-8]|97)$")]  # as in the first digits of a GSTIN
Pin = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{5}$")]

EXAMPLE: dict[str, Any] = {
    "name": "Asha Rao",
    "phone": "+919876543210",
    "line1": "12, 4th Cross, Malleshwaram",
    "line2": "Opposite the park",
    "city": "Bengaluru",
    "state_code": "29",
    "pin": "560003",
}


class AddressIn(RequestBody):
    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    name: Line
    phone: PhoneText = Field(description="Whom the driver calls")
    line1: StreetLine
    line2: SecondLine = ""
    city: City
    state_code: StateCode = Field(description="GST state code, two digits: 29 is Karnataka")
    pin: Pin


class AddressChange(RequestBody):
    """What is absent stays. A factory's default is not shown as one, and null is no name."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"line2": "Blue gate", "pin": "560055"}]})

    name: Line = Field(default_factory=str)
    phone: PhoneText = Field(default_factory=str)
    line1: StreetLine = Field(default_factory=str)
    line2: SecondLine = Field(default_factory=str)
    city: City = Field(default_factory=str)
    state_code: StateCode = Field(default_factory=str)
    pin: Pin = Field(default_factory=str)


class AddressOut(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE | {"id": "01980a2f-11aa-7b22-a3c4-5d6e7f809102"}]})

    id: UUID
    name: str
    phone: str
    line1: str
    line2: str
    city: str
    state_code: str
    pin: str

    @classmethod
    def of(cls, row: Address) -> "AddressOut":
        return cls(**{field: getattr(row, field) for field in cls.model_fields})


class AddressList(BaseModel):
    items: list[AddressOut]


@router.get("")
def list_addresses(door: OpenDoor) -> AddressList:
    """Your addresses, oldest first; fifty at most."""
    return AddressList(items=[AddressOut.of(row) for row in service.list_addresses(door.session, door.customer_id)])


@router.post("", status_code=201)
def add_address(door: OpenDoor, body: AddressIn) -> AddressOut:
    """Add an address."""
    fields = cast(AddressFields, body.model_dump())
    return door.once(lambda: AddressOut.of(service.add_address(door.session, door.customer_id, fields, door.actor)), status=201)


@router.get("/{address_id}")
def get_address(door: OpenDoor, address_id: UUID) -> AddressOut:
    """One of your addresses."""
    return AddressOut.of(service.get_address(door.session, address_id, door.customer_id))


@router.patch("/{address_id}")
def change_address(door: OpenDoor, address_id: UUID, body: AddressChange) -> AddressOut:
    """Change an address. Orders placed before keep the one they were placed with."""
    fields = body.model_dump(exclude_unset=True)
    return door.once(
        lambda: AddressOut.of(service.change_address(door.session, address_id, door.customer_id, fields, door.actor))
    )


@router.delete("/{address_id}", status_code=204)
def delete_address(door: OpenDoor, address_id: UUID) -> None:
    """Take an address out of use. Safe to repeat."""
    service.archive_address(door.session, address_id, door.customer_id, door.actor, clock.machine_now())
