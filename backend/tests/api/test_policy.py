"""Every route against every kind of caller, from the policy table itself: a route that is not in it fails here and at boot."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlmodel import Session, select

from app.accounts import service as accounts
from app.api.policy import POLICY, STAFF_PERMISSIONS, Policy
from app.carts import service as carts
from app.catalog import repricing
from app.checkout import conceding, pay_links, paying, taking_back
from app.checkout.taking_back import Report
from app.core.actor import SYSTEM
from app.core.clock import machine_now
from app.core.ids import new_id
from app.core.security import sign_jwt
from app.core.work import unit_of_work
from app.invoices import stating
from app.invoices.account_months import ended_month
from app.invoices.models import Document
from app.main import RouteWithoutPolicy, app, check_policies
from app.notifications import service as notifications
from app.orders import queries as orders
from app.payments.refund_models import Refund
from app.stock import counting
from app.stores import service as stores
from app.stores.models import Store
from app.subscriptions.models import Vacation
from app.wallets import topping_up
from app.wallets.models import TopUp
from tests.builders import make_customer, make_variant
from tests.fulfilment import deliver, lines_of
from tests.shopping import ADDRESS, Shopper, make_shopper, next_cart, place_and_start, place_by
from tests.subscribing import Subscriber, days, subscribe, today
from tests.unchanged import state

UnitOfWork = Callable[[], AbstractContextManager[Session]]
Headers = dict[str, str]

BODIES: dict[str, dict[str, Any]] = {
    "POST /api/v1/otp": {"phone": "+919876543210"},
    "POST /api/v1/sessions": {"phone": "+919876543210", "code": "000000"},
    "POST /api/v1/sessions/refresh": {"refresh_token": "x.y"},
    "PATCH /api/v1/me": {"name": "Another"},
    "POST /api/v1/addresses": {**ADDRESS},
    "PATCH /api/v1/addresses/{address_id}": {"city": "Mysuru"},
    "PUT /api/v1/carts/{cart_id}/lines/{variant_id}": {"quantity": 3},
    "POST /api/v1/orders/{order_id}/payment-confirmation": {
        "razorpay_payment_id": "pay_x", "razorpay_order_id": "order_x", "razorpay_signature": "0" * 64,
    },
    "POST /api/v1/orders/{order_id}/cancellation": {},
    "POST /api/v1/orders/{order_id}/shipments": {},
    "POST /api/v1/orders/{order_id}/concessions": {"amount": 100},
    "POST /api/v1/returns/{return_id}/decision": {"accepted": False},
    "POST /api/v1/shipments/{shipment_id}/dispatch": {},
    "POST /api/v1/shipments/{shipment_id}/failed-delivery": {},
    "POST /api/v1/refunds/{refund_id}/payout": {"reference": "UTR 0001"},
    "POST /api/v1/refunds/{refund_id}/redirect": {"destination": "wallet"},
    "POST /api/v1/wallet/top-ups": {"amount": 50000},
    "PUT /api/v1/wallet/top-up-plan": {"amount": 50000, "day": 1},
    "POST /api/v1/wallet/top-ups/{top_up_id}/payment-confirmation": {
        "razorpay_payment_id": "pay_x", "razorpay_order_id": "order_x", "razorpay_signature": "0" * 64,
    },
    "POST /api/v1/customers/{customer_id}/wallet-credits": {"amount": 100, "note": "for the trouble"},
    "PUT /api/v1/customers/{customer_id}/credit-limit": {"amount": 100},
    "POST /api/v1/orders/{order_id}/receipts": {"amount": 12000, "reference": "UTR 0001"},
    "POST /api/v1/cash/handovers": {"rider_id": "01980a2f-0b1c-7d2e-8f30-4a5b6c7d8ea0", "counted_amount": 100},
    "POST /api/v1/subscriptions/{subscription_id}/pause": {"until": None},
    "POST /api/v1/subscriptions/{subscription_id}/cancellation": {"reason": "moving away"},
    "POST /api/v1/subscriptions/{subscription_id}/reactivation": {},
    "PUT /api/v1/subscriptions/{subscription_id}/end": {"ends_after": 9},
    "PUT /api/v1/holidays/{closed_on}": {"name": "Diwali"},
    "PUT /api/v1/products/{slug}/subscription-policies": {"shortage_policy": "drop_line", "catch_up_policy": "ship_once"},
    "PUT /api/v1/subscriptions/{subscription_id}/deliveries/{delivers_on}/lines/{variant_id}": {"quantity": 1},
    "POST /api/v1/test/clocks/{clock_id}/advance": {"to": "2020-01-01T00:00:00Z"},
    "PUT /api/v1/stock/counts/{count_id}/lines/{variant_id}": {"counted": 9},
    "POST /api/v1/stock/counts": {"category": "nothing of the kind"},
}  # fmt: skip
PROOF_NEEDED = {  # nobody gets further without a code, a token or a signature: what the very owner is told without one
    "POST /api/v1/otp": {429},  # asked for a moment ago
    "POST /api/v1/sessions": {401, 422},
    "POST /api/v1/sessions/refresh": {401},
    "POST /api/v1/orders/{order_id}/payment-confirmation": {400, 422},
    "POST /api/v1/wallet/top-ups/{top_up_id}/payment-confirmation": {400, 422},
    "POST /api/v1/orders/{order_id}/returns": {409},  # nothing of it was sent yet
    "POST /api/v1/subscriptions/{subscription_id}/pause": {409},  # its mandate was not approved yet
    "POST /api/v1/subscriptions/{subscription_id}/resumption": {409},
    "POST /api/v1/subscriptions/{subscription_id}/provider-approval": {409},  # it is paid by a mandate
    "DELETE /api/v1/subscriptions/{subscription_id}/cancellation": {409},  # it was not cancelled
    "GET /health/billing": {503},  # no beat runs beside a test
    "POST /api/v1/webhooks/razorpay": {400, 404, 421, 503},  # 421: of several stores here none is the default
    "POST /api/v1/webhooks/sendgrid": {400, 404, 421, 503},
    "POST /api/v1/webhooks/twilio": {400, 404, 421, 503},
}
REFUSED_ALL_THE_SAME = {
    "POST /api/v1/test/clocks/{clock_id}/advance": 409,  # a clock only goes forward; that takes a worker
    "POST /api/v1/stock/counts": 422,  # nothing to count
    "POST /api/v1/billing-runs/{run_id}/approval": 409,  # none is held
    "POST /api/v1/stock/receipts": 400,  # it asks for a key, as the next one does
    "POST /api/v1/stock/adjustments": 400,
    "POST /api/v1/orders/{order_id}/returns": 409,  # nothing of it was sent yet
    "POST /api/v1/orders/{order_id}/shipments": 409,  # it is not paid
    "POST /api/v1/orders/{order_id}/concessions": 409,  # nothing of it is owed
    "POST /api/v1/returns/{return_id}/decision": 409,  # the member of staff before did it
    "POST /api/v1/shipments/{shipment_id}/dispatch": 409,
    "POST /api/v1/shipments/{shipment_id}/delivery": 409,
    "POST /api/v1/shipments/{shipment_id}/failed-delivery": 409,
    "POST /api/v1/refunds/{refund_id}/payout": 409,
    "POST /api/v1/refunds/{refund_id}/redirect": 409,
    "POST /api/v1/refunds/{refund_id}/retry": 409,  # it did not fail
    "POST /api/v1/customers/{customer_id}/wallet-credits": 400,  # it asks for a key
    "PUT /api/v1/customers/{customer_id}/credit-limit": 409,  # no distributor
    "POST /api/v1/orders/{order_id}/receipts": 409,  # not on account
    "POST /api/v1/cash/receipts": 409,  # not to be paid at the door
    "POST /api/v1/cash/handovers": 404,  # no such rider
}
CHANGES_FOR_ANYBODY = {"POST /api/v1/otp", "POST /api/v1/carts"}  # a code sent, a guest's cart opened
REFUSED = {401, 403, 404}
OF_ANYBODY = ("slug", "variant_id", "delivers_on", "from_on", "closed_on")  # what stands in a path and belongs to nobody


@dataclass
class Scene:
    """An owner with one of everything, and the others who want it."""

    owner: Shopper
    ids: dict[str, str]
    bodies: dict[str, dict[str, Any]]
    actors: dict[str, Headers]
    owners: dict[str, Headers]

    def url(self, path: str) -> str:
        for name, value in self.ids.items():
            path = path.replace("{" + name + "}", value)
        assert "{" not in path, f"no id of the owner's for {path}"
        return path


def token(store: Store, kind: str, person: UUID, role: str = "", session_id: UUID | None = None) -> Headers:
    claims = {"sub": str(person), "kind": kind, "role": role, "store": str(store.id), "sid": str(session_id or new_id())}
    return {"Authorization": f"Bearer {sign_jwt(claims, seconds=600)}"}


@pytest.fixture
def scene(store: Store, make_store: Callable[[], Store]) -> Scene:
    owner = make_shopper(store)
    order, _ = place_and_start(owner)
    subscriber = Subscriber(store, owner.customer, owner.address_id, owner.variant_id)
    friday = today(store) + days(7)
    subscription = subscribe(subscriber, friday, method="upi")
    with unit_of_work(store.id) as session:
        customer_id = owner.customer.id
        cart, _ = carts.open_cart(session, customer_id, machine_now())
        cart = carts.set_quantity(
            session,
            cart.id,
            carts.Owner(customer_id=customer_id),
            owner.variant_id,
            1,
            today=machine_now().date(),
            now=machine_now(),
        )
        message = notifications.queue(
            session, "notice", "+919876543210", "sms", "test:1", {"body": "hello"}, customer_id=customer_id
        )
        signed_in = accounts.start_session(session, owner.customer, accounts.Device("test", ""), machine_now())
        count_id = counting.open_count(session, [owner.variant_id], actor=SYSTEM, now=machine_now()).id
        topping_up.start(session, customer_id, 50000, actor=SYSTEM, now=machine_now())
        top_up_id = session.exec(select(TopUp.id)).one()
        other, another_id = make_customer(session), make_variant(session, amount=100).id
        vacation = Vacation(store_id=store.id, customer_id=customer_id, first_on=friday + days(1), last_on=friday + days(2))
        session.add(vacation)
        vacation_id = vacation.id
        in_a_week = today(store) + days(7)
        change_id = repricing.announce(session, owner.variant_id, 100, None, in_a_week, today=today(store), actor=SYSTEM).id
        staff = {
            role: accounts.add_staff(session, f"{role}@example.in", "a long password", role, SYSTEM)
            for role in STAFF_PERMISSIONS
        }
    foreign = make_store()
    with unit_of_work(foreign.id) as session:
        foreign_staff = accounts.add_staff(session, "admin@example.in", "a long password", "admin", SYSTEM)
    ids = {
        "session_id": str(signed_in.session.id), "address_id": str(owner.address_id), "cart_id": str(cart.id),
        "variant_id": str(owner.variant_id), "order_id": str(order.id), "message_id": str(message.id),
        "subscription_id": str(subscription.id), "mandate_id": str(subscription.mandate_id), "clock_id": str(store.id),
        "account_id": str(new_id()), "slug": _slug(store), "count_id": str(count_id),
        "customer_id": str(customer_id), "top_up_id": str(top_up_id), "vacation_id": str(vacation_id),
        "delivers_on": friday.isoformat(), "from_on": friday.isoformat(), "closed_on": friday.isoformat(),
        "change_id": str(change_id), "run_id": str(new_id()),
        "token": pay_links.make(store.id, order.id, machine_now() + days(1)),
    }  # fmt: skip
    line_id = str(lines_of(order)[0].id)
    bodies: dict[str, dict[str, Any]] = {
        "POST /api/v1/order-moves": {"order_ids": [ids["order_id"]], "to": "packed"},
        "POST /api/v1/orders/{order_id}/returns": {"reason": "spoilt", "lines": [{"line_id": line_id, "quantity": 1}]},
        "POST /api/v1/checkouts": {"cart_id": ids["cart_id"], "address_id": ids["address_id"]},
        "POST /api/v1/subscriptions": subscriber.wish(friday),
        "POST /api/v1/cash/receipts": {"order_id": ids["order_id"], "amount": 12000},
        "POST /api/v1/stock/receipts": {"lines": [{"variant_id": ids["variant_id"], "quantity": 1}], "note": "van"},
        "POST /api/v1/stock/adjustments": {"variant_id": ids["variant_id"], "change": -1, "reason": "damaged"},
        "POST /api/v1/subscriptions/{subscription_id}/payment-method": {"payment_method": "cash_on_delivery"},
        "POST /api/v1/subscriptions/{subscription_id}/skips": {"delivers_on": friday.isoformat()},
        "POST /api/v1/subscriptions/{subscription_id}/changes": {"from_on": friday.isoformat(), "shift": "evening"},
        "POST /api/v1/subscriptions/{subscription_id}/deliveries/{delivers_on}/swap": {
            "variant_id": ids["variant_id"],
            "with_variant_id": str(another_id),
        },
        "POST /api/v1/products/{slug}/price-changes": {
            "variant_id": ids["variant_id"],
            "amount": 100,
            "effective_on": (friday + days(1)).isoformat(),
        },
        "POST /api/v1/vacations": {"first_on": friday.isoformat(), "last_on": friday.isoformat()},
    }
    actors = {
        "nobody": {},
        "another customer": token(store, "customer", other.id),
        "another store's staff": token(foreign, "staff", foreign_staff.id, "admin"),
        **{role: token(store, "staff", member.id, role) for role, member in staff.items()},
    }
    owners = {"customer": token(store, "customer", customer_id, session_id=signed_in.session.id)}
    return Scene(owner, ids, {**BODIES, **bodies}, actors, owners)


def _slug(store: Store) -> str:
    with unit_of_work(store.id) as session:
        return str(session.execute(text("SELECT slug FROM products ORDER BY id LIMIT 1")).scalar_one())


def sold(scene: Scene) -> dict[str, str]:
    """What hangs on an order of the owner's that was delivered: a parcel, its invoice, a return, and a refund by hand."""
    store, shopper = scene.owner.store, next_cart(scene.owner)
    with unit_of_work(store.id) as session:
        order, _ = place_by(session, shopper, "cash_on_delivery")
    shipment, line_id = deliver(order), lines_of(order)[0].id
    with unit_of_work(store.id) as session:
        told = Report("unwanted", {line_id: 1})
        returned = taking_back.report(session, order.id, None, told, actor=SYSTEM, now=machine_now())
        rider = accounts.add_staff(session, "rider@example.in", "a long password", "packer", SYSTEM)
        locked = orders.get_locked(session, order.id)
        paying.record_cash(session, locked, rider.id, locked.owed_amount, actor=SYSTEM, now=machine_now())
        conceding.concede(session, order.id, 1_000, "source", "", actor=SYSTEM, now=machine_now())
        document_id = session.exec(select(Document.id).where(Document.shipment_id == shipment.id)).one()
        refund_id = session.exec(select(Refund.id)).one()
        month = ended_month(machine_now(), "UTC")
        statement = stating.issue(session, stores.get(session), shopper.customer.id, month, SYSTEM, machine_now())
    return {
        "shipment_id": str(shipment.id),
        "return_id": str(returned.id),
        "refund_id": str(refund_id),
        "document_id": str(document_id),
        "statement_id": str(statement.id),
    }


