"""/inbox: every e-mail and SMS, for people."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from sandbox import messages
from sandbox.box import TheBox
from sandbox.messages import Channel
from sandbox.rendering import render

router = APIRouter(include_in_schema=False)
PAGE_SIZE = 30


@router.get("/inbox")
def show(request: Request, box: TheBox, to: str = "", channel: Channel | None = None, page: int = 0) -> Response:
    with box.store.transaction() as db:
        found = messages.listing(db, to=to.strip() or None, channel=channel, limit=PAGE_SIZE + 1, skip=max(page, 0) * PAGE_SIZE)
    return render(
        request,
        "inbox.html",
        messages=found[:PAGE_SIZE],
        to=to,
        channel=channel,
        page=max(page, 0),
        more=len(found) > PAGE_SIZE,
    )
