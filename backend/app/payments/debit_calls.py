"""One debit at the provider: claim, call, settle. Safe to run twice, and after any crash.

An accepted debit is not a paid one: it is looked at until the bank has decided. A call whose outcome is unknown is looked up
by the payments of its order before anything is sent again, and always on the same order, which takes one payment at most.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.audit.service import record
from app.core.actor import SYSTEM
from app.core.errors import ProviderError, Rejected, Unknown
from app.core.work_columns import MAX_BACKOFF_SECONDS
from app.core.work_rows import claim_one, settle_done, settle_failed, settle_later, settle_unknown
from app.payments import debit_outcomes, starting
from app.payments import mandate_queries as queries
from app.payments import queries as payments
from app.payments.debit_outcomes import GivenUp
from app.payments.debit_rules import off_peak
from app.payments.mandate_models import Debit, Mandate
from app.payments.models import PaymentAttempt
from app.providers import registry
from app.providers.razorpay_facts import PaymentFacts, Person
from app.stores import service as stores
from app.stores.service import Account

LOOK_SECONDS = (60.0, 300.0, 600.0)  # then every ten minutes: a bank may take a day and a half
UNKNOWN_SECONDS = 10.0  # a call that timed out may still arrive: not sooner


@dataclass(frozen=True)
class DebitCall:
    """What the call needs; the transaction that made it is committed."""

    debit: Debit
    provider_order_id: str
    customer_id: str
    token_id: str
    account: Account
    person: Person
    description: str
    not_ours: Collection[str]  # the provider's payments that belong to other tries of the same order

    @property
    def looks_first(self) -> bool:
        return self.debit.status == "pending" or self.debit.call_outcome_unknown

    def is_about(self, payment: PaymentFacts) -> bool:
        """This debit's own payment; where the answer was lost, one of its mandate that is no other try's."""
        if self.debit.provider_payment_id is not None:
            return payment.id == self.debit.provider_payment_id
        return payment.token_id == self.token_id and payment.id not in self.not_ours


@dataclass(frozen=True)
class Accepted:
    """The provider took the debit; `payment_id` is its payment."""

    payment_id: str


def claim(session: Session, debit_id: UUID, description: str, now: datetime) -> DebitCall | GivenUp | None:
    """Take the debit under a lease; None when it is done, taken, not due, or decided meanwhile (then it is settled here).

    It was decided a moment ago, but a worker may come to it late: what must hold at the call is looked at once more.
    """
    debit = claim_one(session, Debit, debit_id)
    if debit is None:
        return None
    if not debit.is_undecided:
        settle_done(session, debit)
        return None
    attempt, payment = payments.attempt_with_payment(session, debit.attempt_id)
    mandate = queries.get(session, debit.mandate_id)
    is_new = debit.status == "due" and not debit.call_outcome_unknown
    if is_new and payment.status == "captured":
        debit_outcomes.spare(session, debit, payment, now)
        settle_done(session, debit)
        return None
    if is_new and (reason := _too_late_for(attempt, mandate, now)):
        end = debit_outcomes.refused(session, debit, reason, now)
        settle_done(session, debit)
        return end
    if is_new and (wait := (off_peak(mandate.method, now) - now).total_seconds()):
        settle_later(session, debit, min(wait, MAX_BACKOFF_SECONDS))
        return None
    if not attempt.provider_order_id or not mandate.provider_customer_id or not mandate.provider_token_id:
        raise ValueError(f"debit {debit.id} was decided before its order and mandate were there")
    return DebitCall(
        debit,
        attempt.provider_order_id,
        mandate.provider_customer_id,
        mandate.provider_token_id,
        stores.provider_account(session, "razorpay", attempt.account_id),
        starting.person_of(session, mandate.customer_id),
        description,
        queries.payment_ids_of_others(session, debit),
    )


def _too_late_for(attempt: PaymentAttempt, mandate: Mandate, now: datetime) -> str | None:
    """Why a debit that was right when it was decided on is right no more."""
    if not mandate.allows_debits:
        return f"mandate_{mandate.status}"
    return "too_late" if attempt.debit_before and now >= attempt.debit_before else None


def call(asked: DebitCall) -> Accepted | PaymentFacts:
    """Send the debit, or look at what became of it. No transaction is open."""
    client, debit = registry.razorpay(asked.account.secrets), asked.debit
    if asked.looks_first:
        mine = [payment for payment in client.order_payments(asked.provider_order_id) if asked.is_about(payment)]
        if mine:
            return max(mine, key=lambda payment: (payment.captured, payment.status != "failed"))
        if debit.provider_payment_id:
            return client.fetch_payment(debit.provider_payment_id)
    payment_id = client.debit(
        asked.provider_order_id,
        debit.amount,
        debit.currency,
        customer_id=asked.customer_id,
        token_id=asked.token_id,
        person=asked.person,
        description=asked.description,
    )
    return Accepted(payment_id)


def settle_accepted(session: Session, debit: Debit, payment_id: str) -> None:
    """Taken by the provider, undecided by the bank: looked at from time to time; its webhook is usually there before."""
    if debit.status == "due":
        debit.status, debit.provider_payment_id = "pending", payment_id
        record(session, SYSTEM, "debit.accepted", debit, {"status": ["due", "pending"]}, cause=f"provider payment {payment_id}")
    wait = LOOK_SECONDS[min(max(debit.attempts, 1), len(LOOK_SECONDS)) - 1]
    settle_unknown(session, debit, "accepted; the bank has not decided yet", look_up_in_seconds=wait)


def settle_error(session: Session, debit: Debit, error: ProviderError, now: datetime) -> GivenUp | None:
    """What the failure means: look it up, come again, or the debit failed. LeaseLost for a late holder."""
    if isinstance(error, Unknown):
        settle_unknown(session, debit, error, look_up_in_seconds=UNKNOWN_SECONDS)
        return None
    if not isinstance(error, Rejected) or debit.status == "pending":  # a look that was refused tells nothing of the debit
        settle_failed(session, debit, error, counts=False, wait_seconds=error.retry_after_seconds)
        return None
    end = debit_outcomes.refused(session, debit, error.reason, now)
    settle_done(session, debit)
    return end
