from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import select

from app.accounts import sessions
from app.accounts.errors import RefreshInvalid, RefreshReused, SessionNotFound
from app.accounts.models import Customer, LoginSession
from app.accounts.people import add_staff
from app.accounts.sessions import RACE_SECONDS, Device
from app.accounts.tokens import SignedIn
from app.audit.models import AccessLogEntry
from app.core.actor import SYSTEM
from app.core.clock import machine_now
from app.core.security import read_jwt
from app.stores.models import Store
from tests.accounts.steps import DEVICE, OTHER_PHONE, at_once, audited, count, signed_in
from tests.conftest import UnitOfWork

NOW = machine_now()
LATER = NOW + timedelta(minutes=20)  # beyond the race of two tabs


def refresh(uow: UnitOfWork, token: str, now: object = LATER) -> SignedIn:
    with uow() as session:
        return sessions.refresh_session(session, token, Device("198.51.100.2", "Test/2"), now)  # type: ignore[arg-type]


def row_of(uow: UnitOfWork, session_id: UUID) -> LoginSession:
    with uow() as session:
        return session.exec(select(LoginSession).where(LoginSession.id == session_id)).one()


@pytest.fixture
def someone(uow: UnitOfWork) -> SignedIn:
    with uow() as session:
        return signed_in(session)


def test_the_access_token_says_who_where_and_by_which_session(someone: SignedIn, store: Store) -> None:
    claims = read_jwt(someone.access_token)
    assert claims is not None
    assert {key: claims[key] for key in ("sub", "kind", "role", "store", "sid")} == {
        "sub": str(someone.person.id),
        "kind": "customer",
        "role": "",
        "store": str(store.id),
        "sid": str(someone.session.id),
    }
    assert claims["exp"] - claims["iat"] == someone.expires_in_seconds == 900


def test_tokens_are_kept_only_as_digests(someone: SignedIn) -> None:
    family, secret = someone.refresh_token.split(".")
    kept = str(someone.session.model_dump())
    assert family not in kept
    assert secret not in kept


def test_a_refresh_gives_a_new_token_and_prolongs_the_session(uow: UnitOfWork, someone: SignedIn) -> None:
    fresh = refresh(uow, someone.refresh_token)
    assert fresh.refresh_token != someone.refresh_token
    assert fresh.session.id == someone.session.id
    assert fresh.session.expires_at == LATER + timedelta(days=30)
    assert (fresh.session.ip, fresh.session.user_agent) == ("198.51.100.2", "Test/2")
    assert refresh(uow, fresh.refresh_token, LATER + timedelta(minutes=20)).session.id == someone.session.id


def test_a_token_rotated_away_ends_the_session(uow: UnitOfWork, someone: SignedIn) -> None:
    fresh = refresh(uow, someone.refresh_token)
    with pytest.raises(RefreshReused):
        refresh(uow, someone.refresh_token, LATER + timedelta(seconds=RACE_SECONDS + 1))
    row = row_of(uow, someone.session.id)
    assert (row.revoked_reason, row.revoked_at is not None) == ("refresh_reused", True)
    with pytest.raises(RefreshInvalid):  # for the thief and the owner alike
        refresh(uow, fresh.refresh_token, LATER + timedelta(minutes=1))
    with uow() as session:
        assert audited(session)[-1] == "session.ended"


def test_a_token_of_long_ago_ends_the_session_too(uow: UnitOfWork, someone: SignedIn) -> None:
    second = refresh(uow, someone.refresh_token, LATER)
    refresh(uow, second.refresh_token, LATER + timedelta(minutes=15))
    with pytest.raises(RefreshReused):
        refresh(uow, someone.refresh_token, LATER + timedelta(minutes=15, seconds=1))
    assert row_of(uow, someone.session.id).revoked_reason == "refresh_reused"


def test_two_tabs_that_race_get_the_same_new_token(uow: UnitOfWork, someone: SignedIn) -> None:
    """The successor is derived from the old token, so the chain does not fork."""
    outcomes = at_once(4, lambda _: refresh(uow, someone.refresh_token))
    tokens = {outcome.refresh_token for outcome in outcomes if isinstance(outcome, SignedIn)}
    assert len(outcomes) == 4
    assert len(tokens) == 1
    row = row_of(uow, someone.session.id)
    assert (row.revoked_at, row.rotated_at) == (None, LATER)
    with uow() as session:
        log = session.exec(select(AccessLogEntry.action)).all()
        assert sorted(log) == ["session_refreshed", "sign_in"]  # it was rotated once
    assert refresh(uow, tokens.pop(), LATER + timedelta(minutes=15))


