"""/bank: the customer's bank app, for people: every mandate and subscription, what was debited, and buttons to act."""

from typing import Literal

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from sandbox.box import TheBox
from sandbox.razorpay import bank_app, bank_subscriptions
from sandbox.rendering import render
from sandbox.wire import Refused

router = APIRouter(include_in_schema=False)


@router.get("/bank")
def show(request: Request, box: TheBox, account: str | None = None) -> Response:
    with box.store.transaction() as db:
        found = bank_app.listing(db, account)
        sheets = [bank_app.sheet(db, token) for token in found[: bank_app.SHOWN_MANDATES]]
        kept = [bank_subscriptions.sheet(db, one) for one in bank_subscriptions.approved(db, account)]
    several = len({sheet["account"] for sheet in sheets + kept}) > 1
    more = len(found) > len(sheets)
    return render(request, "bank.html", mandates=sheets, subscriptions=kept, several=several, more=more, account=account)


@router.post("/bank/{entity_id}/{verb}")
def act(entity_id: str, verb: Literal["pause", "resume", "cancel"], box: TheBox) -> Response:
    """A button pressed on a page that is no longer true changes nothing: the page then shows what is."""
    try:
        with box.transaction() as db:
            bank_app.move(db, entity_id, verb) or bank_subscriptions.move(db, entity_id, verb)
    except Refused:
        pass
    return RedirectResponse(f"/bank#{entity_id}", 303)
