"""How far an order has come, for its customer: a few milestones from stored facts, in the order in which they happened."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlmodel import Session

from app.insight.order_facts import OrderFacts, read
from app.orders.models import Order

MilestoneKind = Literal[
    "placed", "paid", "packed", "on_its_way", "delivered", "cancelled", "return_reported", "return_accepted",
    "return_declined", "refund_started", "refund_arrived",
]  # fmt: skip
ARRIVED = {
    "source": "{} sent back to where you paid from",
    "wallet": "{} put into your wallet",
    "by_hand": "{} paid out to you",
}
CANCELLED = {
    "expired": "Cancelled, because it was not paid in time",
    "customer": "Cancelled, as you asked",
    "staff": "Cancelled by the shop",
}
REASONS = {"not_delivered": "not delivered", "short": "missing", "spoilt": "spoilt", "unwanted": "to be returned"}


@dataclass(frozen=True)
class Milestone:
    """Something that matters to the customer. `shipment`: which parcel, where the order has several or one only."""

    at: datetime
    kind: MilestoneKind
    text: str
    amount: int | None = None
    shipment: int | None = None


def order(session: Session, row: Order) -> list[Milestone]:
    """The order's milestones, oldest first. Reads only."""
    facts = read(session, row)
    found = [*_of_order(facts), *_of_shipments(facts), *_of_returns(facts), *_of_refunds(facts)]
    return sorted(found, key=lambda milestone: milestone.at)


def _of_order(facts: OrderFacts) -> Iterator[Milestone]:
    order = facts.order
    yield Milestone(order.placed_at, "placed", f"Order {order.number} placed", order.total_amount)
    for capture in facts.captures:
        again = "" if capture.is_counted else " a second time"
        yield Milestone(capture.captured_at, "paid", f"Paid {facts.money(capture.amount)}{again}", capture.amount)
    if order.cancelled_at:
        yield Milestone(order.cancelled_at, "cancelled", CANCELLED.get(order.cancel_reason or "", "Cancelled"))


def _of_shipments(facts: OrderFacts) -> Iterator[Milestone]:
    standing = [one for one in facts.shipments if one.status != "cancelled"]
    for parcel in standing:
        what = f"Parcel {parcel.position}" if len(standing) > 1 else "Your order"
        carrier = f" with {parcel.carrier}" if parcel.carrier else ""
        contents = facts.pieces(facts.contents[parcel.id])
        yield Milestone(parcel.packed_at, "packed", f"Packed: {contents}", shipment=parcel.position)
        if parcel.dispatched_at:
            yield Milestone(parcel.dispatched_at, "on_its_way", f"{what} is on its way{carrier}", shipment=parcel.position)
        if parcel.delivered_at:
            yield Milestone(parcel.delivered_at, "delivered", f"{what} was delivered", shipment=parcel.position)


def _of_returns(facts: OrderFacts) -> Iterator[Milestone]:
    for told in facts.returns:
        what = f"{facts.pieces(facts.returned[told.id])}, {REASONS[told.reason]}"
        told_at = told.happened_at or told.created_at  # what is accepted at once has two clocks in one transaction
        yield Milestone(min(told_at, told.decided_at or told_at), "return_reported", f"You told us: {what}")
        if told.decided_at and told.status == "accepted":
            yield Milestone(told.decided_at, "return_accepted", "We accepted it: you do not pay for that")
        elif told.decided_at:
            yield Milestone(told.decided_at, "return_declined", f"We could not accept it: {told.decided_because}")


def _of_refunds(facts: OrderFacts) -> Iterator[Milestone]:
    """One that failed is not a milestone: another takes its place."""
    for refund in facts.refunds:
        if refund.status == "failed":
            continue
        amount = facts.money(refund.amount)
        started_at = refund.happened_at or refund.created_at
        yield Milestone(
            min(started_at, refund.decided_at or started_at), "refund_started", f"Refund of {amount} started", refund.amount
        )
        if refund.decided_at:
            text = ARRIVED[refund.destination].format(amount)
            yield Milestone(refund.decided_at, "refund_arrived", text, refund.amount)
