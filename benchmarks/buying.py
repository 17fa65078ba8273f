"""Full orders through HTTP: cart, line, checkout, payment at the provider, the browser's return; and all that follows."""

import time
from dataclasses import dataclass, field
from statistics import median
from typing import Any
from uuid import uuid4

import orjson
from sqlalchemy import Select, func, select
from sqlmodel import Session, col

from app.core.clock import machine_now
from app.core.work import unit_of_work
from app.insight import due
from app.notifications.models import Message
from app.orders.models import Order
from app.providers.sandbox_clock import SandboxClock
from app.stores import clocks
from benchmarks import cpu, load
from benchmarks.figures import Plan, Report, Stretch, percentile
from benchmarks.http import FORM, Connection
from benchmarks.rig import Rig
from benchmarks.shop import PIECES, Buyer, Shop
from local.progress import say

API = "/api/v1"
QUANTITY = orjson.dumps({"quantity": PIECES})
WARM_SECONDS = 5.0  # statements compiled, plans made, connections opened: every process pays that once, and not per order
DRAIN_SECONDS = 120.0
POLL_SECONDS = 0.05
QUIET_LOOKS = 3  # between a webhook's arrival and its row, or a row and the next, one look may see neither
MESSAGES_EACH = 2  # an e-mail and an SMS


@dataclass
class Tab:
    """What was seen with so many clients, over all rounds."""

    stretches: list[Stretch] = field(default_factory=list)
    checkouts: list[float] = field(default_factory=list)  # seconds of each POST /checkouts
    cpu: dict[str, float] = field(default_factory=dict)  # seconds by process, until nothing was owed

    @property
    def orders(self) -> int:
        return sum(len(stretch.durations) for stretch in self.stretches)


@dataclass
class Shopper:
    """One client: a buyer with two connections, to the shop and to the payment page."""

    buyer: Buyer
    shop: Connection
    page: Connection
    checkouts: list[float]

    async def open(self) -> None:
        await self.shop.open()
        await self.page.open()

    def close(self) -> None:
        self.shop.close()
        self.page.close()

    async def turn(self) -> float:
        """One order, paid; seconds from the cart to the browser's return."""
        signed = b"Authorization: Bearer %b\r\n" % self.buyer.token.encode()
        started = time.perf_counter()
        cart = (await self.shop.ask(b"POST", f"{API}/carts", b"{}", headers=signed, expect=201)).json()["id"]
        await self.shop.ask(b"PUT", f"{API}/carts/{cart}/lines/{self.buyer.variant_id}", QUANTITY, headers=signed + _key())
        asked = orjson.dumps({"cart_id": cart, "address_id": self.buyer.address_id, "payment_method": "razorpay"})
        began = time.perf_counter()
        placed = (await self.shop.ask(b"POST", f"{API}/checkouts", asked, headers=signed + _key(), expect=201)).json()
        self.checkouts.append(time.perf_counter() - began)
        pay = f"/control/razorpay/orders/{placed['payment']['provider_order_id']}/pay"
        proof = (await self.page.ask(b"POST", pay, b'{"method":"upi","outcome":"captured"}')).json()
        form = "&".join(f"{name}={proof[name]}" for name in proof if name.startswith("razorpay_"))
        path = f"{API}/payment-returns/{placed['order']['id']}"
        await self.shop.ask(b"POST", path, form.encode(), kind=FORM, expect=303)
        return time.perf_counter() - started


