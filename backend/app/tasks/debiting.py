"""Steps around mandates and their debits, each of them claim, call, settle. The tasks are in `subscriptions`: money singly."""

from uuid import UUID

from sqlmodel import Session

from app.checkout import debiting
from app.core import clock
from app.core.actor import provider
from app.core.errors import LeaseLost, ProviderError
from app.core.work import Nothing, claim_call_settle, unit_of_work
from app.payments import debit_calls, mandate_queries, mandates, notices
from app.payments import queries as payments
from app.payments.debit_calls import Accepted, DebitCall
from app.payments.mandate_models import Debit, Mandate
from app.payments.mandates import Look
from app.providers import registry
from app.providers.razorpay_facts import OrderFacts, PaymentFacts, TokenFacts
from app.stores import service as stores
from app.stores.service import Account
from app.subscriptions import following

BUSY = "somebody else has it"


def charge_due(store_id: UUID) -> int:
    """Decide on the store's due debits, by its own clock; how many. Safe to run twice: each is locked, and a row when sent."""
    with unit_of_work(store_id) as session:
        return debiting.decide_due(session, clock.now(stores.get(session)))


def send(store_id: UUID, debit_id: UUID) -> str:
    """Send one debit, or look at what became of it; its status. Safe to run twice and in a race."""

    def claim(session: Session) -> DebitCall | Nothing[str]:
        claimed = debiting.claim(session, debit_id, clock.now(stores.get(session)))
        return claimed or Nothing(session.get_one(Debit, (store_id, debit_id)).status)

    def settle(session: Session, asked: DebitCall, outcome: Accepted | PaymentFacts | ProviderError) -> str:
        return debiting.settle(session, asked, outcome, clock.now(stores.get(session)))

    try:
        return claim_call_settle(store_id, claim, debit_calls.call, settle)
    except LeaseLost:
        return BUSY


def look_at_mandate(store_id: UUID, mandate_id: UUID) -> str:
    """Ask the bank for a mandate's state, and have its subscriptions follow; the state. Safe to run twice."""

    def claim(session: Session) -> Look | Nothing[str]:
        return mandates.claim(session, mandate_id) or Nothing(session.get_one(Mandate, (store_id, mandate_id)).status)

    def settle(session: Session, look: Look, outcome: TokenFacts | ProviderError) -> str:
        now = clock.now(stores.get(session))
        affected = following.lock(session, look.mandate.id)
        if mandates.settle(session, look, outcome, now) is not None:
            following.follow(session, affected, look.mandate, now=now, actor=provider("razorpay"))
        return look.mandate.status

    try:
        return claim_call_settle(store_id, claim, mandates.call, settle)
    except LeaseLost:
        return BUSY


def look_at_notice(store_id: UUID, attempt_id: UUID) -> str | None:
    """Ask the provider whether a notice reached the customer; what is news. A read: losing it costs ten minutes."""

    def claim(session: Session) -> tuple[Account, str] | Nothing[str | None]:
        attempt, _ = payments.attempt_with_payment(session, attempt_id)
        if attempt.provider_order_id is None:
            return Nothing(None)
        return stores.provider_account(session, "razorpay", attempt.account_id), attempt.provider_order_id

    def call(asked: tuple[Account, str]) -> OrderFacts:
        account, order_id = asked
        return registry.razorpay(account.secrets).fetch_order(order_id)

    def settle(session: Session, _: tuple[Account, str], outcome: OrderFacts | ProviderError) -> str | None:
        if isinstance(outcome, ProviderError):
            return None
        attempt = mandate_queries.attempt_locked(session, attempt_id)
        return notices.apply(session, attempt, outcome.notice, "the provider was asked")

    return claim_call_settle(store_id, claim, call, settle)
