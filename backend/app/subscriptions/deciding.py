"""What becomes of one due delivery: to be ordered, or why not. Decided in memory, from facts that were read before."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.checkout.paying import Allowances
from app.checkout.renewing import Renewal
from app.checkout.writing import Sale
from app.core.ids import new_id
from app.payments.mandate_models import Mandate
from app.stock.allocating import Shelf
from app.subscriptions import catching_up, coming, planning
from app.subscriptions.catching_up import CAUGHT_UP, CatchingUp
from app.subscriptions.chunk_facts import Facts
from app.subscriptions.coming import Day, Plan
from app.subscriptions.models import Cycle
from app.subscriptions.queries import Due
from app.subscriptions.shortage import cope
from app.subscriptions.timing import Instants, replan


@dataclass
class Outcome:
    """What became of one due delivery. No cycle: nothing was due after all. `renewal`: it is to be ordered.

    `next_day`: the delivery after it. `waits`: it is decided later, while there may be stock again. `differs`: by variant, what
    comes in place of what was wanted. `made_up`: it was missed, and a later delivery brings it.
    """

    due: Due
    cycle: Cycle | None = None
    renewal: Renewal | None = None
    next_day: Day | None = None
    lost_mandate: Mandate | None = None
    waits: bool = False
    differs: Mapping[str, str] = field(default_factory=dict)
    made_up: CatchingUp | None = None

    @property
    def is_resumed(self) -> bool:
        """Its pause is over: the first delivery after it is being planned."""
        return self.due.status == "paused" and self.lost_mandate is None


def decide(facts: Facts, shelf: Shelf, due: Due, trusted: Allowances) -> Outcome:
    """Pure, but for what it takes off the shelf, and off what a customer may owe."""
    mandate = facts.mandates.get(due.mandate_id) if due.mandate_id else None
    if mandate and not mandate.allows_debits:
        return Outcome(due, lost_mandate=mandate)
    plan, outcome = facts.plans[due.id], Outcome(due)
    day = next(coming.days(plan, due.next_on), None)
    if day is None or day.delivers_on != due.next_on:  # decided already, or no day of what is agreed by now
        outcome.next_day = day
        return outcome
    planned = facts.calendar.instants(due.payment_method, day.delivers_on, day.agreed.shift)
    possible = replan(planned, day.delivers_on, facts.calendar.now, facts.calendar.zone)
    outcome.cycle = _cycle(facts, due, day, possible or planned)
    if day.left_out:
        close(outcome.cycle, "skipped", day.left_out)
    elif possible is None:
        outcome.made_up = _made_up(facts, due, plan, day)
        close(outcome.cycle, "skipped", CAUGHT_UP if outcome.made_up else "missed")  # nobody pays for what does not come
    elif any(variant_id not in facts.goods[day.delivers_on] for variant_id in day.quantities):
        close(outcome.cycle, "skipped", "not_on_sale")
    else:
        _order(facts, shelf, trusted, outcome, day, mandate)
    outcome.next_day = planning.following(plan, day.delivers_on, is_delivered=outcome.renewal is not None)
    return outcome


def _made_up(facts: Facts, due: Due, plan: Plan, missed: Day) -> CatchingUp | None:
    policy = catching_up.strictest(missed.quantities, facts.shortages)

    def is_possible(day: Day) -> bool:
        times = facts.calendar.instants(due.payment_method, day.delivers_on, day.agreed.shift)
        return replan(times, day.delivers_on, facts.calendar.now, facts.calendar.zone) is not None

    return catching_up.decide(plan, missed, policy, is_possible)


def close(cycle: Cycle, status: str, reason: str) -> None:
    cycle.status, cycle.reason = status, reason
    cycle.notify_at = cycle.charge_at = None


def _order(facts: Facts, shelf: Shelf, trusted: Allowances, outcome: Outcome, day: Day, mandate: Mandate | None) -> None:
    """What of it there is enough of, by the policies of the products; taken off the shelf."""
    due, cycle, address = outcome.due, outcome.cycle, facts.addresses[day.agreed.address_id]
    if cycle is None:
        return
    allotted = facts.allotments.get((due.id, day.delivers_on), {})
    coped = cope(day.quantities, facts.shortages, shelf.left, allotted, facts.goods[day.delivers_on])
    outcome.differs = coped.differs
    if coped.waits and replan_later(facts, due, day):
        outcome.cycle, outcome.waits = None, True
        return
    if coped.waits or not coped.quantities:
        close(cycle, "skipped", "out_of_stock")
        return
    basket = facts.price(coped.quantities, address["state_code"], day.delivers_on)
    if not trusted.take(due.customer_id, due.payment_method, basket.total_amount):
        close(cycle, "skipped", "limit_reached")
        return
    if not shelf.take(coped.quantities):
        raise ValueError("what can come is not on the shelf")
    goods = {variant_id: facts.goods[day.delivers_on][variant_id] for variant_id in coped.quantities}
    sale = Sale(due.customer_id, address, goods, basket, facts.store.currency, due.payment_method)
    renewal = Renewal(cycle.id, sale, facts.calendar.begins_at(cycle.delivers_on), due.id, mandate, cycle.charge_at)
    if not renewal.is_debited:
        cycle.notify_at = cycle.charge_at = None  # to be paid at the door, or by hand
    outcome.renewal = renewal


def replan_later(facts: Facts, due: Due, day: Day) -> bool:
    """Whether it would still be early enough at the next look, an hour from now."""
    planned = facts.calendar.instants(due.payment_method, day.delivers_on, day.agreed.shift)
    return replan(planned, day.delivers_on, facts.calendar.now + planning.NEXT_LOOK, facts.calendar.zone) is not None


def _cycle(facts: Facts, due: Due, day: Day, times: Instants) -> Cycle:
    return Cycle(
        store_id=facts.store.id,
        id=new_id(),
        subscription_id=due.id,
        delivers_on=day.delivers_on,
        shift=day.agreed.shift,
        status="created",
        edit_until=times.edit_until,
        notify_at=times.notify_at,
        charge_at=times.charge_at,
        slot_id=facts.slot_id,
    )
