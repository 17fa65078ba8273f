"""Repairs that ask the provider, or have work tried again. What may have reached a provider begins with a look."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session

from app.audit.service import record
from app.checkout import confirming, expiring, refunding
from app.checkout.expiring import Look
from app.cli.choosing import OPERATOR
from app.core import clock
from app.core.errors import ProviderError
from app.core.work import Nothing, claim_call_settle, defer, unit_of_work
from app.core.work_columns import WorkRow
from app.core.work_waiting import StillWorking, wake
from app.insight.checks.frame import Finding
from app.insight.owed import DRAINS
from app.orders import queries as orders
from app.payments import queries as payments
from app.payments import refunding as refunds
from app.payments import service as booking
from app.payments.refunding import RefundCall, Refused
from app.providers.razorpay_facts import PaymentFacts, RefundFacts
from app.stores import service as stores

CAUSE = "rozana check"
TABLES = {str(model.__tablename__): model for model in DRAINS}


def ask(store_id: UUID, finding: Finding) -> str:
    """Look at the provider for payments of the order, and book what it has, by the one confirm path."""

    def claim(session: Session) -> Look | Nothing[str]:
        order = orders.get(session, id_of(finding), None)
        payment = payments.of_order(session, order.id)
        tried = [one for one in payments.attempts_of_payment(session, payment.id) if one.provider_order_id] if payment else []
        if not tried:
            return Nothing(f"{order.number}: the provider was never asked for it")
        accounts = [stores.provider_account(session, "razorpay", one.account_id) for one in tried]
        return Look(order.id, [(account, one.provider_order_id or "") for account, one in zip(accounts, tried, strict=True)])

    def settle(session: Session, look: Look, outcome: Sequence[PaymentFacts] | ProviderError) -> str:
        if isinstance(outcome, ProviderError):
            raise outcome
        money, now = [facts for facts in outcome if booking.is_money(facts)], clock.now(stores.get(session))
        for facts in money:
            confirming.confirm(session, facts, actor=OPERATOR, cause=CAUSE, now=now, order_id=look.order_id)
        return f"the provider has {len(money)} payments of it"

    return claim_call_settle(store_id, claim, expiring.call, settle)


def expire(store_id: UUID, finding: Finding) -> str:
    def claim(session: Session) -> Look | Nothing[str]:
        asked = expiring.claim(session, id_of(finding), clock.now(stores.get(session)))
        return asked or Nothing(f"it is {orders.get(session, id_of(finding), None).status}")

    def settle(session: Session, asked: Look, outcome: Sequence[PaymentFacts] | ProviderError) -> str:
        return f"it is {expiring.settle(session, asked, outcome, clock.now(stores.get(session)))}"

    return claim_call_settle(store_id, claim, expiring.call, settle)


def send_refund(store_id: UUID, finding: Finding) -> str:
    """Ask the provider what became of it, or for it once more: its receipt is the key, so it is made once."""

    def claim(session: Session) -> RefundCall | Nothing[str]:
        refund = payments.refund_locked(session, id_of(finding))
        if not refund.is_on_its_way or refund.destination != "source":
            return Nothing(f"it is {refund.status}")
        _again(session, refund)
        return refunding.claim(session, refund.id) or Nothing("somebody works on it")

    def settle(session: Session, asked: RefundCall, outcome: RefundFacts | Refused | ProviderError) -> str:
        return f"it is {refunding.settle(session, asked, outcome, clock.now(stores.get(session)))}"

    return claim_call_settle(store_id, claim, refunds.call, settle)


def try_again(store_id: UUID, finding: Finding) -> str:
    """A dead row is work again."""
    model = TABLES[finding.object_type]
    with unit_of_work(store_id) as session:
        row = session.get_one(model, (store_id, id_of(finding)), with_for_update=True)
        if row.work_status != "dead":
            return f"it is {row.work_status}"
        _again(session, row)
        defer(session, DRAINS[model])
        return "it is tried again"


def _again(session: Session, row: WorkRow) -> None:
    """Due now, with all its tries. What may have reached a provider that can be asked begins with a look."""
    before = row.work_status
    if before == "working":
        raise StillWorking
    row.attempts, row.lost_leases = 0, 0
    wake(session, row)
    if row.calls_provider and row.looks_up:
        row.work_status = "unknown"
        session.add(row)
        session.flush()
    record(session, OPERATOR, "work.retried", row, {"work_status": [before, row.work_status]}, cause=CAUSE)


def id_of(finding: Finding) -> UUID:
    assert finding.object_id is not None  # noqa: S101 - `mend` has looked
    return finding.object_id
