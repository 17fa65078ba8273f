"""Carts: whose they are, what goes in, what a look at them says, and how they end."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from app.audit.models import AuditEntry
from app.carts import queries, service
from app.carts.errors import CartClosed, CartFull, CartNotFound, QuantityOutOfRange
from app.carts.models import Cart, CartLine
from app.carts.service import Owner
from app.catalog.errors import VariantNotFound
from app.core.actor import SYSTEM
from app.core.ids import new_id
from app.core.work import store_of
from tests.builders import make_customer, make_order, make_variant
from tests.conftest import UnitOfWork

NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
TODAY = date(2026, 11, 21)


def put(session: Session, cart: Cart, owner: Owner, *quantities: tuple[object, int]) -> None:
    for variant, quantity in quantities:
        service.set_quantity(session, cart.id, owner, variant.id, quantity, today=TODAY, now=NOW)  # type: ignore[attr-defined]


def contents(session: Session, cart_id: object) -> dict[object, int]:
    return {line.variant_id: line.quantity for line in session.exec(select(CartLine).where(CartLine.cart_id == cart_id))}


def guest_cart(session: Session) -> tuple[Cart, Owner]:
    cart, token = service.open_cart(session, None, NOW)
    return cart, Owner(token=token)


def customer_cart(session: Session) -> tuple[Cart, Owner]:
    customer = make_customer(session)
    cart, token = service.open_cart(session, customer.id, NOW)
    assert token is None
    return cart, Owner(customer_id=customer.id)


def test_a_customer_has_one_open_cart(session: Session) -> None:
    cart, owner = customer_cart(session)
    assert service.open_cart(session, owner.customer_id, NOW)[0].id == cart.id


def test_a_second_open_cart_of_a_customer_cannot_exist(uow: UnitOfWork) -> None:
    with uow() as session:
        cart, _ = customer_cart(session)
    with pytest.raises(IntegrityError, match="uq_carts_open"), uow() as session:
        session.add(Cart(store_id=cart.store_id, customer_id=cart.customer_id))


def test_a_cart_without_an_owner_or_with_two_cannot_exist(uow: UnitOfWork) -> None:
    with uow() as session:
        customer, store_id = make_customer(session).id, store_of(session)
    for cart in (Cart(store_id=store_id), Cart(store_id=store_id, customer_id=customer, token_hash="x")):
        with pytest.raises(IntegrityError, match="one_owner"), uow() as session:
            session.add(cart)


def test_a_guests_token_opens_their_cart_and_is_not_kept(session: Session) -> None:
    cart, owner = guest_cart(session)
    assert service.find(session, cart.id, owner).id == cart.id
    assert owner.token
    assert owner.token not in cart.model_dump_json()


def test_anybody_elses_cart_does_not_exist(session: Session) -> None:
    milk = make_variant(session)
    of_guest, guest = guest_cart(session)
    of_customer, customer = customer_cart(session)
    other_guest, other_customer = guest_cart(session)[1], Owner(customer_id=make_customer(session).id)
    strangers = [
        (of_guest, [other_guest, customer, Owner(), Owner(token="")]),
        (of_customer, [guest, other_customer, Owner(), Owner(token="wrong")]),
    ]
    for cart, others in strangers:
        for stranger in others:
            with pytest.raises(CartNotFound):
                service.find(session, cart.id, stranger)
            with pytest.raises(CartNotFound):
                service.set_quantity(session, cart.id, stranger, milk.id, 1, today=TODAY, now=NOW)
            with pytest.raises(CartNotFound):
                service.remove_line(session, cart.id, stranger, milk.id, now=NOW)
        assert contents(session, cart.id) == {}


def test_a_quantity_is_what_was_said_last(session: Session) -> None:
    milk, curd = make_variant(session), make_variant(session)
    cart, owner = guest_cart(session)
    put(session, cart, owner, (milk, 2), (curd, 1), (milk, 5), (milk, 5))
    assert contents(session, cart.id) == {milk.id: 5, curd.id: 1}
    for _ in range(2):
        service.remove_line(session, cart.id, owner, milk.id, now=NOW)
    assert contents(session, cart.id) == {curd.id: 1}


@pytest.mark.parametrize("quantity", [0, -1, 100, 10**12])
def test_ac43_a_quantity_out_of_range_is_refused_and_changes_nothing(session: Session, quantity: int) -> None:
    milk = make_variant(session)
    cart, owner = guest_cart(session)
    put(session, cart, owner, (milk, 2))
    with pytest.raises(QuantityOutOfRange, match="1 to 99"):
        put(session, cart, owner, (milk, quantity))
    assert contents(session, cart.id) == {milk.id: 2}


def test_what_is_not_sold_cannot_be_put_in(session: Session) -> None:
    cart, owner = guest_cart(session)
    for variant_id in (new_id(), make_variant(session, is_active=False).id):
        with pytest.raises(VariantNotFound):
            service.set_quantity(session, cart.id, owner, variant_id, 1, today=TODAY, now=NOW)
    assert contents(session, cart.id) == {}


def test_a_full_cart_takes_more_of_what_it_has_but_nothing_new(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MAX_LINES", 2)
    milk, curd, ghee = (make_variant(session) for _ in range(3))
    cart, owner = guest_cart(session)
    put(session, cart, owner, (milk, 1), (curd, 1), (milk, 2))
    with pytest.raises(CartFull):
        put(session, cart, owner, (ghee, 1))
    assert contents(session, cart.id) == {milk.id: 2, curd.id: 1}


def test_merging_at_sign_in_adds_up_to_the_limit_and_closes_the_guests_cart(session: Session) -> None:
    milk, curd, ghee = (make_variant(session) for _ in range(3))
    own, customer = customer_cart(session)
    put(session, own, customer, (milk, 60), (ghee, 1))
    guest, owner = guest_cart(session)
    put(session, guest, owner, (milk, 60), (curd, 2))
    assert customer.customer_id
    assert owner.token
    assert service.merge(session, guest.id, owner.token, customer.customer_id, NOW, SYSTEM) == own.id
    assert contents(session, own.id) == {milk.id: 99, curd.id: 2, ghee.id: 1}
    with pytest.raises(CartClosed):
        put(session, guest, owner, (milk, 1))
    assert service.merge(session, guest.id, owner.token, customer.customer_id, NOW, SYSTEM) is None
    assert contents(session, own.id) == {milk.id: 99, curd.id: 2, ghee.id: 1}
    assert session.exec(select(AuditEntry.action).where(AuditEntry.object_id == guest.id)).all() == ["cart.merged"]


def test_merging_fills_a_cart_up_and_no_further(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MAX_LINES", 3)
    milk, curd, ghee, rice = (make_variant(session) for _ in range(4))
    own, customer = customer_cart(session)
    put(session, own, customer, (milk, 1), (ghee, 1))
    guest, owner = guest_cart(session)
    put(session, guest, owner, (curd, 2), (rice, 3), (milk, 4))
    assert customer.customer_id
    service.merge(session, guest.id, owner.token or "", customer.customer_id, NOW, SYSTEM)
    assert contents(session, own.id) == {milk.id: 5, ghee.id: 1, curd.id: 2}


def test_merging_without_a_cart_of_ones_own_makes_one(session: Session) -> None:
    milk, customer = make_variant(session), make_customer(session)
    guest, owner = guest_cart(session)
    put(session, guest, owner, (milk, 3))
    merged = service.merge(session, guest.id, owner.token or "", customer.id, NOW, SYSTEM)
    assert contents(session, merged) == {milk.id: 3}


@pytest.mark.parametrize("token", ["", "wrong"])
def test_somebody_elses_cart_is_not_merged_and_signing_in_goes_on(session: Session, token: str) -> None:
    milk, customer = make_variant(session), make_customer(session)
    guest, owner = guest_cart(session)
    put(session, guest, owner, (milk, 3))
    assert service.merge(session, guest.id, token, customer.id, NOW, SYSTEM) is None
    assert contents(session, guest.id) == {milk.id: 3}
    assert service.find(session, guest.id, owner).is_open


def test_a_customers_cart_becomes_an_order_once(session: Session) -> None:
    cart, owner = customer_cart(session)
    assert owner.customer_id
    locked = service.lock_for_checkout(session, cart.id, owner.customer_id)
    order = make_order(session, owner.customer_id)
    service.convert(session, locked, order.id, SYSTEM)
    for again in (
        lambda: service.convert(session, locked, order.id, SYSTEM),
        lambda: service.lock_for_checkout(session, cart.id, owner.customer_id),
    ):
        with pytest.raises(CartClosed):
            again()
    with pytest.raises(CartNotFound):
        service.find(session, cart.id, owner)
    entry = session.exec(select(AuditEntry).where(AuditEntry.object_id == cart.id)).one()
    assert (entry.action, entry.cause) == ("cart.converted", f"became order {order.id}")
    assert service.open_cart(session, owner.customer_id, NOW)[0].id != cart.id


def test_only_its_customer_takes_a_cart_to_the_checkout(session: Session) -> None:
    of_guest, _ = guest_cart(session)
    of_other, _ = customer_cart(session)
    for cart in (of_guest, of_other):
        with pytest.raises(CartNotFound):
            service.lock_for_checkout(session, cart.id, make_customer(session).id)


def test_old_carts_expire_and_fresh_ones_stay(session: Session) -> None:
    milk = make_variant(session)
    carts = [guest_cart(session) for _ in range(3)]
    put(session, carts[0][0], carts[0][1], (milk, 1))
    service.set_quantity(session, carts[0][0].id, carts[0][1], milk.id, 1, today=TODAY, now=NOW + timedelta(days=20))
    later = NOW + timedelta(days=31)
    assert service.expire_old(session, 30, later, SYSTEM, limit=1) == 1
    assert service.expire_old(session, 30, later, SYSTEM) == 1
    assert service.expire_old(session, 30, later, SYSTEM) == 0
    session.expire_all()
    assert [cart.status for cart, _ in carts] == ["open", "expired", "expired"]
    assert len(session.exec(select(AuditEntry).where(AuditEntry.action == "cart.expired")).all()) == 2


def test_lines_come_in_the_order_they_were_put_in(session: Session) -> None:
    variants = [make_variant(session) for _ in range(4)]
    cart, owner = guest_cart(session)
    put(session, cart, owner, *((variant, 1) for variant in reversed(variants)), (variants[3], 9))
    assert [line.variant_id for line in queries.lines(session, cart.id)] == [variant.id for variant in reversed(variants)]


def test_a_statement_prepared_by_the_driver_still_finds_the_one_open_cart(session: Session) -> None:
    """psycopg prepares what it sees often, and PostgreSQL then plans without the parameters' values."""
    customer_id = make_customer(session).id
    assert len({service.open_cart(session, customer_id, datetime.now(UTC))[0].id for _ in range(20)}) == 1
