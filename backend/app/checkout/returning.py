"""The browser comes back from the payment page. Its signature says who sent it, never what happened: that is fetched."""

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session

from app.checkout import confirming
from app.core import clock
from app.core.actor import Actor
from app.core.errors import ProviderError
from app.core.work import Nothing, claim_call_settle
from app.orders import queries as orders
from app.orders.models import Order
from app.payments import mandate_queries
from app.payments import queries as payments
from app.payments.errors import PaymentMismatch, SignatureInvalid
from app.payments.models import PaymentAttempt
from app.providers import registry
from app.providers.razorpay_facts import PaymentFacts
from app.stores import service as stores
from app.stores.service import Account
from app.wallets import queries as wallets
from app.wallets import topping_up
from app.wallets.models import TopUp

CAUSE = "the browser's return"


@dataclass(frozen=True)
class Return:
    """What the payment page gave the browser."""

    provider_order_id: str
    payment_id: str
    signature: str


@dataclass(frozen=True)
class _Fetch:
    account: Account
    payment_id: str


def confirm_return(store_id: UUID, order_id: UUID, owner_id: UUID | None, back: Return, actor: Actor) -> Order:
    """The order after the return; paid if the provider says so now. Safe to repeat, and to race with the webhook.

    SignatureInvalid or PaymentMismatch (another order's return) change nothing. If the provider cannot be asked the order
    is returned as it is: the webhook will tell.
    """

    def claim(session: Session) -> _Fetch | Nothing[Order]:
        order = orders.get(session, order_id, owner_id)
        found = payments.latest_attempt_of_order(session, order_id)
        account = _verify(session, found[0] if found else None, back)
        if payments.capture(session, back.payment_id):
            return Nothing(order)  # in the books already
        return _Fetch(account, back.payment_id)

    def settle(session: Session, _: _Fetch, outcome: PaymentFacts | ProviderError) -> Order:
        if isinstance(outcome, ProviderError):
            return orders.get(session, order_id, owner_id)
        now = clock.now(stores.get(session))
        return confirming.confirm(session, outcome, actor=actor, cause=CAUSE, now=now, order_id=order_id)[0]

    return claim_call_settle(store_id, claim, _call, settle)


def approve_return(store_id: UUID, mandate_id: UUID, back: Return, actor: Actor) -> None:
    """The customer comes back from approving a mandate. Safe to repeat, and to race with webhooks; refuses like the above."""

    def claim(session: Session) -> _Fetch | Nothing[None]:
        found = mandate_queries.approval_of(session, mandate_id)
        account = _verify(session, found[1] if found else None, back)
        if payments.capture(session, back.payment_id):
            return Nothing(None)  # in the books already, and its token with it: a copy of a return asks nobody anything
        return _Fetch(account, back.payment_id)

    def settle(session: Session, _: _Fetch, outcome: PaymentFacts | ProviderError) -> None:
        if isinstance(outcome, PaymentFacts):
            now = clock.now(stores.get(session))
            confirming.approve(session, outcome, actor=actor, cause=CAUSE, now=now, mandate_id=mandate_id)

    claim_call_settle(store_id, claim, _call, settle)


def top_up_return(store_id: UUID, top_up_id: UUID, owner_id: UUID | None, back: Return, actor: Actor) -> TopUp:
    """The customer comes back from paying into the wallet: as `confirm_return`, with a top-up in the order's place."""

    def claim(session: Session) -> _Fetch | Nothing[TopUp]:
        top_up = wallets.top_up(session, top_up_id, owner_id)
        account = _verify(session, wallets.latest_attempt(session, top_up_id), back)
        if payments.capture(session, back.payment_id):
            return Nothing(top_up)  # in the books already
        return _Fetch(account, back.payment_id)

    def settle(session: Session, _: _Fetch, outcome: PaymentFacts | ProviderError) -> TopUp:
        if isinstance(outcome, ProviderError):
            return wallets.top_up(session, top_up_id, owner_id)
        now = clock.now(stores.get(session))
        return topping_up.confirm(session, outcome, actor=actor, cause=CAUSE, now=now, top_up_id=top_up_id)[0]

    return claim_call_settle(store_id, claim, _call, settle)


def _verify(session: Session, attempt: PaymentAttempt | None, back: Return) -> Account:
    """The account that signed the return; the provider's order is the one we stored, whatever was posted."""
    if attempt is None or attempt.provider_order_id is None or attempt.provider_order_id != back.provider_order_id:
        raise PaymentMismatch
    account = stores.provider_account(session, "razorpay", attempt.account_id)
    signer = registry.razorpay(account.secrets)
    if not signer.verify_return_signature(attempt.provider_order_id, back.payment_id, back.signature):
        raise SignatureInvalid
    return account


def _call(fetch: _Fetch) -> PaymentFacts:
    return registry.razorpay(fetch.account.secrets).fetch_payment(fetch.payment_id)
