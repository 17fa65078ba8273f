"""The month of a customer on account: everything stands on one statement, and what is owed is what the books say."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from app.accounts import service as accounts
from app.checkout import conceding, paying
from app.core.actor import SYSTEM
from app.core.clock import machine_now
from app.core.work import unit_of_work
from app.insight.checks import statements as checks
from app.insight.checks.frame import find_all
from app.insight.due import next_stop
from app.invoices import statement_queries, stating
from app.invoices.account_months import Month, ended_month
from app.invoices.pdf import pdf
from app.invoices.rendering import page
from app.invoices.statement_models import Statement
from app.invoices.statement_paper import statement_paper
from app.jobs import service as jobs
from app.notifications.models import Message
from app.orders import account_queries
from app.orders import queries as orders
from app.orders.models import Order
from app.stores import service as stores
from app.stores.models import Store
from app.tasks import statements as tasks
from tests.fulfilment import deliver
from tests.invoices.test_api import token
from tests.invoices.test_papers import words_of, words_of_pdf
from tests.racing import race
from tests.shopping import Shopper, make_shopper, next_cart, place_by
from tests.subscribing import rows, set_now
from tests.unchanged import unchanged

UnitOfWork = Callable[[], AbstractContextManager[Session]]
INDIA, TOTAL = ZoneInfo("Asia/Kolkata"), 12000


@pytest.fixture
def cafe(store: Store) -> Shopper:
    """Somebody who orders on account."""
    shopper = make_shopper(store, stock_quantity=100)
    with unit_of_work(store.id) as session:
        customer = accounts.get_customer(session, shopper.customer.id)
        customer.kind, customer.name = "distributor", "Café Filter Kaapi"
        session.add(customer)
        session.flush()
        accounts.set_credit_limit(session, customer.id, 10 * TOTAL, SYSTEM)
    return shopper


def order_on_account(cafe: Shopper) -> Order:
    with unit_of_work(cafe.store.id) as session:
        order, _ = place_by(
            session, next_cart(cafe) if account_queries.page(session, cafe.customer.id, 1, None) else cafe, "account"
        )
    deliver(order)
    return order


def pay(order: Order, reference: str) -> None:
    with unit_of_work(order.store_id) as session:
        locked, now = orders.get_locked(session, order.id), machine_now()
        paying.record_transfer(session, locked, locked.owed_amount, reference, actor=SYSTEM, now=now)


def issue(cafe: Shopper) -> int:
    """The documented task, once the month is over by the store's clock."""
    return int(tasks.issue_statements(store_id=str(cafe.store.id))["count"])


def this_month(store: Store) -> Month:
    return Month.of(machine_now().astimezone(INDIA).date(), "Asia/Kolkata")


def facts(statement: Statement) -> tuple[int, ...]:
    return statement.opening_amount, statement.charged_amount, statement.credited_amount, statement.closing_amount


def agrees(store: Store) -> None:
    with unit_of_work(store.id) as session:
        assert find_all(session, checks.CHECKS, machine_now(), "INR") == []


def test_a_month_begins_and_ends_in_the_zone_of_the_store() -> None:
    march = Month.of(date(2027, 3, 9), "Europe/Berlin")
    assert (march.from_at, march.to_at) == (datetime(2027, 2, 28, 23, tzinfo=UTC), datetime(2027, 3, 31, 22, tzinfo=UTC))
    assert (march.on, march.last_on) == (date(2027, 3, 1), date(2027, 3, 31))

    def ended(*local: int) -> date:
        return ended_month(datetime(*local, tzinfo=INDIA), "Asia/Kolkata").on  # type: ignore[misc, arg-type]

    assert ended(2027, 1, 1, 1, 59) == date(2026, 11, 1)
    assert ended(2027, 1, 1, 2, 0) == date(2026, 12, 1)


