"""/bank: the customer's bank app, for people: every mandate, its debits, and buttons to pause, resume and end it."""

from typing import Literal

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from sandbox.box import TheBox
from sandbox.razorpay import bank_app
from sandbox.rendering import render
from sandbox.wire import Refused

router = APIRouter(include_in_schema=False)


@router.get("/bank")
def show(request: Request, box: TheBox, account: str | None = None) -> Response:
    with box.store.transaction() as db:
        found = bank_app.listing(db, account)
        sheets = [bank_app.sheet(db, token) for token in found[: bank_app.SHOWN_MANDATES]]
    several = len({sheet["account"] for sheet in sheets}) > 1
    more = len(found) > len(sheets)
    return render(request, "bank.html", mandates=sheets, several=several, more=more, account=account)


@router.post("/bank/{token_id}/{verb}")
def act(token_id: str, verb: Literal["pause", "resume", "cancel"], box: TheBox) -> Response:
    """A button pressed on a page that is no longer true changes nothing: the page then shows what is."""
    try:
        with box.transaction() as db:
            bank_app.move(db, token_id, verb)
    except Refused:
        pass
    return RedirectResponse(f"/bank#{token_id}", 303)
