import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from app.accounts import addresses, people
from app.accounts.addresses import AddressFields
from app.accounts.errors import AddressNotFound, PhoneInvalid, TooManyAddresses
from app.accounts.models import Address, Customer
from app.core.actor import SYSTEM
from app.core.clock import machine_now
from tests.accounts.steps import OTHER_PHONE, PHONE, audited, count
from tests.conftest import UnitOfWork

FIELDS: AddressFields = {
    "name": "Asha Rao",
    "phone": "98765 43210",
    "line1": "12, 4th Cross",
    "line2": "",
    "city": "Bengaluru",
    "state_code": "29",
    "pin": "560003",
}


@pytest.fixture
def asha(session: Session) -> Customer:
    return people.add_customer(session, actor=SYSTEM, phone=PHONE)


def test_an_address_is_added_changed_and_archived(session: Session, asha: Customer) -> None:
    row = addresses.add_address(session, asha.id, FIELDS, SYSTEM)
    assert row.phone == PHONE
    addresses.change_address(session, row.id, asha.id, {"line2": "Blue gate", "phone": OTHER_PHONE}, SYSTEM)
    assert addresses.get_address(session, row.id, asha.id).line2 == "Blue gate"
    for _ in range(2):
        addresses.archive_address(session, row.id, asha.id, SYSTEM, machine_now())
    with pytest.raises(AddressNotFound):
        addresses.get_address(session, row.id, asha.id)
    with pytest.raises(AddressNotFound):
        addresses.change_address(session, row.id, asha.id, {"line2": ""}, SYSTEM)
    assert list(addresses.list_addresses(session, asha.id)) == []
    assert count(session, Address) == 1  # archived, not deleted
    assert audited(session) == ["customer.added", "address.added", "address.changed", "address.archived"]


def test_somebody_elses_address_does_not_exist(session: Session, asha: Customer) -> None:
    row = addresses.add_address(session, asha.id, FIELDS, SYSTEM)
    other = people.add_customer(session, actor=SYSTEM, phone=OTHER_PHONE)
    with pytest.raises(AddressNotFound):
        addresses.get_address(session, row.id, other.id)
    with pytest.raises(AddressNotFound):
        addresses.change_address(session, row.id, other.id, {"pin": "560004"}, SYSTEM)
    with pytest.raises(AddressNotFound):
        addresses.archive_address(session, row.id, other.id, SYSTEM, machine_now())
    assert (row.pin, row.archived_at) == ("560003", None)


def test_a_bad_number_changes_nothing(session: Session, asha: Customer) -> None:
    with pytest.raises(PhoneInvalid):
        addresses.add_address(session, asha.id, {**FIELDS, "phone": "12345"}, SYSTEM)
    assert count(session, Address) == 0


def test_fifty_addresses_are_enough(session: Session, asha: Customer) -> None:
    for _ in range(addresses.MAX_ADDRESSES):
        addresses.add_address(session, asha.id, FIELDS, SYSTEM)
    with pytest.raises(TooManyAddresses):
        addresses.add_address(session, asha.id, FIELDS, SYSTEM)
    assert count(session, Address) == addresses.MAX_ADDRESSES


@pytest.mark.parametrize(("field", "value"), [("pin", "012345"), ("pin", "56000"), ("state_code", "KA"), ("phone", "98765")])
def test_the_database_refuses_what_is_no_address(uow: UnitOfWork, field: str, value: str) -> None:
    with pytest.raises(IntegrityError), uow() as session:
        customer = people.add_customer(session, actor=SYSTEM, phone=PHONE)
        good = {**FIELDS, "phone": PHONE, field: value}
        session.add(Address(store_id=customer.store_id, customer_id=customer.id, **good))  # type: ignore[arg-type]
        session.flush()