def may(policy: Policy, actor: str) -> bool:
    """What the table says of a caller who does not own the thing."""
    if policy.audience == "public":
        return True
    return actor in STAFF_PERMISSIONS and (policy.audience == "signed_in" or policy.permission in STAFF_PERMISSIONS[actor])


def call(client: TestClient, scene: Scene, route: tuple[str, str], headers: Headers) -> Any:
    method, path = route
    key = {"Idempotency-Key": str(new_id())} if method == "POST" and "Idempotency-Key" not in headers else {}
    return client.request(method, scene.url(path), json=scene.bodies.get(f"{method} {path}"), headers=headers | key)


@pytest.mark.parametrize("route", sorted(POLICY), ids=" ".join)
def test_ac42_only_who_may_gets_in_and_nobody_sees_or_changes_what_is_not_theirs(
    client: TestClient, store: Store, scene: Scene, route: tuple[str, str]
) -> None:
    if any(id_ in route[1] for id_ in ("{shipment_id}", "{return_id}", "{refund_id}", "{document_id}", "{statement_id}")):
        scene.ids.update(sold(scene))
    policy, name, before = POLICY[route], " ".join(route), state(store)
    owned = [value for key, value in scene.ids.items() if "{" + key + "}" in route[1] and key not in OF_ANYBODY]
    for actor, headers in scene.actors.items():
        answer = call(client, scene, route, headers)
        if policy.audience == "public":
            assert answer.status_code not in (401, 403) or name in PROOF_NEEDED, (actor, answer.text)
        elif actor == "another store's staff":
            assert answer.status_code == 401, (actor, answer.text)
        elif (may(policy, actor) and not owned and "/current" not in name) or (may(policy, actor) and policy.permission):
            assert answer.status_code < 300 or answer.status_code == REFUSED_ALL_THE_SAME.get(name), (actor, answer.text)
        elif policy.audience == "shopper" and not owned:
            assert answer.status_code < 300 or actor in STAFF_PERMISSIONS, (actor, answer.text)
        elif actor == "another customer" and policy.audience != "staff" and not owned:
            assert answer.status_code < 500, (actor, answer.text)
            assert not any(value in answer.text for key, value in scene.ids.items() if key not in OF_ANYBODY), actor
        else:
            assert answer.status_code in REFUSED, (actor, answer.status_code, answer.text)
        changes_own = actor == "another customer" and not owned and answer.status_code < 300
        if name in CHANGES_FOR_ANYBODY or changes_own or (may(policy, actor) and route[0] != "GET"):
            before = state(store)
        assert state(store) == before, f"{actor} changed something through {name}"
    if policy.audience != "staff":
        allowed = PROOF_NEEDED.get(name.removesuffix("/{account_id}"), set())
        answer = call(client, scene, route, scene.owners["customer"] | {"Idempotency-Key": str(new_id())})
        assert answer.status_code < 400 or answer.status_code in allowed, answer.text


def test_a_route_without_a_policy_does_not_start() -> None:
    careless = FastAPI()
    careless.add_api_route("/api/v1/everything", lambda: "all of it")
    with pytest.raises(RouteWithoutPolicy, match="GET /api/v1/everything"):
        check_policies(careless.routes)


def test_the_table_has_no_route_that_does_not_exist() -> None:
    described = {(method.upper(), path) for path, methods in app.openapi()["paths"].items() for method in methods}
    assert POLICY.keys() == described
