"""Taking in signed events: our intake against a bare route that does one INSERT, in turn, on the same store.

The workers stay away: what is measured is how fast an event is ours, not how fast it is applied.
"""

import hashlib
import hmac
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from statistics import median

from sqlalchemy import func, select
from sqlmodel import col

from app.core.work import unit_of_work
from app.inbox.models import ProviderEvent
from benchmarks import cpu, load
from benchmarks.figures import Plan, Report, Stretch, median_ratio, percentile
from benchmarks.http import Connection
from benchmarks.rig import Rig
from benchmarks.shop import Shop, open_shop
from local.ports import LOOPBACK, free_port
from local.progress import say

WARM_SECONDS = 2.0
BUSY_SHARE = 0.8  # a generator that is busier than that may be what is measured
_serial = count(1)


@dataclass
class Sender:
    """One client that sends an event of its own at every turn."""

    connection: Connection
    path: str
    secret: bytes

    async def open(self) -> None:
        await self.connection.open()

    async def turn(self) -> float:
        number = next(_serial)
        body = BODY.replace(b"NUMBER", b"%014d" % number)
        signature = hmac.new(self.secret, body, hashlib.sha256).hexdigest().encode()
        headers = b"X-Razorpay-Signature: %b\r\nX-Razorpay-Event-Id: evt_%014d\r\n" % (signature, number)
        started = time.perf_counter()
        await self.connection.ask(b"POST", self.path, body, headers=headers)
        return time.perf_counter() - started

    def close(self) -> None:
        self.connection.close()


@dataclass
class Side:
    """One of the two servers, and what was seen of it."""

    make: Callable[[], Sender]
    stretches: dict[int, list[Stretch]] = field(default_factory=dict)
    cpu: dict[int, float] = field(default_factory=dict)


def run(rig: Rig, plan: Plan) -> Report:
    report = Report("webhooks")
    shop = open_shop(rig, 0, at_sandbox=False)
    bare_url = f"http://{LOOPBACK}:{free_port()}"
    os.environ.update(BENCH_STORE=str(shop.id), BENCH_ACCOUNT=str(shop.account_id))
    ours = rig.server("intake", "app.main:app", rig.api_url, "/readyz")
    rig.start_servers_of(ours, rig.server("bare", "benchmarks.bare:app", bare_url, "/readyz"))
    secret = shop.webhook_secret.encode()
    path = f"/api/v1/webhooks/razorpay/{shop.account_id}"
    sides = {
        "intake": Side(lambda: Sender(Connection(rig.api_url), path, secret)),
        "bare": Side(lambda: Sender(Connection(bare_url), "/events", secret)),
    }
    sent = _measure(rig, plan, report, sides)
    _check(shop, sent, report)
    _tell(plan, sides, report)
    return report


def _measure(rig: Rig, plan: Plan, report: Report, sides: dict[str, Side]) -> int:
    """Both in turn; how many events were sent."""
    sent, generator = 0, 0.0
    for number in range(plan.rounds + 1):
        for clients in plan.clients:
            for name, side in sides.items():
                senders = [side.make() for _ in range(clients)]
                before, own = cpu.spent(rig.pids), time.process_time()
                stretch, errors = load.run(senders, plan.seconds if number else WARM_SECONDS)
                busy = (time.process_time() - own) / stretch.seconds
                used = cpu.difference(before, cpu.spent(rig.pids))
                report.errors += errors
                sent += len(stretch.durations)
                if number:  # the first round only gets everybody warm
                    generator = max(generator, busy)
                    side.stretches.setdefault(clients, []).append(stretch)
                    side.cpu[clients] = side.cpu.get(clients, 0.0) + used[name] + used["postgres"]
                    say(f"  round {number}, {name} at {clients}: {stretch.rate:.0f} events/s")
    report.figures["generator_busy_share"] = generator
    if generator > BUSY_SHARE:
        report.errors.append(f"the load generator was busy {generator:.0%} of the time: it may be what was measured")
    return sent


def _check(shop: Shop, sent: int, report: Report) -> None:
    with unit_of_work(shop.id) as session:
        kept = session.execute(
            select(func.count()).select_from(ProviderEvent).where(col(ProviderEvent.body) != b"")
        ).scalar_one()
    if kept != sent:
        report.errors.append(f"{sent} events were answered, {kept} are kept")


def _tell(plan: Plan, sides: dict[str, Side], report: Report) -> None:
    for clients in plan.clients:
        rates = []
        for name, side in sides.items():
            stretches = side.stretches[clients]
            durations = [seconds for stretch in stretches for seconds in stretch.durations]
            rates.append([stretch.rate for stretch in stretches])
            report.figures[f"{name}_per_second_at_{clients}"] = median(rates[-1])
            report.figures[f"{name}_p99_ms_at_{clients}"] = 1000 * percentile(durations, 0.99)
            report.figures[f"{name}_cpu_ms_with_postgres_at_{clients}"] = 1000 * side.cpu[clients] / len(durations)
        report.figures[f"intake_vs_bare_at_{clients}"] = median_ratio(*rates)
    report.ratios["intake_vs_bare"] = min(report.figures[f"intake_vs_bare_at_{clients}"] for clients in plan.clients)


BODY = json.dumps(
    {
        "entity": "event",
        "account_id": "acc_benchmark",
        "event": "payment.captured",
        "contains": ["payment"],
        "payload": {
            "payment": {
                "entity": {
                    "id": "pay_NUMBER",
                    "entity": "payment",
                    "amount": 64300,
                    "currency": "INR",
                    "status": "captured",
                    "order_id": "order_NUMBER",
                    "method": "upi",
                    "captured": True,
                    "description": "An order of the usual size, whose event has the usual length",
                    "email": "asha@customers.example.in",
                    "contact": "+919876543210",
                    "notes": {"order": "01980a2e-5d6c-7c3e-9d2b-8f1f6d0c4a11", "number": "ORD-26-000123"},
                    "fee": 1518,
                    "tax": 232,
                    "acquirer_data": {"rrn": "330512345678", "upi_transaction_id": "A1B2C3D4E5F6"},
                    "created_at": 1795250000,
                }
            }
        },
        "created_at": 1795250001,
    }
).encode()
