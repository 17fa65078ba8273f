"""Cancel an order or some of its lines, report what was wrong with it, give up a part of its price."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field, StrictInt

from app.api.doors import OpenDoor
from app.api.fields import Note
from app.api.order_schemas import OrderDetailOut, RefundTo, ReturnOut, ReturnReason, detail
from app.api.routing import Router
from app.api.schemas import DryRun, RequestBody
from app.carts.rules import MAX_LINES, MAX_QUANTITY
from app.checkout import cancelling, conceding, taking_back
from app.checkout.cancelling import Why
from app.checkout.taking_back import Report
from app.core.errors import Invalid
from app.core.money import MAX_AMOUNT
from app.core.work import rehearse
from app.orders import queries

router = Router(prefix="/api/v1", tags=["orders"])

MAX_PAGE = 100


PIECES: dict[str, Any] = {"line_id": "01980a2f-44bb-7c33-9d55-6e7f8091a2b3", "quantity": 1}


class PiecesIn(RequestBody):
    """So many pieces of a line of the order."""

    line_id: UUID
    quantity: StrictInt = Field(ge=1, le=MAX_QUANTITY)


Lines = Annotated[list[PiecesIn], Field(min_length=1, max_length=MAX_LINES)]


def pieces_of(lines: list[PiecesIn]) -> dict[UUID, int]:
    """Invalid when a line is named twice: one of the two would be lost."""
    found = {line.line_id: line.quantity for line in lines}
    if len(found) < len(lines):
        raise Invalid("each line may be named once", field="lines")
    return found


class OrderCancellationIn(RequestBody):
    """Without `lines` the whole order."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"note": "Ordered twice"}, {"lines": [PIECES]}]})

    lines: Lines | None = None
    note: Note = ""


class ReturnIn(RequestBody):
    """What was wrong, with which pieces. `refund_to`: where what was paid for them goes."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"reason": "spoilt", "lines": [PIECES], "note": "The milk was sour", "refund_to": "wallet"}]
        }
    )

    reason: ReturnReason
    lines: Lines
    note: Note = ""
    refund_to: RefundTo = "source"


class DecisionIn(RequestBody):
    """`restocked`: lines whose pieces are on the shelf again. `because` is told to the customer who asks."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"accepted": True, "because": "The photo shows it"}]})

    accepted: bool
    because: Note = ""
    restocked: list[UUID] = Field(default=[], max_length=MAX_LINES)


class ConcessionIn(RequestBody):
    """So many paise less are owed; what was paid of them goes back."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"amount": 5000, "note": "It came three hours late"}]})

    amount: StrictInt = Field(ge=100, le=MAX_AMOUNT, description="paise, at least one rupee")
    refund_to: RefundTo = "source"
    note: Note = ""


class ReturnPage(BaseModel):
    items: list[ReturnOut]
    next: UUID | None = Field(description="Pass as `after` for the next page; null on the last one")


@router.post("/orders/{order_id}/cancellation")
def cancel_order(door: OpenDoor, order_id: UUID, body: OrderCancellationIn, dry_run: DryRun = False) -> OrderDetailOut:
    """Cancel an order, or pieces of it that are not packed yet. What was paid for them goes back by itself, see `refunds`.

    Customers may cancel until the order is packed, staff (`orders.change`) until it leaves the shop; 409 says which it is. To
    cancel a whole order twice is to cancel it once; `lines` need an Idempotency-Key: each request cancels so many more.
    """
    why = Why("staff" if door.caller.kind == "staff" else "customer", body.note)
    if dry_run:
        rehearse(door.session)
    elif body.lines is not None:
        door.require_key()

    def act() -> OrderDetailOut:
        if body.lines is None:
            order = cancelling.cancel(door.session, order_id, door.owner_id, why, actor=door.actor, now=door.now)
        else:
            pieces = pieces_of(body.lines)
            order = cancelling.cancel_lines(door.session, order_id, door.owner_id, pieces, why, actor=door.actor, now=door.now)
        return detail(door.session, order, is_staff=door.is_staff)

    return act() if dry_run else door.once(act)


@router.post("/orders/{order_id}/returns", status_code=201)
def report_return(door: OpenDoor, order_id: UUID, body: ReturnIn, dry_run: DryRun = False) -> ReturnOut:
    """Report that pieces did not arrive, are short, spoilt, or not wanted. Small amounts are accepted at once, by the shop's
    policy; for the others somebody looks at it. Needs an Idempotency-Key: each report is of further pieces.
    """
    if dry_run:
        rehearse(door.session)
    else:
        door.require_key()
    told = Report(body.reason, pieces_of(body.lines), body.note, body.refund_to)

    def act() -> ReturnOut:
        row = taking_back.report(door.session, order_id, door.owner_id, told, actor=door.actor, now=door.now)
        return ReturnOut.of(row, queries.return_lines(door.session, [row.id])[row.id])

    return act() if dry_run else door.once(act, 201)


@router.get("/returns")
def list_returns(
    door: OpenDoor,
    status: Literal["reported", "accepted", "declined"] = "reported",
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 20,
    after: UUID | None = None,
) -> ReturnPage:
    """Oldest first; by default those that wait for somebody's decision."""
    found = queries.open_returns(door.session, status, limit + 1, after)
    page = found[:limit]
    lines = queries.return_lines(door.session, [one.id for one in page])
    more = page[-1].id if len(found) > limit else None
    return ReturnPage(items=[ReturnOut.of(one, lines[one.id]) for one in page], next=more)


@router.post("/returns/{return_id}/decision")
def decide_return(door: OpenDoor, return_id: UUID, body: DecisionIn) -> ReturnOut:
    """Accept a return: it is no longer owed, and what was paid for it goes back; or decline it. Once."""

    def act() -> ReturnOut:
        if body.accepted:
            row = taking_back.accept(door.session, return_id, body.restocked, body.because, actor=door.actor, now=door.now)
        else:
            row = taking_back.decline(door.session, return_id, body.because, actor=door.actor, now=door.now)
        return ReturnOut.of(row, queries.return_lines(door.session, [row.id])[row.id])

    return door.once(act)


@router.post("/orders/{order_id}/concessions")
def concede(door: OpenDoor, order_id: UUID, body: ConcessionIn) -> OrderDetailOut:
    """Give up a part of the price, for the trouble: at most what is still owed. The goods stay with the customer.

    Needs an Idempotency-Key: each request gives up so much more.
    """
    door.require_key()

    def act() -> OrderDetailOut:
        conceding.concede(door.session, order_id, body.amount, body.refund_to, body.note, actor=door.actor, now=door.now)
        return detail(door.session, queries.get(door.session, order_id, None), is_staff=True)

    return door.once(act)