def measure(rig: Rig, shop: Shop, plan: Plan, report: Report) -> None:
    """All stretches of all rounds, each followed until nothing is owed; then every order must be paid and told, once."""
    tabs = {clients: Tab() for clients in plan.clients}
    generator, warm = 0.0, Tab()
    load.run(_shoppers(rig, shop, max(plan.clients), warm), WARM_SECONDS)
    _drain(shop, report)
    for number in range(plan.rounds):
        rig.analyze()
        for clients, tab in tabs.items():
            before, own = cpu.spent(rig.pids), time.process_time()
            stretch, errors = load.run(_shoppers(rig, shop, clients, tab), plan.seconds)
            generator = max(generator, (time.process_time() - own) / stretch.seconds)
            report.errors += errors
            tab.stretches.append(stretch)
            _drain(shop, report)
            for name, seconds in cpu.difference(before, cpu.spent(rig.pids)).items():
                tab.cpu[name] = tab.cpu.get(name, 0.0) + seconds
            say(f"  round {number + 1}, {clients} clients: {stretch.rate:.1f} orders/s")
    _check(shop, len(warm.checkouts) + sum(tab.orders for tab in tabs.values()), report)
    _tell(tabs, report)
    report.figures["generator_busy_share"] = generator


def _shoppers(rig: Rig, shop: Shop, clients: int, tab: Tab) -> list[Shopper]:
    return [
        Shopper(buyer, Connection(rig.api_url, shop.host), Connection(rig.sandbox_url), tab.checkouts)
        for buyer in shop.buyers[:clients]
    ]


def _key() -> bytes:
    return b"Idempotency-Key: %b\r\n" % str(uuid4()).encode()


def _drain(shop: Shop, report: Report) -> None:
    """Until no event, message or receipt is owed, here or between the sandbox and us."""
    ends, quiet = time.monotonic() + DRAIN_SECONDS, 0
    with unit_of_work(shop.id) as session:
        sandbox = clocks.sandbox(session)
    with sandbox:
        while quiet < QUIET_LOOKS:
            quiet = quiet + 1 if _is_quiet(shop, sandbox) else 0
            if time.monotonic() > ends:
                report.errors.append(f"something was still owed after {DRAIN_SECONDS:.0f} s")
                return
            time.sleep(POLL_SECONDS)


def _is_quiet(shop: Shop, sandbox: SandboxClock) -> bool:
    with unit_of_work(shop.id) as session:
        return not due.owed(session, machine_now()) and sandbox.is_quiet()


def _check(shop: Shop, orders: int, report: Report) -> None:
    """Speed counts only where nothing was lost and nothing doubled."""
    with unit_of_work(shop.id) as session:
        paid = _count(session, select(func.count()).select_from(Order).where(col(Order.payment_status) == "paid"))
        told = _count(session, select(func.count()).select_from(Message).where(col(Message.sent_at).is_not(None)))
    if paid != orders:
        report.errors.append(f"{orders} orders were bought, {paid} are paid")
    if told != orders * MESSAGES_EACH:
        report.errors.append(f"{orders * MESSAGES_EACH} messages were owed, {told} were sent")


def _count(session: Session, statement: Select[Any]) -> int:
    return int(session.execute(statement).scalar_one())


def _tell(tabs: dict[int, Tab], report: Report) -> None:
    for clients, tab in tabs.items():
        at = f"at_{clients}_clients"
        durations = [seconds for stretch in tab.stretches for seconds in stretch.durations]
        report.figures[f"http_orders_per_second_{at}"] = median(stretch.rate for stretch in tab.stretches)
        report.figures[f"http_order_p50_ms_{at}"] = 1000 * percentile(durations, 0.5)
        report.figures[f"http_checkout_p50_ms_{at}"] = 1000 * percentile(tab.checkouts, 0.5)
        report.figures[f"http_checkout_p99_ms_{at}"] = 1000 * percentile(tab.checkouts, 0.99)
        ours = {name: seconds for name, seconds in tab.cpu.items() if name != "sandbox"}
        for name, seconds in {**ours, "all_of_ours": sum(ours.values()), "sandbox": tab.cpu["sandbox"]}.items():
            report.figures[f"cpu_ms_per_order_{name}_{at}"] = 1000 * seconds / tab.orders
    report.ratios["p99_vs_p50"] = max(percentile(tab.checkouts, 0.99) / percentile(tab.checkouts, 0.5) for tab in tabs.values())
