"""The sheets of a day, for staff: what is packed into which bag, and where the bags go."""

from typing import Annotated

from fastapi import Path, Query

from app.api.day_sheet_schemas import BagOut, PackingListOut, PieceOut, RouteListOut, RouteOut
from app.api.doors import Door, OpenDoor
from app.api.fields import Day
from app.api.routing import Router
from app.audit import service as audit
from app.insight import day_sheets
from app.stores import service as stores
from app.subscriptions.coming import Shift

router = Router(prefix="/api/v1/day-sheets", tags=["day sheets"])

DeliversOn = Annotated[Day, Path(description="The day of delivery")]
OneShift = Annotated[Shift | None, Query(description="Only that shift; left out: both")]


@router.get("/{delivers_on}/packing")
def get_packing_list(door: OpenDoor, delivers_on: DeliversOn, shift: OneShift = None) -> PackingListOut:
    """What is still to be packed for that day: how many of what, and what goes into which bag.

    The deliveries of subscriptions that are orders already; today also the orders of the shop, which have no day. The reading
    is written down: it names people.
    """
    found = day_sheets.packing_list(door.session, delivers_on, shift, door.today)
    _log(door, "packing_list.read")
    return PackingListOut(
        delivers_on=delivers_on,
        shift=shift,
        goods=[PieceOut.of(one.piece, one.quantity) for one in found.goods],
        bags=[BagOut.of(one) for one in found.bags],
        waiting=found.waiting,
    )


@router.get("/{delivers_on}/routes")
def get_route_list(door: OpenDoor, delivers_on: DeliversOn, shift: OneShift = None) -> RouteListOut:
    """Where that day's orders go: by area, with whom to call, and what to collect at the door. Delivered ones are off the list.

    The reading is written down: it is personal data.
    """
    routes = day_sheets.route_list(door.session, delivers_on, shift, door.today)
    _log(door, "route_list.read")
    currency = stores.get(door.session).currency
    return RouteListOut(delivers_on=delivers_on, shift=shift, routes=[RouteOut.of(one, currency) for one in routes])


def _log(door: Door, action: str) -> None:
    audit.log_access(door.session, door.actor, action, ip=door.caller.ip)
