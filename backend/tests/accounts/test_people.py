import pytest
from sqlmodel import Session, select

from app.accounts import limits, people, signing_in
from app.accounts.errors import (
    ContactNeeded,
    CustomerKnown,
    CustomerNotFound,
    EmailTaken,
    PasswordTooShort,
    PasswordWrong,
    RoleUnknown,
    TooManyTries,
)
from app.accounts.models import Customer, LoginSession, SignInTry, Staff
from app.accounts.sessions import Device
from app.accounts.tokens import SignedIn
from app.audit.models import AccessLogEntry, AuditEntry
from app.core.actor import SYSTEM
from app.core.clock import machine_now
from app.core.ids import new_id
from tests.accounts.steps import DEVICE, OTHER_PHONE, PHONE, at_once, audited, count
from tests.conftest import UnitOfWork

EMAIL, PASSWORD = "asha@example.com", "correct horse"


def try_password(uow: UnitOfWork, email: str = EMAIL, password: str = PASSWORD, device: Device = DEVICE) -> SignedIn:
    with uow() as session:
        return signing_in.sign_in_with_password(session, email, password, device, machine_now())


def test_a_customer_is_known_by_number_and_by_mail(session: Session) -> None:
    people.add_customer(session, actor=SYSTEM, phone="98765 43210", email=" Asha@Example.com ")
    for fields in ({"phone": PHONE}, {"email": "ASHA@example.com"}):
        with pytest.raises(CustomerKnown):
            people.add_customer(session, actor=SYSTEM, **fields)
    with pytest.raises(ContactNeeded):
        people.add_customer(session, actor=SYSTEM, name="Nobody")
    assert count(session, Customer) == 1


def test_customers_of_one_number_are_one_however_many_sign_in_at_once(uow: UnitOfWork) -> None:
    def find_or_make(_: int) -> object:
        with uow() as session:
            return people.customer_with_phone(session, PHONE).id

    assert len(set(at_once(8, find_or_make))) == 1
    with uow() as session:
        assert audited(session) == ["customer.added"]


def test_name_and_mail_are_changed_without_their_values_in_the_audit(session: Session) -> None:
    customer = people.add_customer(session, actor=SYSTEM, phone=PHONE)
    people.change_customer(session, customer.id, {"name": "Asha", "email": "Asha@Example.com"}, SYSTEM)
    assert (customer.name, customer.email) == ("Asha", EMAIL)
    people.change_customer(session, customer.id, {"email": None}, SYSTEM)
    assert (customer.name, customer.email) == ("Asha", None)
    entries = session.exec(select(AuditEntry).where(AuditEntry.action == "customer.changed")).all()
    assert [sorted(entry.changes) for entry in entries] == [["email", "name"], ["email"]]
    assert "example" not in str([entry.changes for entry in entries]).lower()


def test_the_last_way_to_reach_somebody_stays(session: Session) -> None:
    customer = people.add_customer(session, actor=SYSTEM, email=EMAIL)
    with pytest.raises(ContactNeeded):
        people.change_customer(session, customer.id, {"email": None}, SYSTEM)


def test_a_mail_address_is_taken_once_and_the_other_customer_stays_as_it_was(uow: UnitOfWork) -> None:
    with uow() as session:
        people.add_customer(session, actor=SYSTEM, email=EMAIL)
        other = people.add_customer(session, actor=SYSTEM, phone=OTHER_PHONE, name="Ravi")
    with pytest.raises(EmailTaken), uow() as session:
        people.change_customer(session, other.id, {"name": "R", "email": EMAIL.upper()}, SYSTEM)
    with uow() as session:
        kept = people.get_customer(session, other.id)
        assert (kept.name, kept.email) == ("Ravi", None)


def test_nobody_is_not_found(session: Session) -> None:
    with pytest.raises(CustomerNotFound):
        people.get_customer(session, new_id())


def test_staff_are_added_once(session: Session) -> None:
    first = people.add_staff(session, "Ravi@Example.com", PASSWORD, "packer", SYSTEM)
    assert people.add_staff(session, "ravi@example.com", "another password", "admin", SYSTEM).id == first.id
    assert (count(session, Staff), first.role) == (1, "packer")
    with pytest.raises(RoleUnknown):
        people.add_staff(session, "eve@example.com", PASSWORD, "owner", SYSTEM)
    with pytest.raises(PasswordTooShort):
        people.add_staff(session, "eve@example.com", "short", "admin", SYSTEM)
    assert count(session, Staff) == 1


def test_staff_and_customers_sign_in_by_password(uow: UnitOfWork) -> None:
    with uow() as session:
        customer = people.add_customer(session, actor=SYSTEM, email=EMAIL)
        people.set_customer_password(session, customer.id, PASSWORD, SYSTEM)
        staff = people.add_staff(session, "ravi@example.com", PASSWORD, "support", SYSTEM)
    assert try_password(uow, "ASHA@example.com").person.id == customer.id
    assert try_password(uow, "ravi@example.com").session.staff_id == staff.id


@pytest.mark.parametrize(
    ("email", "password"), [(EMAIL, "correct horsf"), ("nobody@example.com", PASSWORD), ("otp@example.com", "")]
)
def test_wrong_password_unknown_mail_and_no_password_are_one_refusal(uow: UnitOfWork, email: str, password: str) -> None:
    with uow() as session:
        people.add_customer(session, actor=SYSTEM, email=EMAIL, password=PASSWORD)
        people.add_customer(session, actor=SYSTEM, email="otp@example.com")
    with pytest.raises(PasswordWrong) as refusal:
        try_password(uow, email, password)
    assert (refusal.value.detail, refusal.value.facts) == ("E-mail and password do not go together.", {})
    with uow() as session:
        assert count(session, LoginSession) == 0
        assert count(session, SignInTry) == 1  # the try stays counted
        assert session.exec(select(AccessLogEntry.action)).all() == ["password_refused"]


def test_staff_who_left_cannot_sign_in(uow: UnitOfWork) -> None:
    with uow() as session:
        people.add_staff(session, EMAIL, PASSWORD, "support", SYSTEM).is_active = False
    with pytest.raises(PasswordWrong):
        try_password(uow)


def test_ten_tries_at_an_account_then_not_even_the_right_password(uow: UnitOfWork) -> None:
    with uow() as session:
        people.add_customer(session, actor=SYSTEM, email=EMAIL, password=PASSWORD)
    for number in range(limits.PASSWORDS_PER_ACCOUNT.most):
        with pytest.raises(PasswordWrong):
            try_password(uow, password="wrong password", device=Device(f"203.0.113.{number}"))
    with pytest.raises(TooManyTries):
        try_password(uow, device=Device("198.51.100.1"))
    with uow() as session:
        assert (count(session, LoginSession), count(session, SignInTry)) == (0, 10)


def test_an_ip_address_cannot_go_through_the_accounts(uow: UnitOfWork) -> None:
    for number in range(limits.PASSWORDS_PER_IP.most):
        with pytest.raises(PasswordWrong):
            try_password(uow, f"someone{number}@example.com")
    with pytest.raises(TooManyTries):
        try_password(uow, "another@example.com")


def test_tries_at_once_on_one_account_do_not_slip_through(uow: UnitOfWork) -> None:
    outcomes = at_once(16, lambda _: try_password(uow))
    assert {type(outcome) for outcome in outcomes} <= {PasswordWrong, TooManyTries}
    with uow() as session:
        assert 1 <= count(session, SignInTry) <= limits.PASSWORDS_PER_ACCOUNT.most