def test_a_month_on_account_is_told_once_and_the_next_begins_where_it_ended(
    store: Store, cafe: Shopper, client: TestClient, uow: UnitOfWork
) -> None:
    month, (first, second) = this_month(store), (order_on_account(cafe), order_on_account(cafe))
    pay(first, "HDFCR52026112100012345")
    with uow() as session:
        conceding.concede(session, second.id, 1_000, "source", "", actor=SYSTEM, now=machine_now())
        jobs.ensure_schedules(session, machine_now())
        stop = next_stop(session)
        assert stop is not None
    assert issue(cafe) == 0
    set_now(store, month.due_at)
    assert sorted(race(2, lambda _: issue(cafe))) in ([0, 1], [1, 1])
    assert issue(cafe) == 0
    (statement,) = rows(store, Statement)
    assert facts(statement) == (0, 2 * TOTAL, TOTAL + 1_000, TOTAL - 1_000)
    with uow() as session:
        assert statement.closing_amount == account_queries.outstanding_amount(session, cafe.customer.id)
        lines = statement_queries.lines(session, statement.id)
        assert sorted(line.kind for line in lines) == ["credit_note", "document", "document", "receipt"]
        assert lines[-1].balance_amount == statement.closing_amount
    agrees(store)
    (told,) = [message for message in rows(store, Message) if message.template == "account_statement"]
    assert (told.channel, told.context["closing_amount"]) == ("email", TOTAL - 1_000)
    set_now(store, month.due_at + timedelta(days=2))
    with uow() as session:
        locked, now = orders.get_locked(session, second.id), month.due_at + timedelta(days=2)
        paying.record_transfer(session, locked, locked.owed_amount, "UTR 2", actor=SYSTEM, now=now)
    following = Month.of(month.last_on + timedelta(days=1), "Asia/Kolkata")
    set_now(store, following.due_at)
    assert issue(cafe) == 1
    assert facts(rows(store, Statement)[1]) == (TOTAL - 1_000, 0, TOTAL - 1_000, 0)
    agrees(store)
    set_now(store, Month.of(following.last_on + timedelta(days=1), "Asia/Kolkata").due_at)
    assert issue(cafe) == 0  # nothing happened and nothing is owed
    seen(store, cafe, client, statement)


def seen(store: Store, cafe: Shopper, client: TestClient, statement: Statement) -> None:
    """By the customer and by finance, and by nobody else."""
    finance, other = token(store, "staff", statement.id, "finance"), make_shopper(store)
    url = f"/api/v1/customers/{cafe.customer.id}/statements"
    listed: dict[str, Any] = client.get(url, headers=cafe.headers, params={"limit": 1}).json()
    rest = client.get(url, headers=finance, params={"after": listed["next"]}).json()
    assert [item["month"] for item in listed["items"] + rest["items"]] == sorted(
        (f"{row.month_on:%Y-%m}" for row in rows(store, Statement)), reverse=True
    )
    assert rest["items"][0]["number"] == statement.number
    whole = client.get(f"/api/v1/statements/{statement.id}", headers=cafe.headers).json()
    assert sum(line["amount"]["amount"] for line in whole["lines"]) == whole["statement"]["closing"]["amount"]
    sheet = client.get(f"/api/v1/statements/{statement.id}/pdf", headers=finance)
    assert sheet.headers["content-disposition"] == f'attachment; filename="{statement.number.replace("/", "-")}.pdf"'
    for path in (url, *(f"/api/v1/statements/{statement.id}{what}" for what in ("", "/page", "/pdf"))):
        assert client.get(path, headers=other.headers).status_code == 404


def test_the_sheet_says_the_same_as_a_page_and_as_pdf(store: Store, cafe: Shopper, uow: UnitOfWork) -> None:
    order, month = order_on_account(cafe), this_month(store)
    with uow() as session:
        statement = stating.issue(session, stores.get(session), cafe.customer.id, month, SYSTEM, month.due_at)
        lines = statement_queries.lines(session, statement.id)
        paper = statement_paper(statement, lines)
    for words in (words_of(page(paper)), words_of_pdf(pdf(paper))):
        for part in (
            "Statement of account", statement.number, "Test Organics Private Limited", "Opening balance", "Closing balance",
            lines[0].number, order.number, "120.00", "You owe us", "Rupees one hundred twenty only", "Asha Rao",
        ):  # fmt: skip
            assert part in words, part


def test_who_is_not_on_account_is_told_nothing(store: Store, uow: UnitOfWork) -> None:
    make_shopper(store)
    with uow() as session:
        assert stating.next_due_at(session) is None
    with unchanged(store), uow() as session:
        assert stating.issue_due(session, SYSTEM, machine_now() + timedelta(days=40)) == 0
