"""Many cheap requests must not make one dear: no lock held up, no memory filled, no limit walked around."""

from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, ExitStack

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlmodel import Session, select

from app.accounts import passwords
from app.accounts.errors import TooManyCodes, TooManyTries
from app.accounts.limits import CODES_PER_IP, household
from app.api import doors
from app.core.config import settings
from app.inbox import service as inbox
from app.stores import service as stores
from app.stores.models import ProviderAccount, Store
from tests.accounts.steps import request_code
from tests.shopping import make_shopper, place_and_start

UnitOfWork = Callable[[], AbstractContextManager[Session]]


def test_forged_webhooks_hold_up_neither_genuine_ones_nor_payments(store: Store, uow: UnitOfWork) -> None:
    shopper = make_shopper(store)
    with uow() as flood:
        account = flood.exec(select(ProviderAccount).where(ProviderAccount.provider == "razorpay")).one()
        inbox.count_rejected(flood, account)
        with uow() as genuine:
            genuine.execute(text("SET LOCAL lock_timeout = '200ms'"))
            assert inbox.receive(genuine, account, "evt_genuine", "payment.captured", {}, b"{}")
        _, provider_order = place_and_start(shopper)
    assert provider_order
    with uow() as session:
        assert session.exec(select(ProviderAccount.rejected_events).where(ProviderAccount.id == account.id)).one() == 1


def test_forged_webhooks_do_not_wait_for_each_other(uow: UnitOfWork) -> None:
    with uow() as first, uow() as second:
        account = first.exec(select(ProviderAccount).where(ProviderAccount.provider == "razorpay")).one()
        inbox.count_rejected(first, account)
        second.execute(text("SET LOCAL lock_timeout = '200ms'"))
        inbox.count_rejected(second, account)  # missed, not waited for


def test_host_names_that_callers_invent_fill_no_memory(store: Store) -> None:
    facts = stores.find_by_id(store.id)
    for number in range(3 * stores.MAX_CACHED_HOSTS):
        stores.remember(f"{number}.invented.test", facts)
    stores.remember("x" * 60_000 + ".invented.test", facts)
    kept = [host for host in stores._cache if host.endswith(".invented.test")]
    assert 0 < len(kept) <= stores.MAX_CACHED_HOSTS
    assert max(map(len, kept)) <= stores.MAX_HOST_LENGTH


@pytest.mark.parametrize(
    ("ip", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::1", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("::1", "::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_addresses_of_one_household_count_as_one(ip: str, counted: str) -> None:
    assert household(ip) == counted


def test_ac43_a_new_ipv6_address_each_time_is_still_one_caller(uow: UnitOfWork) -> None:
    for number in range(CODES_PER_IP.most):
        with uow() as session:
            request_code(session, f"+9198765432{number:02}", ip=f"2001:db8:1:2::{number:x}")
    with pytest.raises(TooManyCodes), uow() as session:
        request_code(session, "+919876543299", ip="2001:db8:1:2:ffff:ffff:ffff:ffff")
    with uow() as session:
        request_code(session, "+919876543299", ip="2001:db8:1:3::1")


@pytest.mark.parametrize(
    ("lines", "seen"),
    [
        (["198.51.100.1, 203.0.113.7"], "203.0.113.7"),
        (["198.51.100.1", "203.0.113.7"], "203.0.113.7"),  # the proxy wrote a line of its own
        (["203.0.113.7"], "203.0.113.7"),
        ([], "testclient"),
    ],
)
def test_ac43_a_client_behind_a_proxy_does_not_choose_its_address(
    client: TestClient, uow: UnitOfWork, monkeypatch: pytest.MonkeyPatch, lines: list[str], seen: str
) -> None:
    monkeypatch.setattr(doors, "settings", settings.model_copy(update={"trusted_proxies": 1}))
    headers = [("X-Forwarded-For", line) for line in lines]
    assert client.post("/api/v1/otp", json={"phone": "+919876543210"}, headers=headers).status_code == 202
    with uow() as session:
        assert session.execute(text("SELECT ip FROM sign_in_tries")).scalars().all() == [seen]


def test_without_a_proxy_a_claimed_address_is_not_believed(client: TestClient, uow: UnitOfWork) -> None:
    headers = {"X-Forwarded-For": "203.0.113.7", "X-Real-IP": "203.0.113.7", "Forwarded": "for=203.0.113.7"}
    assert client.post("/api/v1/otp", json={"phone": "+919876543210"}, headers=headers).status_code == 202
    with uow() as session:
        assert session.execute(text("SELECT ip FROM sign_in_tries")).scalars().all() == ["testclient"]


def test_a_flood_of_passwords_leaves_the_threads_to_the_shop() -> None:
    """Who would have to wait behind many is refused at once; those who have a place get their answer."""
    at_once = passwords.MAX_AT_ONCE + passwords.MAX_WAITING
    with ThreadPoolExecutor(at_once) as pool:
        with ExitStack() as busy:
            for _ in range(passwords.MAX_AT_ONCE):
                busy.enter_context(passwords.turn())
            tries = [pool.submit(passwords.password_fits, "whatever it is", None) for _ in range(at_once)]
            refused, waiting = wait(tries, 10, FIRST_EXCEPTION)
            while len(refused) < at_once - passwords.MAX_WAITING:
                more, waiting = wait(waiting, 10, FIRST_EXCEPTION)
                assert more, "somebody waits who should have been refused"
                refused |= more
            assert {type(one.exception()) for one in refused} == {TooManyTries}
        assert [one.result(10) for one in waiting] == [False] * passwords.MAX_WAITING
    assert passwords.password_fits("whatever it is", None) is False
