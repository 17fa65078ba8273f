"""What surrounds the people of a shop: the API they ask, the provider, its webhooks, the workers, and time.

Everything is asked of the API in this process, or happens at the sandbox; webhooks are carried by hand, so that they can be
late, lost, doubled or out of order without any thread. A refusal is an answer like others; a crash is a failure.
"""

import hashlib
import hmac
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from app.core.ids import new_id
from app.core.work import unit_of_work
from app.core.work_columns import WorkRow
from app.core.work_waiting import bring_forward
from app.inbox.models import ProviderEvent
from app.payments.models import PaymentAttempt
from app.payments.refund_models import Refund
from app.payments.watch_models import ProviderWatch
from app.stores import service as stores
from app.tasks import inbox, payments, watching
from tests.stateful.asking import Answer, Api
from tests.stateful.opening import Template

Body = dict[str, Any]
GONE_WRONG = 500
SHORT, DAY = timedelta(minutes=6), timedelta(days=1)  # until the provider's lists are looked at again; for banks
OUTAGE = (502, 503)  # what the API says while a provider does not answer, or refuses
WORK: dict[type[WorkRow], Callable[[str], object]] = {  # of what is worked off by hand here; messages are other tests'
    PaymentAttempt: payments.drain,
    ProviderEvent: inbox.drain,
    Refund: payments.drain_refunds,
    ProviderWatch: watching.drain,
}
DUE = " UNION ALL ".join(
    f"SELECT '{model.__tablename__}' WHERE EXISTS (SELECT FROM {model.__tablename__} WHERE next_attempt_at <= app_now() "  # noqa: S608
    "AND work_status IN ('queued', 'unknown'))"
    for model in WORK
)
WAITING = " UNION ALL ".join(  # what keeps a shop from rest
    [
        *(
            f"SELECT id FROM {model.__tablename__} WHERE work_status IN ('queued', 'unknown') AND next_attempt_at > app_now()"  # noqa: S608
            for model in WORK
            if model is not ProviderWatch  # which never ends
        ),
        "SELECT id FROM provider_watches WHERE last_error IS NOT NULL",  # a look that went wrong
        "SELECT id FROM refunds WHERE status = 'pending' AND provider_refund_id IS NOT NULL",  # the bank thinks
    ]
)


class World:
    def __init__(self, template: Template, api: Api) -> None:
        self.api, self.template, self.onlooker = api, template, template.onlooker
        self.sandbox, self.premises = template.open()
        self.store, self.tokens = self.premises.store, self.premises.tokens()
        self.told: set[str] = set()  # events that were delivered, or lost
        self.is_slow = False  # banks think about a refund for a day
        self.log: list[str] = []

    def close(self) -> None:
        self.sandbox.http.close()

    def ask(self, who: int, method: str, path: str, body: Body | None = None) -> Answer:
        """As customer 0 or 1, or as staff (-1). Anything may be refused; nothing may crash."""
        headers = {"Host": str(self.store.host), "Idempotency-Key": str(new_id()), "Authorization": self.tokens[who]}
        answer = self.api.ask(method, f"/api/v1{path}", headers, body)
        told = f"{method} {path} {body or ''} → {answer.status_code} {answer.text[:160] if answer.status_code > 299 else ''}"
        self.log.append(told)
        assert answer.status_code < GONE_WRONG or answer.status_code in OUTAGE, told
        assert answer.status_code not in (401, 403, 405, 422) or answer.json()["code"] not in ("invalid", "no_such_route"), told
        return answer

    def at_provider(self, path: str, body: Body) -> Body | None:
        """None: it says no, as to a second payment of a paid order."""
        answer = self.sandbox.http.post(f"/control/razorpay{path}", json=body)
        self.log.append(f"provider {path} {body} → {answer.status_code}")
        assert answer.status_code < GONE_WRONG, answer.text
        return dict(answer.json()) if answer.is_success else None

    def untold(self) -> list[Body]:
        return [event for event in self.sandbox.events() if event["id"] not in self.told]

    def tell(self, which: int, copies: int) -> None:
        """Deliver one event that is still to be delivered, whichever; no copy: it is lost."""
        events = self.untold()
        if events:
            self.deliver(events[which % len(events)], copies)

    def deliver(self, event: Body, copies: int = 1) -> None:
        self.told.add(event["id"])
        secret, raw = self.sandbox.razorpay["webhook_secret"].encode(), event["raw_body"].encode()
        headers = {
            "X-Razorpay-Signature": hmac.new(secret, raw, hashlib.sha256).hexdigest(),
            "X-Razorpay-Event-Id": event["id"],
            "Content-Type": "application/json",
        }
        self.log.append(f"event {event['type']} × {copies}")
        for _ in range(copies):
            answer = self.api.send("POST", f"/api/v1/webhooks/razorpay/{self.premises.account_id}", headers, raw)
            assert answer.status_code == 200, answer.text

    def set_refunds(self, outcomes: list[str], *, slow: bool) -> None:
        """What the banks make of the next refunds, and whether they think about it for a day."""
        setting = {"account": self.sandbox.key_id, "outcomes": outcomes, "refund_seconds": 80_000 if slow else 0}
        self.log.append(f"refunds will be {setting}")
        self.is_slow |= slow
        self.sandbox.http.put("/control/razorpay/refunds", json=setting).raise_for_status()

    def spoil(self, operation: str, fault: str, *, after_effect: bool) -> None:
        self.log.append(f"fault {operation} {fault} after={after_effect}")
        self.sandbox.fault(operation, fault, after_effect=after_effect)

    def work(self, *, patience_seconds: float = 0) -> None:
        """Whatever is due is worked off; with patience also what waits for so long."""
        if patience_seconds:
            with unit_of_work(self.store.id) as session:
                for model in WORK:
                    bring_forward(session, model, patience_seconds)
        drains = {model.__tablename__: drain for model, drain in WORK.items()}
        for _ in range(3):  # what one does may be work for another
            due = self.due()
            for table in due:
                drains[table](str(self.store.id))
            if not due:
                return

    def due(self) -> list[str]:
        """In which tables there is work to be done now."""
        return [table for (table,) in self.onlooker.ask(self.store.id, DUE)]

    def time_passes(self, by: timedelta) -> None:
        """The shop's clock and the provider's; then whatever became due by it is done, as ticks would have done it."""
        with unit_of_work(self.store.id) as session:
            row = stores.get(session)
            row.clock_offset_seconds += int(by.total_seconds())
            session.add(row)
        offset = {"account": self.sandbox.key_id, "offset_seconds": row.clock_offset_seconds}
        self.sandbox.http.put("/control/clock", json=offset).raise_for_status()
        self.work(patience_seconds=by.total_seconds())
        payments.expire_due(self.store.id)
        self.work()

    def come_to_rest(self) -> None:
        """No more faults; whatever was never told is found by looking; whatever waits, waits no longer."""
        self.sandbox.http.delete("/control/faults", params={"account": self.sandbox.key_id}).raise_for_status()
        for length in (DAY if self.is_slow else SHORT, DAY, DAY):
            self.time_passes(length)
            for event in self.untold():
                self.told.add(event["id"])  # lost: the look at the provider's lists must do
            if not (self.is_slow or self.due() or self.onlooker.ask(self.store.id, WAITING)):
                break
