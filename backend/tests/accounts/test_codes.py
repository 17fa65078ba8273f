"""AC-43, its one-time codes: limits, tries, single use, what they are bound to; on real connections where they race."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlmodel import col, select

from app.accounts import codes, limits, signing_in
from app.accounts.errors import CodeWrong, PhoneInvalid, TooManyCodes
from app.accounts.models import Customer, LoginSession, OneTimeCode, SignInTry
from app.accounts.tokens import SignedIn
from app.audit.models import AccessLogEntry
from app.core.clock import machine_now
from app.notifications.models import Message
from tests.accounts.steps import (
    DEVICE,
    OTHER_PHONE,
    PHONE,
    at_once,
    audited,
    count,
    newest_code,
    request_code,
    sign_in,
    signed_in,
    wrong,
)
from tests.conftest import UnitOfWork


@contextmanager
def refused(uow: UnitOfWork, refusal: type[Exception]) -> Iterator[None]:
    """A refusal that changes nothing: no code, no SMS, no session."""
    with uow() as session:
        before = [count(session, model) for model in (OneTimeCode, SignInTry, Message, LoginSession, Customer)]
    with pytest.raises(refusal):
        yield
    with uow() as session:
        assert [count(session, model) for model in (OneTimeCode, SignInTry, Message, LoginSession, Customer)] == before


def tries_of_newest(uow: UnitOfWork) -> int:
    with uow() as session:
        return session.exec(select(OneTimeCode.tries).order_by(col(OneTimeCode.id).desc()).limit(1)).one()


def test_a_code_is_sent_by_sms_and_kept_only_as_a_digest(uow: UnitOfWork) -> None:
    with uow() as session:
        request_code(session, "98765 43210")
        code = newest_code(session)
        row = session.exec(select(OneTimeCode)).one()
        message = session.exec(select(Message)).one()
        assert (message.channel, message.recipient, message.template) == ("sms", PHONE, "otp")
        assert message.expires_at == row.expires_at
        kept = f"{row.model_dump()} {message.context} {message.text}"
        assert code not in kept.replace(str(row.id), "")
        assert PHONE not in str(row.model_dump())
        assert audited(session) == ["code.sent"]


def test_the_first_sign_in_makes_the_customer_and_the_second_finds_it(uow: UnitOfWork) -> None:
    with uow() as session:
        first = signed_in(session)
    with uow() as session:
        second = signed_in(session)
        assert second.person.id == first.person.id
        assert second.session.id != first.session.id
        assert [row.phone for row in session.exec(select(Customer)).all()] == [PHONE]
        assert audited(session) == ["code.sent", "customer.added", "session.started", "code.sent", "session.started"]
        log = session.exec(select(AccessLogEntry)).all()
        assert [(entry.action, entry.actor_id, entry.ip) for entry in log] == [("sign_in", first.person.id, DEVICE.ip)] * 2


def test_ac43_five_codes_an_hour_to_a_number(uow: UnitOfWork) -> None:
    for number in range(5):
        with uow() as session:
            request_code(session, ip=f"203.0.113.{number}")
    with refused(uow, TooManyCodes), uow() as session:
        request_code(session, ip="203.0.113.99")
    with uow() as session:
        request_code(session, OTHER_PHONE)  # another number is not concerned


def test_ac43_the_hour_slides(uow: UnitOfWork) -> None:
    """Four codes just before a full hour and four just after it are not allowed either."""
    start = machine_now()
    for minutes in (0, 50, 51, 52, 53):
        with uow() as session:
            signing_in.request_code(session, PHONE, "", signing_in.GUEST, start + timedelta(minutes=minutes), 1000)
    with uow() as session:  # the first is an hour old now: one more may go, and no second one
        signing_in.request_code(session, PHONE, "", signing_in.GUEST, start + timedelta(minutes=60, seconds=1), 1000)
    with pytest.raises(TooManyCodes) as refusal, uow() as session:
        signing_in.request_code(session, PHONE, "", signing_in.GUEST, start + timedelta(minutes=61), 1000)
    assert refusal.value.facts["retry_after_seconds"] == 49 * 60


def test_ac43_twenty_codes_an_hour_from_an_ip_address(uow: UnitOfWork) -> None:
    for number in range(20):
        with uow() as session:
            request_code(session, f"+9198765432{number:02}")
    with refused(uow, TooManyCodes), uow() as session:
        request_code(session, "+919876543299")
    with uow() as session:
        request_code(session, "+919876543299", ip="198.51.100.1")


def test_ac43_a_store_spends_no_more_than_its_daily_limit(uow: UnitOfWork) -> None:
    for number in range(3):
        with uow() as session:
            request_code(session, f"+91987654321{number}", ip=f"203.0.113.{number}", daily_limit=3)
    with refused(uow, TooManyCodes), uow() as session:
        request_code(session, "+919876543299", ip="198.51.100.1", daily_limit=3)


def test_ac43_limits_hold_when_many_ask_at_once(uow: UnitOfWork) -> None:
    def ask(number: int) -> bool:
        with uow() as session:
            request_code(session, ip=f"203.0.113.{number}")
        return True

    outcomes = at_once(12, ask)
    assert outcomes.count(True) == 5
    assert all(isinstance(outcome, bool | TooManyCodes) for outcome in outcomes)
    with uow() as session:
        assert count(session, Message) == 5
        live = session.exec(select(OneTimeCode).where(col(OneTimeCode.withdrawn_at).is_(None))).all()
        assert len(live) == 1


def test_ac43_twenty_wrong_tries_at_once_count_five_times_at_most(uow: UnitOfWork) -> None:
    with uow() as session:
        request_code(session)
        code = newest_code(session)

    def guess(number: int) -> SignedIn:
        with uow() as session:
            return sign_in(session, code=str((int(code) + 1 + number) % 1_000_000).zfill(6))

    assert all(isinstance(outcome, CodeWrong) for outcome in at_once(20, guess))
    assert tries_of_newest(uow) == 5
    with refused(uow, CodeWrong), uow() as session:
        sign_in(session, code=code)  # even the right one comes too late
    with uow() as session:
        refusals = session.exec(select(AccessLogEntry).where(AccessLogEntry.action == "code_refused")).all()
        assert len(refusals) == 5


def test_ac43_of_two_right_tries_at_once_one_wins(uow: UnitOfWork) -> None:
    with uow() as session:
        request_code(session)
        code = newest_code(session)

    def use(_: int) -> SignedIn:
        with uow() as session:
            return sign_in(session, code=code)

    outcomes = at_once(2, use)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["CodeWrong", "SignedIn"]
    with uow() as session:
        assert (count(session, Customer), count(session, LoginSession)) == (1, 1)


def test_ac43_a_code_is_used_once(uow: UnitOfWork) -> None:
    with uow() as session:
        request_code(session)
        code = newest_code(session)
        sign_in(session, code=code)
    with refused(uow, CodeWrong), uow() as session:
        sign_in(session, code=code)


def test_ac43_a_wrong_try_stays_counted_and_the_right_one_still_works(uow: UnitOfWork) -> None:
    with uow() as session:
        request_code(session)
        code = newest_code(session)
    for tries in range(1, 5):
        with refused(uow, CodeWrong), uow() as session:
            sign_in(session, code=wrong(code))
        assert tries_of_newest(uow) == tries
    with uow() as session:
        assert sign_in(session, code=code).access_token


def test_ac43_a_code_is_bound_to_its_number(uow: UnitOfWork) -> None:
    with uow() as session:
        request_code(session)
        request_code(session, OTHER_PHONE)
        code, other = newest_code(session), newest_code(session, OTHER_PHONE)
    if code != other:  # once in a million they are equal
        with refused(uow, CodeWrong), uow() as session:
            sign_in(session, OTHER_PHONE, code)


def test_ac43_a_code_is_bound_to_its_purpose(uow: UnitOfWork) -> None:
    now = machine_now()
    with uow() as session:
        codes.send_code(session, "change_phone", PHONE, DEVICE.ip, signing_in.GUEST, now, 1000)
        code = newest_code(session)
    with refused(uow, CodeWrong), uow() as session:
        sign_in(session, code=code)
    with uow() as session:
        assert codes.use_code(session, "change_phone", PHONE, code, DEVICE.ip, signing_in.GUEST, now).used_at == now


def test_ac43_a_new_code_withdraws_the_older(uow: UnitOfWork) -> None:
    with uow() as session:
        request_code(session)
        old = newest_code(session)
        request_code(session)
        new = newest_code(session)
    if old != new:
        with refused(uow, CodeWrong), uow() as session:
            sign_in(session, code=old)
    with uow() as session:
        assert sign_in(session, code=new).access_token


def test_a_code_lives_for_five_minutes(uow: UnitOfWork) -> None:
    now = machine_now()
    with uow() as session:
        request_code(session)
        code = newest_code(session)
    with refused(uow, CodeWrong), uow() as session:
        signing_in.sign_in_with_code(session, PHONE, code, DEVICE, now + timedelta(seconds=301))
    with uow() as session:
        assert signing_in.sign_in_with_code(session, PHONE, code, DEVICE, now + timedelta(seconds=299))


def test_a_code_of_another_store_is_worth_nothing(uow: UnitOfWork, make_store: object) -> None:
    from app.core.work import unit_of_work

    assert callable(make_store)
    elsewhere = make_store()
    with unit_of_work(elsewhere.id) as session:
        request_code(session)
        code = newest_code(session)
    with refused(uow, CodeWrong), uow() as session:
        sign_in(session, code=code)


def test_a_number_no_sms_reaches_gets_no_code(uow: UnitOfWork) -> None:
    with refused(uow, PhoneInvalid), uow() as session:
        request_code(session, "1234567890")


def test_limits_are_as_promised() -> None:
    assert (limits.CODES_PER_NUMBER.most, limits.CODES_PER_NUMBER.seconds) == (5, 3600)
    assert (limits.CODES_PER_IP.most, limits.CODES_PER_IP.seconds) == (20, 3600)
