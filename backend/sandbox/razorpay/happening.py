"""The steps a payment takes, and the events each step causes.

A payment goes created -> authorized -> captured, or created -> failed, or (late) failed -> authorized -> captured.
An order goes created -> attempted -> paid and never back.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from sandbox import ledger
from sandbox.accounts import Account
from sandbox.razorpay.entities import Entity, insert, save
from sandbox.razorpay.instruments import Instrument
from sandbox.razorpay.reasons import failure_fields
from sandbox.razorpay.shapes import NO_ERROR, fee_and_tax, new_payment
from sandbox.store import Db
from sandbox.webhooks import events

MISPLACED = ("order.notification.", "subscription.pending")  # events whose created_at stands inside their payload


@dataclass
class Happening:
    """Changes to one merchant's payments, and the events they cause; `publish` once, at the end."""

    db: Db
    merchant: Account
    now: int
    drop: bool = False
    _drafts: list[events.Draft] = field(default_factory=list)

    def start(self, order: Entity, instrument: Instrument, **more: Any) -> Entity:
        """An attempt: the order counts it, whatever becomes of it. `more`: further fields of the payment."""
        order.wire["attempts"] += 1
        order.wire["status"] = "paid" if order.wire["status"] == "paid" else "attempted"
        save(self.db, order)
        shown = instrument.wire()
        payment = new_payment(order.wire, shown, self.now) | more
        hidden = {"card": instrument.card(shown["card_id"]), "acquirer_data": instrument.acquirer_data()}
        return insert(self.db, Entity(self.merchant.id, "payment", order.id, payment, hidden))

    def authorise(self, payment: Entity, late: bool = False) -> None:
        payment.wire.update(NO_ERROR, status="authorized", acquirer_data=payment.hidden["acquirer_data"])
        save(self.db, payment)
        self.note("payment.authorized", payment={**payment.wire, **({"late_authorized": True} if late else {})})

    def capture(self, order: Entity, payment: Entity) -> None:
        """Money moves: ledger, fee, order paid, two events."""
        amount = payment.wire["amount"]
        fee, tax = fee_and_tax(amount)
        payment.wire.update(status="captured", captured=True, fee=fee, tax=tax)
        save(self.db, payment)
        order.wire.update(
            status="paid", amount_paid=order.wire["amount_paid"] + amount, amount_due=order.wire["amount_due"] - amount
        )
        save(self.db, order)
        ledger.append(self.db, self.merchant.id, "capture", payment.id, order.id, None, amount, "captured", self.now)
        self.note("payment.captured", payment=payment.wire)
        self.note("order.paid", payment=payment.wire, order=order.wire)

    def fail(self, payment: Entity, reason: str) -> None:
        payment.wire.update(failure_fields(reason), status="failed")
        save(self.db, payment)
        self.note("payment.failed", payment=payment.wire)

    def note(self, event: str, contains: list[str] | None = None, **entities: dict[str, Any]) -> None:
        """Freeze the entities as they are now: the payload is a snapshot, whatever happens later.

        `contains`: what the event says it has, where that is not all."""
        payload: dict[str, Any] = {name: {"entity": entity} for name, entity in entities.items()}
        stamp = {"created_at": self.now}
        if event.startswith(MISPLACED):
            payload, stamp = payload | stamp, {}  # misplaced, as in Razorpay's own sample
        body = json.dumps(
            {
                "entity": "event",
                "account_id": self.merchant.facts["account_id"],
                "event": event,
                "contains": list(entities) if contains is None else contains,
                "payload": payload,
                **stamp,
            },
            separators=(",", ":"),
        )
        self._drafts.append(events.Draft(event, body, targets(self.merchant, event)))

    def publish(self) -> list[str]:
        return events.record(self.db, self.merchant.id, "razorpay", self._drafts, self.now, drop=self.drop)


def targets(merchant: Account, event: str) -> list[events.Target]:
    return [
        events.Target(hook["url"], hook["secret"])
        for hook in merchant.facts["webhooks"]
        if hook["events"] is None or event in hook["events"]
    ]