def test_a_token_stolen_within_the_race_still_gives_the_thief_away(uow: UnitOfWork, someone: SignedIn) -> None:
    owner = refresh(uow, someone.refresh_token, LATER)
    thief = refresh(uow, someone.refresh_token, LATER + timedelta(seconds=RACE_SECONDS))
    assert thief.refresh_token == owner.refresh_token
    refresh(uow, thief.refresh_token, LATER + timedelta(minutes=5))
    with pytest.raises(RefreshReused):
        refresh(uow, owner.refresh_token, LATER + timedelta(minutes=15))


@pytest.mark.parametrize("token", ["", ".", "a.b", "nothing", "x" * 200])
def test_a_made_up_token_is_refused_and_harms_nobody(uow: UnitOfWork, someone: SignedIn, token: str) -> None:
    with pytest.raises(RefreshInvalid):
        refresh(uow, token)
    assert row_of(uow, someone.session.id).revoked_at is None


def test_an_unused_session_ends_after_thirty_days(uow: UnitOfWork, someone: SignedIn) -> None:
    with pytest.raises(RefreshInvalid):
        refresh(uow, someone.refresh_token, NOW + timedelta(days=30, hours=1))


def test_a_closed_account_is_not_refreshed(uow: UnitOfWork, someone: SignedIn) -> None:
    with uow() as session:
        customer = session.exec(select(Customer)).one()
        customer.phone, customer.erased_at = None, NOW
        session.add(customer)
    with pytest.raises(RefreshInvalid):
        refresh(uow, someone.refresh_token)


def test_staff_who_left_are_not_refreshed_and_a_new_role_counts(uow: UnitOfWork) -> None:
    with uow() as session:
        staff = add_staff(session, "ravi@example.com", "correct horse", "support", SYSTEM)
        signed = sessions.start_session(session, staff, DEVICE, NOW)
    with uow() as session:
        staff.role = "finance"
        session.add(staff)
    fresh = refresh(uow, signed.refresh_token)
    assert (read_jwt(fresh.access_token) or {})["role"] == "finance"
    with uow() as session:
        staff.is_active = False
        session.add(staff)
    with pytest.raises(RefreshInvalid):
        refresh(uow, fresh.refresh_token, LATER + timedelta(minutes=15))


def test_sessions_are_listed_and_ended_by_their_owner_only(uow: UnitOfWork, someone: SignedIn) -> None:
    with uow() as session:
        second = signed_in(session)
        stranger = signed_in(session, OTHER_PHONE)
        listed = sessions.list_sessions(session, "customer", someone.person.id, NOW)
        assert {row.id for row in listed} == {someone.session.id, second.session.id}
    with pytest.raises(SessionNotFound), uow() as session:
        sessions.end_session(session, someone.session.id, "customer", stranger.person.id, NOW)
    with pytest.raises(SessionNotFound), uow() as session:
        sessions.end_session(session, someone.session.id, "staff", someone.person.id, NOW)
    assert row_of(uow, someone.session.id).revoked_at is None
    for _ in range(2):  # the second time changes nothing
        with uow() as session:
            sessions.end_session(session, someone.session.id, "customer", someone.person.id, NOW)
    with uow() as session:
        listed = sessions.list_sessions(session, "customer", someone.person.id, NOW)
        assert [row.id for row in listed] == [second.session.id]
        assert audited(session).count("session.ended") == 1
    with pytest.raises(RefreshInvalid):
        refresh(uow, someone.refresh_token)


def test_the_twenty_first_device_signs_out_the_one_unused_longest(uow: UnitOfWork, someone: SignedIn) -> None:
    with uow() as session:
        for minute in range(20):
            sessions.start_session(session, someone.person, DEVICE, LATER + timedelta(minutes=minute))
    assert row_of(uow, someone.session.id).revoked_reason == "too_many_sessions"
    with uow() as session:
        assert len(sessions.list_sessions(session, "customer", someone.person.id, LATER)) == 20


def test_idle_sessions_end_and_those_in_use_go_on(uow: UnitOfWork, someone: SignedIn) -> None:
    with uow() as session:
        used = sessions.start_session(session, someone.person, DEVICE, NOW + timedelta(days=5))
    for ended in (1, 0):  # safe to run twice
        with uow() as session:
            assert sessions.end_idle_sessions(session, 7, NOW + timedelta(days=8)) == ended
    assert row_of(uow, someone.session.id).revoked_reason == "idle"
    assert row_of(uow, used.session.id).revoked_at is None
    with uow() as session:
        assert count(session, LoginSession) == 2
