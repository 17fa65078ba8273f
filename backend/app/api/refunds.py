"""Money on its way back: what waits, what failed, and what a person pays out by hand."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from app.api.doors import Door, OpenDoor, OpenVisit
from app.api.fields import Line
from app.api.order_schemas import RefundOut, refunds_out
from app.api.problems import PROVIDER_RESPONSES
from app.api.routing import Router
from app.api.schemas import RequestBody
from app.checkout import redirecting, refunding
from app.checkout.redirecting import Destination
from app.core.work import claim_call_settle, unit_of_work
from app.payments import queries

router = Router(prefix="/api/v1/refunds", tags=["payments"])

MAX_PAGE = 100


class RefundPage(BaseModel):
    items: list[RefundOut]
    next: UUID | None = Field(description="Pass as `after` for the next page; null on the last one")


class PayoutIn(RequestBody):
    model_config = ConfigDict(json_schema_extra={"examples": [{"reference": "UTR HDFCR52026112100012345"}]})

    reference: Line = Field(description="How it was paid out: a bank's reference, the number of a cash voucher")


class RedirectIn(RequestBody):
    """Where the money goes instead. `reference`: how it was paid out by hand, if it was; without one it waits for `payout`."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"destination": "by_hand", "reference": "UTR HDFCR52026112100012345"}]}
    )

    destination: Destination
    reference: Line | None = None


@router.get("")
def list_refunds(
    door: OpenDoor,
    status: Literal["pending", "processed", "failed"] = "pending",
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 20,
    after: UUID | None = None,
) -> RefundPage:
    """Oldest first; by default those on their way. `waits_for: insufficient_balance`: top up the account at the provider."""
    found = queries.refunds_in(door.session, status, limit + 1, after)
    page = found[:limit]
    return RefundPage(items=refunds_out(door.session, page, is_staff=True), next=page[-1].id if len(found) > limit else None)


@router.post("/{refund_id}/payout")
def pay_out(door: OpenDoor, refund_id: UUID, body: PayoutIn) -> RefundOut:
    """Say that a refund `by_hand` was paid out. Once; 409 for one that goes back by itself."""

    def act() -> RefundOut:
        paid_out = refunding.pay_out(door.session, refund_id, body.reference, actor=door.actor, now=door.now)
        return refunds_out(door.session, [paid_out], is_staff=True)[0]

    return door.once(act)


@router.post("/{refund_id}/retry")
def retry(door: OpenDoor, refund_id: UUID) -> list[RefundOut]:
    """Try again what failed: whatever is still over-paid of its order starts on its way once more. Safe to repeat."""
    started = refunding.retry(door.session, refund_id, actor=door.actor, now=door.now)
    return refunds_out(door.session, started, is_staff=True)


@router.post("/{refund_id}/redirect", responses=PROVIDER_RESPONSES)
def redirect(visit: OpenVisit, refund_id: UUID, body: RedirectIn) -> RefundOut:
    """Give back what failed in another way: into the customer's wallet, at once, or by hand. The new refund is answered.

    The provider is asked first what became of the one that failed. 409 where it did not fail, or what it was for has gone back
    already; 503 `provider_not_asked`: nothing was changed. Needs an Idempotency-Key.
    """
    visit.require_key()
    seen = claim_call_settle(
        visit.store.id,
        lambda session: redirecting.claim(session, refund_id),
        redirecting.look,
        lambda session, _, outcome: redirecting.note(session, outcome, visit.actor, visit.now),
    )
    with unit_of_work(visit.store.id) as session:
        door = Door(visit.store, visit.caller, visit.idempotency_key, visit.fingerprint, session)

        def act() -> RefundOut:
            made = redirecting.redirect(
                session, refund_id, seen, body.destination, body.reference or "", actor=visit.actor, now=visit.now
            )
            return refunds_out(session, [made], is_staff=True)[0]

        return door.once(act)
