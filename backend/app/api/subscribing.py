"""Start a subscription, and have its mandate approved: the second needs the provider, the first does not wait for it."""

from typing import cast
from uuid import UUID

from sqlmodel import Session

from app.api.doors import OpenVisit, Visit, replay
from app.api.payments import PaymentOut, approval_out, require_started
from app.api.problems import PROVIDER_RESPONSES
from app.api.provider_approvals import ask_provider
from app.api.routing import Router
from app.api.schemas import DryRun
from app.api.subscription_requests import SubscriptionIn
from app.api.subscription_schemas import StartOut
from app.api.subscriptions import calendar_of, change_out
from app.core import clock
from app.core.work import Nothing, claim_call_settle, rehearse, unit_of_work
from app.idempotency import service as idempotency
from app.payments import mandate_queries, mandates, starting
from app.payments.errors import PaymentNotStarted, PaymentRefused
from app.payments.models import PaymentAttempt
from app.payments.starting import StartCall
from app.subscriptions import approving, beginning, queries, reserving
from app.subscriptions.beginning import Wish
from app.subscriptions.changing import Change
from app.subscriptions.errors import NoMandate

router = Router(prefix="/api/v1/subscriptions", tags=["subscriptions"])


@router.post("", status_code=201, responses=PROVIDER_RESPONSES)
def start_subscription(visit: OpenVisit, body: SubscriptionIn, dry_run: DryRun = False) -> StartOut:
    """Subscribe to goods by a rule. By mandate the customer approves it next, at `payment`; until then nothing is planned.

    Billed by the provider (`payment_method: provider`) it is approved at `subscription.provider.approve_url`. Needs an
    Idempotency-Key; safe to repeat. Both are null where the provider could not be asked just now: the subscription stands, and
    POST …/mandate or …/provider-approval asks again.
    """
    wish = body.wish()
    if dry_run:
        with unit_of_work(visit.store.id) as session:
            rehearse(session)
            return _start(session, visit, wish)
    with unit_of_work(visit.store.id) as session:
        begun = idempotency.begin(session, visit.caller.key, visit.require_key(), visit.fingerprint, clock.machine_now())
        if isinstance(begun, idempotency.Answer):
            return cast(StartOut, replay(begun))
        answer = _start(session, visit, wish)
        idempotency.complete(session, begun.row, _kept(answer))  # with the subscription: no crash makes a second one
    if wish.method is None and wish.payment_method != "provider":
        return answer
    try:
        if wish.method is None:
            answer.subscription.provider = ask_provider(visit, answer.subscription.id)
        else:
            answer.payment = _ask_approval(visit, answer.subscription.id)
    except (PaymentNotStarted, PaymentRefused):
        return answer
    with unit_of_work(visit.store.id) as session:
        idempotency.complete(session, begun.row, _kept(answer))
    return answer


@router.post("/{subscription_id}/mandate", responses=PROVIDER_RESPONSES)
def approve_mandate(visit: OpenVisit, subscription_id: UUID) -> PaymentOut:
    """Where the customer approves the mandate; a new one where the bank ended the last. Safe to repeat."""
    return _ask_approval(visit, subscription_id)


def _ask_approval(visit: Visit, subscription_id: UUID) -> PaymentOut:
    def claim(session: Session) -> StartCall | Nothing[PaymentAttempt]:
        subscription = queries.get(session, subscription_id, visit.customer_id, lock=True)
        mandate_id = approving.mandate_to_approve(session, subscription, actor=visit.actor, now=visit.now)
        attempt = mandates.attempt_of(session, mandate_id, visit.actor)
        return starting.claim(session, attempt.id, {"subscription": str(subscription_id)}) or Nothing(attempt)

    attempt = claim_call_settle(visit.store.id, claim, starting.call, starting.settle)
    require_started(attempt)
    with unit_of_work(visit.store.id) as session:
        mandate = mandate_queries.approved_by(session, attempt.payment_id)
        if mandate is None:
            raise NoMandate
        return approval_out(session, mandate, attempt)


def _start(session: Session, visit: Visit, wish: Wish) -> StartOut:
    at = calendar_of(session, visit)
    started = beginning.start(session, wish, customer_id=visit.customer_id, actor=visit.actor, calendar=at)
    return StartOut(**dict(change_out(session, reserving.after(session, Change(started.subscription), at), at)))


def _kept(answer: StartOut) -> idempotency.Answer:
    return idempotency.Answer(201, answer.model_dump(mode="json"))
