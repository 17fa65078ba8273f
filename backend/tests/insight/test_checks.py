"""Each invariant, broken alone on otherwise sound data: its check speaks, and no other does."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlmodel import Session

from app.core.clock import machine_now
from app.core.work import rehearse, unit_of_work
from app.insight.checks.frame import Finding, find_all
from app.insight.checks.registry import CHECKS
from app.stores.models import Store
from tests.insight.breaking import BREAKS
from tests.insight.busy import Busy, make_busier


@pytest.fixture(scope="module")
def busy(make_store: Callable[[], Store]) -> Busy:
    return make_busier(make_store())


@contextmanager
def pretending(busy: Busy) -> Iterator[Session]:
    """Whatever is done inside is undone."""
    with unit_of_work(busy.store.id) as session:
        rehearse(session)
        yield session


def findings(session: Session) -> list[Finding]:
    return find_all(session, CHECKS, machine_now(), "INR")


def test_a_busy_store_in_order_has_no_findings(busy: Busy) -> None:
    with pretending(busy) as session:
        assert findings(session) == []


@pytest.mark.parametrize("name", BREAKS)
def test_what_is_broken_is_found_and_nothing_else(busy: Busy, name: str) -> None:
    with pretending(busy) as session:
        BREAKS[name](session, busy)
        session.flush()
        found = findings(session)
    assert {finding.check for finding in found} == {name}, found


def test_every_check_is_broken_once() -> None:
    assert BREAKS.keys() == {check.name for check in CHECKS}
